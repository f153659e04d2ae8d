"""Volumes: plain strided convolutions over three axes, for scans and other solids of 16 to 64 voxels a side.

On a CPU a convolution over three axes costs what its multiplications do and no more, but there are many: keep widths
small.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Draws, Judges, MinibatchStd, Shape, he

GAIN = (2 / (1 + LEAK**2)) ** 0.5
"""What keeps the variance through a leaky rectifier, He et al. (2015)."""
LARGEST = 16
"""Cells of the coarsest grid on its longest axis, at most."""


class VolumeGenerator(Generator):
    """Dense to a small grid, a transposed convolution a doubling of all three axes."""

    name: Literal["volume"] = "volume"
    latent: int = Field(default=64, gt=0)
    """Length of the latent vector."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=8, gt=0)
    """Channels at the volume's own size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=128, gt=0)
    """Channels that no grid exceeds."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        base, stages = solid_grid(spec, self.name)
        channels = [min(self.width << stage, self.widest) for stage in reversed(range(stages + 1))]
        cells = base[0] * base[1] * base[2]
        layers: list[nn.Module] = [
            he(nn.Linear(self.latent + numbers, channels[0] * cells)), Shape(channels[0], *base),
            nn.BatchNorm3d(channels[0]), nn.ReLU(),
        ]  # fmt: skip
        for inputs, outputs in pairwise(channels):
            layers += [_Doubled(inputs, outputs), nn.BatchNorm3d(outputs), nn.ReLU()]
        layers.append(_Solid(channels[-1], spec.channels, 3, gain=0.1))
        return Draws(nn.Sequential(*layers), spec.spans, numbers)


class VolumeDiscriminator(Discriminator):
    """A strided convolution a halving, one more on the small grid, a dense logit."""

    name: Literal["volume"] = "volume"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=8, gt=0)
    """Channels at half the volume's size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=128, gt=0)
    """Channels that no grid exceeds."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples in a group whose deviation is shown to the last layer; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        base, stages = solid_grid(spec, self.name)
        asked = Asked.of(spec, self.condition, self.name)
        channels = [asked.channels, *(min(self.width << stage, self.widest) for stage in range(stages))]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            layers += [_Solid(inputs, outputs, 4, stride=2), nn.LeakyReLU(LEAK)]
        layers += [_Solid(channels[-1], channels[-1], 3), nn.LeakyReLU(LEAK), nn.Flatten()]
        features = channels[-1] * base[0] * base[1] * base[2]
        if self.minibatch_std:
            layers.append(MinibatchStd(self.minibatch_std))
            features += 1
        return Judges(nn.Sequential(*layers, he(nn.Linear(features, asked.outputs), gain=1)), asked)


class _Solid(nn.Module):
    """A convolution over three axes. Its weight is kept with the first of them among its channels, since networks are
    laid out channels-last, which torch knows for pictures alone."""

    def __init__(self, inputs: int, outputs: int, side: int, stride: int = 1, gain: float = GAIN):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs * side, side, side) * gain / (inputs * side**3) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.side, self.stride = side, stride

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.unflatten(self.weight, 1, (-1, self.side))
        return functional.conv3d(x, weight, self.bias, self.stride, (self.side - 1) // 2)


class _Doubled(nn.Module):
    """The same, transposed: twice the size on each axis, by taps of 4, of which each output meets 2 an axis."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs * 4, 4, 4) * GAIN / (inputs * 2**3) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.unflatten(self.weight, 1, (-1, 4))
        return functional.conv_transpose3d(x, weight, self.bias, 2, 1)


def solid_grid(spec: Spec, family: str) -> tuple[tuple[int, int, int], int]:
    """The coarsest grid and the doublings from it to the sample: halved while all axes are even, the shortest 8.

    Raises ConfigError for samples that are no volumes and for sizes that do not halve far enough.
    """
    if len(spec.axes) != 3:
        raise ConfigError(
            f"{family} draws volumes (channels, depth, height, width), got samples of shape {spec.shape}; "
            "mlp takes samples of any shape"
        )
    sides: Sequence[int] = spec.axes
    stages = 0
    while all(side % 2 == 0 for side in sides) and min(sides) >= 8:
        sides, stages = [side // 2 for side in sides], stages + 1
    if not stages or max(sides) > LARGEST:
        raise ConfigError(
            f"{family} draws sides of 4 to {LARGEST} times one power of two, got {' x '.join(map(str, spec.axes))}; "
            "set domain.frames and domain.size, for example domain.frames=32 and domain.size=[32, 32]"
        )
    return (sides[0], sides[1], sides[2]), stages
