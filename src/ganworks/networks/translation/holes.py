"""`holes`: fills what a mask leaves out, by gated (Yu et al. 2019) or Fourier convolutions (Suvorov et al. 2022)."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Spec
from ..base import Generator
from ..layers import Activate, he, normal
from .fourier import FourierBlock, convolution, normed
from .translator import Translator, need_sides, sides

DILATIONS = (1, 2, 4, 8)
"""Of the gated blocks, in turn: the hole is wider than a few 3 x 3 kernels."""


class HolesGenerator(Generator):
    """Halvings, blocks, doublings; known pixels come out as they went in, bit for bit.

    The condition's last channel is the mask, 1 in a hole and -1 where pixels are known; what else lies in a hole is not
    read. LaMa's own is `blocks=fourier, width=64, halvings=3, depth=9`.
    """

    name: Literal["holes"] = "holes"
    latent: int = Field(default=0, ge=0)
    """Length of the latent vector, which is ignored."""
    blocks: Literal["gated", "fourier"] = "gated"
    """Gated convolutions see their surroundings and can be tiled; Fourier convolutions see the whole picture."""
    width: int = Field(default=32, gt=0)
    """Channels at full size; twice as many after each halving."""
    halvings: int = Field(default=2, ge=1, le=4)
    """Halvings before the blocks, as many doublings after."""
    depth: int = Field(default=8, gt=0)
    """Blocks on the coarsest grid."""
    guess: int = Field(default=3, ge=0, le=6)
    """Halvings of the smooth first guess to which the layers add, as far as the sides can be halved; 0 for none. Yu et
    al. and LaMa have none."""

    def build(self, spec: Spec) -> nn.Module:
        sizes = sides(spec, self.name)
        if sizes.inputs != sizes.outputs + 1:
            raise ConfigError(
                f"holes wants the picture's {sizes.outputs} channels and a mask as condition, got {sizes.inputs} "
                "channels; use the domain degraded with the step holes"
            )
        build = _gated if self.blocks == "gated" else _fourier
        grids = [self.width << stage for stage in range(self.halvings + 1)]
        layers = build(sizes.inputs, sizes.outputs, grids, self.depth)
        guess = max(each for each in range(self.guess + 1) if not any(side % (1 << each) for side in spec.axes))
        network = Filler(nn.Sequential(*layers), Activate(spec.spans), guess)
        multiple = 1 << max(self.halvings, guess)
        # Reflected edges and batch norm want two pixels on the coarsest grid, the first reflection four.
        least = multiple if self.blocks == "gated" else 2 * multiple
        network.declare(tileable=self.blocks == "gated", multiple=multiple, least=least)
        # Across a block of the coarsest grid, and out of it by a cell of each finer grid on the way back.
        network.reach += 2 * ((1 << guess) - 1)
        need_sides(sizes, f"{self.name} with {self.halvings} halvings", multiple, least)
        return network


class Filler(Translator):
    """A smooth guess plus what a body makes of it, of which the hole is kept. c (B, C + 1, H, W) -> x (B, C, H, W)."""

    def __init__(self, body: nn.Module, activate: Activate, guess: int):
        super().__init__()
        self.body, self.activate, self.guess = body, activate, guess

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        known, mask = c[:, :-1], c[:, -1:]
        hole = mask > 0
        first = smoothed(known.masked_fill(hole, 0), (~hole).to(known.dtype), self.guess)
        change = self.body(torch.cat([first, mask], dim=1))
        drawn: Tensor = self.activate(first.to(change.dtype) + change)
        return torch.where(hole, drawn, known.to(drawn.dtype))


def smoothed(x: Tensor, weight: Tensor, halvings: int) -> Tensor:
    """x (B, C, H, W), 0 where it is not known, with the unknown drawn in from around: means of what is known on
    coarser and coarser grids, and back up. weight (B, 1, H, W) is 1 where known. Gortler et al. (1996), section 3.4.

    What is still unknown after `halvings` stays 0.
    """
    if not halvings:
        return x
    sums, share = functional.avg_pool2d(x * weight, 2), functional.avg_pool2d(weight, 2)
    # One known pixel of four is enough to say what their block is like.
    coarse = smoothed(sums / share.clamp(min=1e-6), (4 * share).clamp(max=1), halvings - 1)
    return torch.lerp(functional.interpolate(coarse, scale_factor=2, mode="bilinear"), x, weight)


class Gated(nn.Module):
    """A convolution times the sigmoid of another: how much each position has to say. Yu et al. (2019), equation 3."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, bend: bool = True
    ):
        """bend: whether an ELU follows the features."""
        super().__init__()
        padding = dilation * (kernel // 2)
        self.both, self.bend = nn.Conv2d(inputs, 2 * outputs, kernel, stride, padding, dilation), bend
        he(self.both, gain=1)
        with torch.no_grad():  # a gate near one half and the ELU leave 0.4 of the deviation
            self.both.weight[:outputs].mul_(2.5 if bend else 2.0)

    def forward(self, x: Tensor) -> Tensor:
        features, gate = self.both(x).chunk(2, dim=1)
        said: Tensor = (functional.elu(features) if self.bend else features) * gate.sigmoid()
        return said


class GatedBlock(nn.Module):
    """A dilated gated convolution and a plain one beside the identity. (B, C, H, W) -> the same."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        last = Gated(width, width, bend=False)
        self.body = nn.Sequential(Gated(width, width, dilation=dilation), last)
        with torch.no_grad():  # nothing else holds the sum of many blocks
            last.both.weight[:width].mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


def _gated(inputs: int, outputs: int, grids: list[int], depth: int) -> list[nn.Module]:
    downs = [Gated(width, 2 * width, stride=2) for width in grids[:-1]]
    blocks = [GatedBlock(grids[-1], DILATIONS[i % len(DILATIONS)]) for i in range(depth)]
    ups: list[nn.Module] = []
    for width in reversed(grids[:-1]):
        ups += [nn.Upsample(scale_factor=2), Gated(2 * width, width)]
    last = he(nn.Conv2d(grids[0], outputs, 3, padding=1), gain=0.01)
    return [Gated(inputs, grids[0], 5), *downs, *blocks, *ups, last]


def _fourier(inputs: int, outputs: int, grids: list[int], depth: int) -> list[nn.Module]:
    layers: list[nn.Module] = [convolution(inputs, grids[0], 7), normed(grids[0])]
    for width in grids[:-1]:
        layers += [convolution(width, 2 * width, 3, 2), normed(2 * width)]
    layers += [FourierBlock(grids[-1]) for _ in range(depth)]
    for width in reversed(grids[:-1]):
        double = nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1, bias=False)
        layers += [normal(double, 0.02), normed(width)]
    return [*layers, he(nn.Conv2d(grids[0], outputs, 7, padding=3, padding_mode="reflect"), gain=0.1)]
