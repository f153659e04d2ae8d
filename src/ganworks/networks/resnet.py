"""The residual pair of SNGAN (Miyato et al. 2018): batch normalisation in G, spectral normalisation in D."""

import math
from collections.abc import Callable
from typing import Literal, TypeVar

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import Draws, Judges, Shape, picture_grid, spectral

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)


class ResnetGenerator(Generator):
    """Dense to a small grid, one up-sampling block a doubling, all of one width. Miyato et al. (2018), table 4."""

    name: Literal["resnet"] = "resnet"
    latent: int = Field(default=128, gt=0)
    """Length of the latent vector."""
    width: int = Field(default=256, gt=0)
    """Channels of every block."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name)
        numbers = rows(spec, self.name)
        first = _xavier(nn.Linear(self.latent + numbers, self.width * height * width))
        layers = [first, Shape(self.width, height, width)]
        layers += [_UpBlock(self.width) for _ in range(stages)]
        layers += [nn.BatchNorm2d(self.width), nn.ReLU(), _xavier(nn.Conv2d(self.width, spec.channels, 3, padding=1))]
        return Draws(nn.Sequential(*layers), spec.spans, numbers)


class ResnetDiscriminator(Discriminator):
    """Down-sampling blocks to about 8 x 8, two flat blocks, a sum over positions. Miyato et al. (2018), table 4.

    Every layer is spectrally normalised.
    """

    name: Literal["resnet"] = "resnet"
    width: int = Field(default=128, gt=0)
    """Channels of every block."""

    def build(self, spec: Spec) -> nn.Module:
        grid, asked = picture_grid(spec, self.name), Asked.of(spec, self.condition, self.name)
        # At 32 x 32 the paper stops at 8 x 8; other sizes stop at their first grid that small.
        halvings = max(1, sum(min(grid[:2]) << stage > 8 for stage in range(1, grid.stages + 1)))
        blocks = [_DownBlock(asked.channels, self.width, first=True)]
        blocks += [_DownBlock(self.width, self.width) for _ in range(halvings - 1)]
        blocks += [_DownBlock(self.width, self.width, down=False) for _ in range(2)]
        to_logit = spectral(_xavier(nn.Linear(self.width, asked.outputs)))
        return Judges(nn.Sequential(*blocks, nn.ReLU(), _Sum(), to_logit), asked)


class _UpBlock(nn.Module):
    """BN-ReLU-up-conv, BN-ReLU-conv, beside an up-sampled 1x1 shortcut. (B, C, H, W) -> (B, C, 2H, 2W)."""

    def __init__(self, width: int):
        super().__init__()
        self.first_norm, self.second_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.first = _xavier(nn.Conv2d(width, width, 3, padding=1), math.sqrt(2))
        self.second = _xavier(nn.Conv2d(width, width, 3, padding=1), math.sqrt(2))
        self.shortcut = _xavier(nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.first(_nearest(self.first_norm(x).relu()))
        inner = self.second(self.second_norm(inner).relu())
        # A 1x1 convolution and nearest up-sampling commute; this order does a quarter of the work.
        shortcut: Tensor = _nearest(self.shortcut(x))
        return shortcut + inner


class _DownBlock(nn.Module):
    """ReLU-conv-ReLU-conv and a mean over 2x2, beside a 1x1 shortcut. The first block starts from the raw sample."""

    def __init__(self, inputs: int, width: int, down: bool = True, first: bool = False):
        super().__init__()
        self.before: Callable[[Tensor], Tensor] = nn.Identity() if first else nn.ReLU()
        self.first = spectral(_xavier(nn.Conv2d(inputs, width, 3, padding=1), math.sqrt(2)))
        self.second = spectral(_xavier(nn.Conv2d(width, width, 3, padding=1), math.sqrt(2)))
        self.shortcut = spectral(_xavier(nn.Conv2d(inputs, width, 1))) if down else nn.Identity()
        self.pool: Callable[[Tensor], Tensor] = nn.AvgPool2d(2) if down else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(self.first(self.before(x)).relu())
        # The mean and the 1x1 convolution commute; pooling first does a quarter of the work.
        shortcut: Tensor = self.shortcut(self.pool(x))
        pooled: Tensor = self.pool(inner)
        return shortcut + pooled


class _Sum(nn.Module):
    """Sum over positions. (B, C, H, W) -> (B, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3))


def _nearest(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def _xavier(layer: Layer, gain: float = 1.0) -> Layer:
    """Glorot and Bengio (2010), gain sqrt(2) inside blocks and 1 on shortcuts and ends."""
    nn.init.xavier_uniform_(layer.weight, gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
