"""`resnet-translation`: residual blocks between halvings and doublings (Johnson et al. 2016); `cycle`: two of them."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ...settings import ConfigError
from ...spec import Span, Spec
from ..base import Generator
from ..layers import Activate, Downsample, Upsample, normal
from .norms import Norm, norm_layers, started
from .translator import Heads, Translator, need_sides, sides

Direction = Literal["AtoB", "BtoA"]
SHARE = 0.95
"""Of a value in -1..1 that a residual generator begins with: at 1 itself, the last layer lets nothing be changed."""


class Resnets(Generator):
    """What one and two of these networks are set by."""

    latent: int = Field(default=0, ge=0)
    """Length of the latent vector, which is ignored."""
    width: int = Field(default=64, gt=0)
    """Channels at full size; twice as many after each halving."""
    halvings: int = Field(default=2, ge=1, le=6)
    """Halvings before the blocks, as many doublings after; pix2pixHD's has 4."""
    blocks: int = Field(default=9, gt=0)
    """Residual blocks; 9 for 256 pixels, 6 for 128."""
    norm: Norm = "instance"
    """Of each sample, of the batch, or none. With that of each sample no tile equals the whole."""
    antialias: bool = False
    """Halve and double with a low-pass beside a convolution of stride 1."""
    residual: bool = False
    """Draw a change of the input, none at first: what is learnt is the difference of two collections, not pictures."""


class ResnetTranslationGenerator(Resnets):
    """The generator of CycleGAN (Zhu et al. 2017), with `antialias` that of CUT (Park et al. 2020)."""

    name: Literal["resnet-translation"] = "resnet-translation"
    heads: int = Field(default=0, ge=0)
    """Outputs of a projection head, 256 in CUT; 0 builds none."""
    heads_at: tuple[int, ...] = (0, 1, 2, 3, 7)
    """Depths with a head: 0 is the picture, then the convolutions that halve, then the blocks. The default is CUT's:
    pixels, two halvings, the first block and the fifth."""

    def build(self, spec: Spec) -> nn.Module:
        sizes = sides(spec, self.name)
        network = ResnetTranslator(self, sizes.inputs, sizes.outputs, Activate(spec.spans))
        need_sides(sizes, f"{self.name} with {self.halvings} halvings", network.multiple, network.least)
        if self.heads:
            grids = [self.width << stage for stage in range(1, self.halvings + 1)]
            network.heads = Heads(self.heads_at, [sizes.inputs, *grids, *grids[-1:] * self.blocks], self.heads)
        return network


class CycleGenerator(Resnets):
    """Two of `resnet-translation`, one a direction, over both sides stacked on channels. Zhu et al. (2017).

    The condition is cat(A, B), what is drawn cat(B, A), both of twice a picture's channels.
    """

    name: Literal["cycle"] = "cycle"

    def build(self, spec: Spec) -> nn.Module:
        sizes = sides(spec, self.name)
        if sizes.inputs != sizes.outputs or sizes.inputs % 2:
            raise ConfigError(
                f"cycle translates both ways between pictures stacked on channels, got {sizes.inputs} channels for "
                f"{sizes.outputs}; set domain.cycle=true on the domain unpaired"
            )
        channels = sizes.inputs // 2
        halves = _half(spec.spans, channels)
        network = PairOfTranslators(*(ResnetTranslator(self, channels, channels, Activate(spans)) for spans in halves))
        need_sides(sizes, f"{self.name} with {self.halvings} halvings", network.multiple, network.least)
        return network


