"""The pair for CPUs: plain strided convolutions, arranged by what two cores do fast, penalties included.

Measured on one core (batch 64, 28 x 28, R1 + R2 each step): a convolution at full size costs more than all the
rest, so both ends work at half the size and move pixels into channels (Shi et al. 2016); a 4x4 transposed
convolution doubles a grid faster than nearest-and-3x3 or pixel shuffling, and its taps overlap evenly, which is what
keeps checkerboards away (Odena et al. 2016). No grouped convolution: torch runs those slowly.
"""

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, Chain, ConditionalNorm, ToGenerator, rows
from .layers import LEAK, Draws, Judges, MinibatchStd, PixelNorm, Shape, he, picture_grid


class LeanGenerator(Generator):
    """Dense to a small grid, a transposed convolution a doubling, the last doubling by pixel shuffle."""

    name: Literal["lean"] = "lean"
    latent: int = Field(default=64, gt=0)
    """Length of the latent vector."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """Channels at half the sample's size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""
    norm: Literal["batch", "pixel", "none"] = "batch"
    """Normalisation after each convolution but the last: of the batch, of each position's channels, or none."""
    activation: Literal["leaky_relu", "relu"] = "relu"
    """After each normalisation; units that switch off altogether draw sharper (see recipes, measured on digits)."""

    condition: ToGenerator = "input"
    """A class or attributes beside the latent, or in every batch normalisation."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name)
        numbers = rows(spec, self.name)
        channels = [min(self.width << stage, self.widest) for stage in reversed(range(stages))]
        layers: list[nn.Module] = [
            he(nn.Linear(self.latent + numbers, channels[0] * height * width)),
            Shape(channels[0], height, width),
            *self._after(channels[0], numbers),
        ]
        for inputs, outputs in pairwise(channels):
            layers += [he(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)), *self._after(outputs, numbers)]
        layers += [_to_shuffle(channels[-1], spec.channels), nn.PixelShuffle(2)]
        inside = numbers and self.condition == "norm"
        return Draws((Chain if inside else nn.Sequential)(*layers), spec.spans, numbers)

    def _after(self, channels: int, numbers: int) -> list[nn.Module]:
        norms: dict[str, list[nn.Module]] = {"none": [], "pixel": [PixelNorm()]}
        act = nn.ReLU() if self.activation == "relu" else nn.LeakyReLU(LEAK)
        if numbers and self.condition == "norm":
            if self.norm != "batch":
                raise ConfigError(f"condition=norm needs norm=batch, got norm={self.norm}; set generator.norm=batch")
            return [ConditionalNorm(channels, numbers), act]
        return [*norms.get(self.norm, [nn.BatchNorm2d(channels)]), act]


class LeanDiscriminator(Discriminator):
    """Pixels into channels, a strided convolution a halving, one more on the small grid, a dense logit."""

    name: Literal["lean"] = "lean"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels at half the sample's size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples in a group whose deviation is shown to the last layer; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name)
        asked = Asked.of(spec, self.condition, self.name)
        channels = [min(self.width << stage, self.widest) for stage in range(stages + 1)]
        first = he(nn.Conv2d(4 * asked.channels, channels[0], 3, padding=1))
        layers = [nn.PixelUnshuffle(2), first, nn.LeakyReLU(LEAK)]
        for inputs, outputs in pairwise(channels[:-1]):
            layers += [he(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(LEAK)]
        stride = 2 if min(height, width) >= 6 else 1
        layers += [he(nn.Conv2d(channels[-2], channels[-1], 3, stride, 1)), nn.LeakyReLU(LEAK), nn.Flatten()]
        features = channels[-1] * -(-height // stride) * -(-width // stride)
        if self.minibatch_std:
            # On the flat features: a 65th channel before a convolution would cost a quarter of the speed.
            layers.append(MinibatchStd(self.minibatch_std))
            features += 1
        return Judges(nn.Sequential(*layers, he(nn.Linear(features, asked.outputs), gain=1)), asked)


def _to_shuffle(inputs: int, channels: int) -> nn.Conv2d:
    """The convolution before a pixel shuffle, its four sub-pixels alike at the start (Aitken et al. 2017).

    The small gain makes the first samples nearly grey: there is then no noise that has to be unlearnt.
    """
    layer = he(nn.Conv2d(inputs, 4 * channels, 3, padding=1), gain=0.1)
    with torch.no_grad():
        first: Tensor = layer.weight[::4].clone()
        layer.weight.copy_(first.repeat_interleave(4, 0))
    return layer
