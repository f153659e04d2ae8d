"""The networks of R3GAN (Huang et al. 2024): residual blocks without normalisation, fix-up initialisation.

The spec's `tanh` spans are left linear: the paper clamps nothing and lets the objective hold the range; samples are
clipped where they are written. `sigmoid` and `softmax` spans, which the paper does not meet, are kept.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..spec import Span, Spec
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Downsample, Draws, Grid, Judges, Upsample, he, picture_grid

Convolution = nn.Conv1d | nn.Conv2d
Size = Literal["nano", "tiny", "small", "base"]
STEMS: dict[Size, int] = {"nano": 32, "tiny": 128, "small": 256, "base": 768}
"""Channels between blocks on the four coarsest grids; half on the fifth, a quarter on the sixth, and so on."""


class R3Generator(Generator):
    """A learned basis weighted by z, then residual blocks and a low-pass doubling by turns. Huang et al. (2024)."""

    name: Literal["r3"] = "r3"
    latent: int = Field(default=64, gt=0)
    """Length of the latent vector."""
    size: Size = "tiny"
    """Parameters of each network at 32 x 32: nano 0.11 M, tiny 0.83 M, small 2.7 M, base (the paper's) 20.7 M."""
    blocks: int = Field(default=2, gt=0)
    """Residual blocks on each grid."""

    def build(self, spec: Spec) -> nn.Module:
        grid = picture_grid(spec, self.name)
        widths = _widths(self.size, grid)
        depth = self.blocks * len(widths)
        numbers = rows(spec, self.name)
        layers: list[nn.Module] = [Basis(self.latent + numbers, widths[0], grid.height, grid.width)]
        for stage, width in enumerate(widths):
            if stage:
                layers += [*_change(widths[stage - 1], width), Upsample()]
            layers += [Residual(width, depth) for _ in range(self.blocks)]
        layers.append(he(nn.Conv2d(widths[-1], spec.channels, 1, bias=False), gain=1))
        spans = [span if span.kind != "tanh" else Span(channels=span.channels, kind="linear") for span in spec.spans]
        return Draws(nn.Sequential(*layers), spans, numbers)


class R3Discriminator(Discriminator):
    """The generator's mirror image, ended by one weight for each channel and cell. Huang et al. (2024)."""

    name: Literal["r3"] = "r3"
    size: Size = "tiny"
    """Parameters of each network at 32 x 32: nano 0.11 M, tiny 0.83 M, small 2.7 M, base (the paper's) 20.7 M."""
    blocks: int = Field(default=2, gt=0)
    """Residual blocks on each grid."""

    def build(self, spec: Spec) -> nn.Module:
        grid, asked = picture_grid(spec, self.name), Asked.of(spec, self.condition, self.name)
        widths = _widths(self.size, grid)[::-1]
        depth = self.blocks * len(widths)
        layers: list[nn.Module] = [he(nn.Conv2d(asked.channels, widths[0], 1, bias=False), gain=1)]
        for stage, width in enumerate(widths):
            if stage:
                layers += [Downsample(), *_change(widths[stage - 1], width)]
            layers += [Residual(width, depth) for _ in range(self.blocks)]
        to_logit = he(nn.Linear(widths[-1], asked.outputs, bias=False), gain=1)
        layers += [Collapse(widths[-1], grid.height, grid.width), to_logit]
        return Judges(nn.Sequential(*layers), asked)


class Bottleneck(nn.Module):
    """x + narrow(mix(widen(x))), leaky in between; over any number of axes.

    Fix-up start (Zhang et al. 2019): the first two convolutions shrink by L^(-1/4), L the blocks of the whole
    network, and the third is zero, so that a new network is the sum of its shortcuts.
    """

    def __init__(self, widen: Convolution, mix: Convolution, narrow: Convolution, depth: int):
        super().__init__()
        self.widen, self.mix, self.narrow = widen, mix, narrow
        gain: float = (2 / (1 + LEAK**2)) ** 0.5 * depth**-0.25
        he(self.widen, gain=gain)
        he(self.mix, gain=gain)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.leaky_relu(self.widen(x), LEAK)
        inner = functional.leaky_relu(self.mix(inner), LEAK)
        change: Tensor = self.narrow(inner)
        return x + change


class Residual(Bottleneck):
    """x + 1x1, grouped 3x3 and 1x1 convolutions, twice as wide inside, 16 channels a group. (B, C, H, W), C by 8."""

    def __init__(self, width: int, depth: int):
        inner = 2 * width
        super().__init__(
            nn.Conv2d(width, inner, 1),
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner // 16),
            nn.Conv2d(inner, width, 1, bias=False),
            depth,
        )


class Basis(nn.Module):
    """A learned map of each channel, scaled by a linear function of z. (B, L) -> (B, C, H, W)."""

    def __init__(self, latent: int, channels: int, height: int, width: int):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, height, width))
        self.scale = he(nn.Linear(latent, channels, bias=False), gain=1)

    def forward(self, z: Tensor) -> Tensor:
        scale: Tensor = self.scale(z)
        return scale[:, :, None, None] * self.basis.to(scale.dtype)


class Collapse(nn.Module):
    """A depthwise valid convolution as large as its input, which is a weighted sum. (B, C, H, W) -> (B, C)."""

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, height, width) / (height * width) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight[:, None], groups=len(self.weight)).flatten(1)


def _widths(size: Size, grid: Grid) -> list[int]:
    """Stem channels of each grid, coarsest first; never below 8, which makes one group."""
    return [max(8, STEMS[size] >> max(0, stage - 3)) for stage in range(grid.stages + 1)]


def _change(inputs: int, outputs: int) -> list[nn.Module]:
    return [] if inputs == outputs else [he(nn.Conv2d(inputs, outputs, 1, bias=False), gain=1)]