class ResnetTranslator(Translator):
    """A 7 x 7 convolution, halvings, residual blocks, doublings, a 7 x 7 convolution; edges are reflected."""

    def __init__(self, plan: Resnets, inputs: int, outputs: int, activate: Activate):
        super().__init__()
        norm, grids = plan.norm, [plan.width << stage for stage in range(plan.halvings + 1)]
        self.stem = nn.Sequential(_layer(inputs, grids[0], 7, norm), *norm_layers(norm, grids[0]), nn.ReLU())
        self.downs = nn.ModuleList(_Down(width, norm, plan.antialias) for width in grids[:-1])
        self.blocks = nn.ModuleList(_Block(grids[-1], norm) for _ in range(plan.blocks))
        self.ups = nn.Sequential(*(_up(width, norm, plan.antialias) for width in reversed(grids[:-1])))
        last = nn.Conv2d(grids[0], outputs, 7, padding=3, padding_mode="reflect")
        self.end, self.activate, self.residual = normal(last, 0.0 if plan.residual else 0.02), activate, plan.residual
        if plan.residual and inputs != outputs:
            raise ConfigError(
                f"generator.residual=true changes pictures of as many channels, got {inputs} in and {outputs} out; set "
                "it false, or bring both sides to one mode"
            )
        multiple = 1 << plan.halvings
        # Reflected edges and the variance of a sample want two pixels on the coarsest grid, the first layer four.
        self.declare(tileable=norm != "instance", multiple=multiple, least=2 * multiple)

    def stages(self, c: Tensor) -> Iterator[Tensor]:
        yield c
        x = self.stem(c)
        for down in self.downs:
            assert isinstance(down, _Down)
            features = down.convolve(x)
            yield features
            x = down.finish(features)
        for block in self.blocks:
            x = block(x)
            yield x

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        *_, x = self.stages(c)
        change = self.end(self.ups(x))
        drawn: Tensor = self.activate(change + (SHARE * c).atanh().to(change.dtype) if self.residual else change)
        return drawn


class PairOfTranslators(Translator):
    """cat(A, B) -> cat(G_AB(A), G_BA(B)), on channels; or one of the two."""

    def __init__(self, a_to_b: ResnetTranslator, b_to_a: ResnetTranslator):
        super().__init__()
        self.a_to_b, self.b_to_a = a_to_b, b_to_a
        self.tileable, self.multiple, self.least, self.scale = a_to_b.tileable, a_to_b.multiple, a_to_b.least, 1
        self.reach = a_to_b.reach

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        a, b = c.chunk(2, dim=1)
        return torch.cat([self.one(a, "AtoB"), self.one(b, "BtoA")], dim=1)

    def one(self, c: Tensor, direction: Direction) -> Tensor:
        """Pictures of one side (B, C, H, W) as pictures of the other."""
        drawn: Tensor = (self.a_to_b if direction == "AtoB" else self.b_to_a)(None, c)
        return drawn


class _Down(nn.Module):
    """(B, C, H, W) -> (B, 2C, H/2, W/2)."""

    def __init__(self, width: int, norm: Norm, antialias: bool):
        super().__init__()
        layer = nn.Conv2d(width, 2 * width, 3, 1 if antialias else 2, 1, bias=norm == "none")
        self.convolve = started(layer, norm)
        blur = [Downsample()] if antialias else []
        self.finish = nn.Sequential(*norm_layers(norm, 2 * width), nn.ReLU(), *blur)

    def forward(self, x: Tensor) -> Tensor:
        halved: Tensor = self.finish(self.convolve(x))
        return halved


class _Block(nn.Module):
    """Two 3 x 3 convolutions beside the identity, without a rectifier after the sum. (B, C, H, W) -> the same."""

    def __init__(self, width: int, norm: Norm):
        super().__init__()
        first, second = (_layer(width, width, 3, norm) for _ in range(2))
        norms = [norm_layers(norm, width) for _ in range(2)]
        self.body = nn.Sequential(first, *norms[0], nn.ReLU(), second, *norms[1])
        if norm == "none":  # nothing else holds the sum of many blocks
            with torch.no_grad():
                second.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


def _layer(inputs: int, outputs: int, kernel: int, norm: Norm) -> nn.Conv2d:
    padding = kernel // 2
    layer = nn.Conv2d(inputs, outputs, kernel, 1, padding, bias=norm == "none", padding_mode="reflect")
    return started(layer, norm)


def _up(width: int, norm: Norm, antialias: bool) -> nn.Sequential:
    """(B, 2C, H, W) -> (B, C, 2H, 2W)."""
    bias = norm == "none"
    if antialias:
        ways: list[nn.Module] = [Upsample(), started(nn.Conv2d(2 * width, width, 3, 1, 1, bias=bias), norm)]
    else:
        ways = [started(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1, bias=bias), norm)]
    return nn.Sequential(*ways, *norm_layers(norm, width), nn.ReLU())


def _half(spans: tuple[Span, ...], channels: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans of the first `channels`, and of the rest; one that reaches across is cut."""
    halves: tuple[list[Span], list[Span]] = [], []
    left = channels
    for span in spans:
        first = min(left, span.channels)
        left -= first
        for half, count in zip(halves, (first, span.channels - first), strict=True):
            if count:
                half.append(Span(channels=count, kind=span.kind))
    return tuple(halves[0]), tuple(halves[1])
