"""`restoration`: a residual network without normalisation that adds what the enlarged input lacks.

After SRResNet (Ledig et al. 2017) without its norms, as Lim et al. (2017) showed is better. An untrained network
returns its input, enlarged by torch's bicubic interpolation (align_corners=False, a = -0.75) where it enlarges.
"""

import math
from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Span, Spec
from ..base import Generator
from ..layers import LEAK, Activate, he
from .translator import Heads, Translator, need_sides, sides

SCALES = (1, 2, 3, 4, 8)
BICUBIC = 2
"""Pixels to either side that bicubic interpolation reads."""


class RestorationGenerator(Generator):
    """Enlarges, or repairs at the same size; the scale is the domain's. Ledig et al. (2017), Lim et al. (2017).

    `tanh` spans are left linear, or the identity could not be drawn; pictures are clipped where they are written.
    """

    name: Literal["restoration"] = "restoration"
    latent: int = Field(default=0, ge=0)
    """Length of the latent vector, which is ignored."""
    width: int = Field(default=64, gt=0)
    """Channels of every block."""
    blocks: int = Field(default=16, gt=0)
    """Residual blocks of two convolutions."""
    fold: Literal[1, 2, 4] = 1
    """Squares of so many pixels a side become channels before the blocks (Shi et al., 2016), which then cost that much
    squared less. Sides must be multiples of it."""
    tail: Literal["full", "direct"] = "full"
    """Convolutions at full size after the pixel shuffle, or one shuffle straight into the picture, which is cheaper."""
    base: int = Field(default=0, ge=0)
    """First channel of the input that the output continues: the middle of a stack of slices, say."""
    heads: int = Field(default=0, ge=0)
    """Outputs of a projection head, 256 in CUT; 0 builds none."""
    heads_at: tuple[int, ...] = (0, 1, 2)
    """Depths with a head: 0 is the picture, 1 the first convolution, then the blocks."""

    def build(self, spec: Spec) -> nn.Module:
        sizes = sides(spec, self.name, SCALES)
        need_sides(sizes, f"{self.name} with fold={self.fold}", self.fold, self.fold)
        repeat = self._repeat(sizes.inputs, sizes.outputs)
        spans = [span if span.kind != "tanh" else Span(channels=span.channels, kind="linear") for span in spec.spans]
        body = _body(sizes.inputs, self.width, self.blocks, self.fold)
        tail = _tail(self.width, sizes.outputs, sizes.scale * self.fold, self.tail)
        network = Restorer(body, tail, slice(self.base, self.base + sizes.outputs), repeat, Activate(spans))
        network.declare(tileable=True, multiple=self.fold, least=self.fold, scale=sizes.scale)
        network.reach = max(network.reach, BICUBIC if sizes.scale > 1 else 0)
        if self.heads:
            network.heads = Heads(self.heads_at, [sizes.inputs, *[self.width] * (self.blocks + 1)], self.heads)
        return network

    def _repeat(self, inputs: int, outputs: int) -> int:
        """How often the base's channels are repeated to make the output's."""
        left = inputs - self.base
        if left >= outputs:
            return 1
        if left == 1:
            return outputs
        raise ConfigError(
            f"restoration continues {outputs} channels of its input, or one repeated, from base={self.base} on, "
            f"got {inputs} in all; set generator.base={max(0, inputs - outputs) if inputs >= outputs else inputs - 1}"
        )


class Restorer(Translator):
    """The chosen channels of c, enlarged, plus what body and tail make of all of it."""

    def __init__(self, body: nn.Sequential, tail: nn.Sequential, base: slice, repeat: int, activate: Activate):
        super().__init__()
        self.body, self.tail, self.activate = body, tail, activate
        self.base, self.repeat = base, repeat

    def stages(self, c: Tensor) -> Iterator[Tensor]:
        yield c
        for layer in self.body:
            c = layer(c)
            yield c

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        known = c[:, self.base]
        known = known.expand(-1, self.repeat, -1, -1) if self.repeat > 1 else known
        if self.scale > 1:
            known = functional.interpolate(known, scale_factor=self.scale, mode="bicubic", align_corners=False)
        drawn: Tensor = self.activate(known + self.tail(self.body(c)).to(known.dtype))
        return drawn


class _Block(nn.Module):
    """Two convolutions beside the identity, at a tenth of their usual start. (B, C, H, W) -> the same."""

    def __init__(self, width: int):
        super().__init__()
        layers = [nn.Conv2d(width, width, 3, padding=1) for _ in range(2)]
        self.body = nn.Sequential(he(layers[0], gain=0.1 * math.sqrt(2)), nn.ReLU(), he(layers[1], gain=0.1))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


def _body(inputs: int, width: int, blocks: int, fold: int) -> nn.Sequential:
    first: list[nn.Module] = [nn.PixelUnshuffle(fold)] if fold > 1 else []
    first += [he(nn.Conv2d(inputs * fold**2, width, 3, padding=1)), nn.LeakyReLU(LEAK)]
    return nn.Sequential(nn.Sequential(*first), *(_Block(width) for _ in range(blocks)))


def _tail(width: int, outputs: int, factor: int, kind: str) -> nn.Sequential:
    """Pixel shuffles by `factor` in all, and a last convolution that starts at zero."""
    if kind == "direct":
        return nn.Sequential(_zero(nn.Conv2d(width, outputs * factor**2, 3, padding=1)), *_shuffle(factor))
    layers: list[nn.Module] = []
    doublings = (factor & -factor).bit_length() - 1
    for each in [2] * doublings + [3] * (factor % 3 == 0):
        layers += [he(nn.Conv2d(width, width * each**2, 3, padding=1)), *_shuffle(each), nn.LeakyReLU(LEAK)]
    layers += [he(nn.Conv2d(width, width, 3, padding=1)), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers, _zero(nn.Conv2d(width, outputs, 3, padding=1)))


def _shuffle(factor: int) -> list[nn.Module]:
    return [nn.PixelShuffle(factor)] if factor > 1 else []


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    with torch.no_grad():
        for each in layer.parameters():
            each.zero_()
    return layer
