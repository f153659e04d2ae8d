"""`unet`: halvings down to one pixel and up again, with the maps of each size passed across. Isola et al. (2017)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ...settings import ConfigError
from ...spec import Spec
from ..base import Generator
from ..layers import LEAK, Activate, normal
from .norms import Norm, norm_layers, started
from .translator import Heads, Sides, Translator, need_sides, sides

DEEPEST, SHALLOWEST = 8, 3
"""Halvings: the paper's at 256 pixels, and the fewest that are chosen without being asked for."""


class UnetGenerator(Generator):
    """4 x 4 convolutions that halve, as many that double, and a shortcut at each size. Isola et al. (2017)."""

    name: Literal["unet"] = "unet"
    latent: int = Field(default=0, ge=0)
    """Length of the latent vector, which is ignored: dropout is this network's noise."""
    width: int = Field(default=64, gt=0)
    """Channels at half the size; each coarser grid has twice as many, up to eight times."""
    depth: int = Field(default=0, ge=0, le=10)
    """Halvings; 0 takes as many as the sides allow, 3 to 8."""
    norm: Norm = "batch"
    """Of the batch, of each sample, or none. With that of each sample no tile equals the whole."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Share of the values dropped while training, after the three innermost layers that double; after fewer where
    there are less than six."""
    heads: int = Field(default=0, ge=0)
    """Outputs of a projection head, 256 in CUT; 0 builds none."""
    heads_at: tuple[int, ...] = (0, 1, 2, 3)
    """Depths with a head: 0 is the picture, the others the convolutions that halve."""

    def build(self, spec: Spec) -> nn.Module:
        sizes = sides(spec, self.name)
        depth = self.depth or _depth(sizes)
        need_sides(sizes, f"{self.name} with depth {depth}", 1 << depth, 1 << depth)
        widths = [sizes.inputs, *(self.width << min(stage, 3) for stage in range(depth))]
        network = Unet(widths, sizes.outputs, self.norm, self.dropout, Activate(spec.spans))
        if self.heads:
            network.heads = Heads(self.heads_at, widths, self.heads)
        return network


class Unet(Translator):
    """widths: channels of the input, then of each coarser grid."""

    def __init__(self, widths: Sequence[int], outputs: int, norm: Norm, dropout: float, activate: Activate):
        super().__init__()
        depth = len(widths) - 1
        self.downs = nn.ModuleList(
            _down(a, b, norm if 0 < stage < depth - 1 else "none", norm, first=stage == 0)
            for stage, (a, b) in enumerate(pairwise(widths))
        )
        ups: list[nn.Module] = []
        for stage in reversed(range(1, depth)):
            dropped = dropout if depth - stage <= min(3, max(1, depth - 3)) else 0.0
            ups.append(_up(widths[stage + 1] * (2 if ups else 1), widths[stage], norm, dropped))
        inputs = widths[1] * (2 if ups else 1)
        ups.append(nn.Sequential(nn.ReLU(), normal(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), 0.02)))
        self.ups, self.activate = nn.ModuleList(ups), activate
        self.declare(tileable=norm != "instance", multiple=1 << depth, least=1 << depth)

    def stages(self, c: Tensor) -> Iterator[Tensor]:
        yield c
        for down in self.downs:
            c = down(c)
            yield c

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        _, *across, x = self.stages(c)
        for up in self.ups:
            x = up(x)
            if across:
                x = torch.cat([x, across.pop()], dim=1)
        drawn: Tensor = self.activate(x)
        return drawn


def _down(inputs: int, outputs: int, norm: Norm, family: Norm, first: bool) -> nn.Sequential:
    """norm: of this layer; family: of the network, by which weights start."""
    layer = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=norm == "none")
    before: list[nn.Module] = [] if first else [nn.LeakyReLU(LEAK)]
    return nn.Sequential(*before, started(layer, family), *norm_layers(norm, outputs))


def _up(inputs: int, outputs: int, norm: Norm, dropout: float) -> nn.Sequential:
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=norm == "none")
    after = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.ReLU(), started(layer, norm), *norm_layers(norm, outputs), *after)


def _depth(sizes: Sides) -> int:
    """Halvings of both sides. Raises ConfigError where they are too few to make this network."""
    both = sizes.height | sizes.width
    depth = min(DEEPEST, (both & -both).bit_length() - 1)
    if depth < SHALLOWEST:
        near = [max(1, round(side / 16)) * 16 for side in (sizes.height, sizes.width)]
        raise ConfigError(
            f"unet halves both sides at least {SHALLOWEST} times, got {sizes.height} x {sizes.width}; "
            f"set domain.size, for example domain.size={near}, or say generator.depth"
        )
    return depth
