"""The pair for few pictures, of Liu et al. (2021): coarse grids switch the channels of fine ones, and a discriminator
that has to draw what it saw from what it made of it.

Two liberties: doubling is by transposed convolutions, which do the same as nearest-and-3x3 in half the time, and the
grids that meet are as far apart as small pictures allow.
"""

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
from .layers import LEAK, Draws, Grid, Judges, Shape, full, he, picture_grid

FAR = 4
"""Doublings between the grids that meet in the paper: 4 x 4 and 64 x 64, 8 x 8 and 128 x 128."""


class LightGenerator(Generator):
    """Gated transposed convolutions, and skip-layer excitation from far coarser grids. Liu et al. (2021)."""

    name: Literal["light"] = "light"
    latent: int = Field(default=128, gt=0)
    """Length of the latent vector."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """Channels at half the sample's size, half as many at its own; a coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""

    def build(self, spec: Spec) -> nn.Module:
        grid, numbers = picture_grid(spec, self.name), rows(spec, self.name)
        widths = [max(1, min((self.width << stage) // 2, self.widest)) for stage in reversed(range(grid.stages + 1))]
        return Draws(LightBody(grid, widths, self.latent + numbers, spec.channels), spec.spans, numbers)


class LightBody(nn.Module):
    """z (B, L) -> (B, C, H, W). Widths are those of each grid, coarsest first."""

    def __init__(self, grid: Grid, widths: list[int], latent: int, channels: int):
        super().__init__()
        self.far = min(FAR, grid.stages)
        first = he(nn.Linear(latent, 2 * widths[0] * grid.height * grid.width, bias=False), gain=1)
        shape = Shape(2 * widths[0], grid.height, grid.width)
        self.grids = nn.ModuleList([nn.Sequential(first, shape, *_gated(widths[0]))])
        for inputs, outputs in pairwise(widths):
            double = he(nn.ConvTranspose2d(inputs, 2 * outputs, 4, 2, 1, bias=False), gain=1)
            self.grids.append(nn.Sequential(double, *_gated(outputs)))
        pairs = zip(widths[: -self.far], widths[self.far :], strict=True)
        self.excite = nn.ModuleList(Excitation(coarse, fine) for coarse, fine in pairs)
        self.picture = he(nn.Conv2d(widths[-1], channels, 3, padding=1), gain=1)

    def forward(self, z: Tensor) -> Tensor:
        passed: list[Tensor] = []
        x = z
        for stage, grid in enumerate(self.grids):
            x = grid(x)
            if stage >= self.far:
                x = x * self.excite[stage - self.far](passed[stage - self.far])
            passed.append(x)
        drawn: Tensor = self.picture(x)
        return drawn


class Excitation(nn.Module):
    """How much of each channel of a fine grid shall pass, by what a coarse one shows: (B, I, H, W) -> (B, O, 1, 1) in
    0..1. Liu et al. (2021), section 3.1."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        inner = max(outputs, 16)
        self.body = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), he(nn.Conv2d(inputs, inner, 4)), nn.LeakyReLU(LEAK),
            he(nn.Conv2d(inner, outputs, 1), gain=1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        shares: Tensor = self.body(x)
        return shares


class LightDiscriminator(Discriminator):
    """Convolutions averaged with pooling at every halving, and decoders that draw the picture again from what was made
    of it. Liu et al. (2021)."""

    name: Literal["light"] = "light"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels at half the sample's size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""
    decoders: bool = False
    """Whether it can draw what it saw, as the term `self-supervision` asks it to."""

    def build(self, spec: Spec) -> nn.Module:
        grid, asked = picture_grid(spec, self.name), Asked.of(spec, self.condition, self.name)
        if self.decoders and grid.stages < 2:
            raise ConfigError(
                f"light draws again what was halved twice, 16 pixels a side and more, got {spec.shape[1]} x "
                f"{spec.shape[2]}; set discriminator.decoders=false and leave the term self-supervision out"
            )
        widths = [min(self.width << stage, self.widest) for stage in range(grid.stages)]
        return Judges(JudgingBody(grid, widths, asked, spec.channels, self.decoders), asked)


class JudgingBody(nn.Module):
    """x (B, C, H, W) -> what is asked of each sample, (B, outputs). Widths are those of each grid, finest first."""

    def __init__(self, grid: Grid, widths: list[int], asked: Asked, channels: int, decoders: bool):
        super().__init__()
        stem = he(nn.Conv2d(4 * asked.channels, widths[0], 3, padding=1))
        downs = [Down(*pair) for pair in pairwise(widths)]
        self.fine = nn.Sequential(nn.PixelUnshuffle(2), stem, nn.LeakyReLU(LEAK), *downs[:-1])
        self.coarse = nn.Sequential(*downs[-1:])
        last = [he(nn.Conv2d(widths[-1], widths[-1], 3, padding=1)), nn.LeakyReLU(LEAK), nn.Flatten()]
        to_logit = he(nn.Linear(widths[-1] * grid.height * grid.width, asked.outputs), gain=1)
        self.head = nn.Sequential(*last, to_logit)
        self.memory = Memory(grid, widths[-2], widths[-1], channels) if decoders else None

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x)
        coarse = self.coarse(fine)
        if self.memory is not None:
            self.memory(x, fine, coarse)
        found: Tensor = self.head(coarse)
        return found


class Down(nn.Module):
    """Two convolutions beside pooling and one of 1x1, averaged. (B, I, H, W) -> (B, O, H/2, W/2)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.convolved = nn.Sequential(
            he(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(LEAK),
            he(nn.Conv2d(outputs, outputs, 3, padding=1)), nn.LeakyReLU(LEAK),
        )  # fmt: skip
        self.pooled = nn.Sequential(nn.AvgPool2d(2), he(nn.Conv2d(inputs, outputs, 1)), nn.LeakyReLU(LEAK))

    def forward(self, x: Tensor) -> Tensor:
        mean: Tensor = (self.convolved(x) + self.pooled(x)) / 2
        return mean


class Memory(nn.Module):
    """Draws a picture again: all of it at half its size from the coarsest grid, and a quarter of it in full from the
    grid before. A pass only lets itself be noticed; who wants the error asks for it. Liu et al. (2021), section 3.2.
    """

    noticed = "memory"

    def __init__(self, grid: Grid, fine: int, coarse: int, channels: int):
        super().__init__()
        self.channels, self.grid = channels, grid
        self.whole, self.part = _decoder(coarse, grid.stages - 1, channels), _decoder(fine, grid.stages - 1, channels)

    def forward(self, x: Tensor, fine: Tensor, coarse: Tensor) -> Tensor:
        return coarse

    def error(self, x: Tensor, fine: Tensor, coarse: Tensor) -> Tensor:
        """Mean absolute difference from the two drawings, (B,). Which quarter it is, is one draw a batch."""
        x, height, width = full(x[:, : self.channels]).detach(), self.grid.height, self.grid.width
        top, left = (int(torch.randint(0, side + 1, ())) for side in (height, width))
        scale = x.shape[2] // (2 * height)
        cell = fine[:, :, top : top + height, left : left + width]
        piece = x[:, :, scale * top : scale * (top + height), scale * left : scale * (left + width)]
        whole = (self.whole(full(coarse)) - functional.avg_pool2d(x, 2)).abs().flatten(1).mean(1)
        found: Tensor = whole + (self.part(full(cell)) - piece).abs().flatten(1).mean(1)
        return found


def _gated(width: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(2 * width), nn.GLU(dim=1)]


def _decoder(width: int, doublings: int, channels: int) -> nn.Sequential:
    """Doublings by gated transposed convolutions, half as many channels after each, and a picture."""
    layers: list[nn.Module] = []
    for _ in range(doublings):
        smaller = max(8, width // 2)
        layers += [he(nn.ConvTranspose2d(width, 2 * smaller, 4, 2, 1, bias=False), gain=1), *_gated(smaller)]
        width = smaller
    return nn.Sequential(*layers, he(nn.Conv2d(width, channels, 3, padding=1), gain=1))
