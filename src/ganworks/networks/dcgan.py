"""The classic convolutional pairs: `dcgan` (Radford et al. 2015) and `conv28`, the digit drawer of the tutorials."""

from itertools import pairwise
from typing import Literal

from pydantic import Field
from torch import nn

from ..settings import ConfigError
from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, Chain, ConditionalNorm, ToGenerator, rows
from .layers import LEAK, Draws, Judges, Shape, he, need_picture, normal, picture_grid

KERAS_LEAK = 0.3
"""The slope of TensorFlow's leaky ReLU, which the tutorial of the `conv28` pair leaves at its default."""


class DcganGenerator(Generator):
    """Transposed convolutions with batch normalisation from a small grid to the sample. Radford et al. (2015)."""

    name: Literal["dcgan"] = "dcgan"
    latent: int = Field(default=100, gt=0)
    """Length of the latent vector."""
    width: int = Field(default=64, gt=0)
    """Channels at half the sample's size; each coarser grid has twice as many."""
    condition: ToGenerator = "input"
    """A class or attributes beside the latent, or in every batch normalisation."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name, longest=7)
        numbers = rows(spec, self.name)
        channels = [self.width << stage for stage in reversed(range(stages))]
        layers: list[nn.Module] = [
            Shape(self.latent + numbers, 1, 1),
            normal(nn.ConvTranspose2d(self.latent + numbers, channels[0], (height, width), bias=False), 0.02),
        ]
        for inputs, outputs in pairwise([*channels, spec.channels]):
            inside = numbers and self.condition == "norm"
            layers += [ConditionalNorm(inputs, numbers) if inside else _norm(inputs), nn.ReLU()]
            layers.append(normal(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), 0.02))
        body = (Chain if numbers and self.condition == "norm" else nn.Sequential)(*layers)
        return Draws(body, spec.spans, numbers)


class DcganDiscriminator(Discriminator):
    """Strided convolutions with batch normalisation, none in the first and last layer. Radford et al. (2015)."""

    name: Literal["dcgan"] = "dcgan"
    width: int = Field(default=64, gt=0)
    """Channels at half the sample's size; each coarser grid has twice as many."""
    norm: Literal["batch", "none"] = "batch"
    """Of the batch, or none: a penalty on the gradient of each sample needs logits that depend on that sample alone
    (Gulrajani et al., 2017). Without one, weights start by fan-in, since nothing rescales what they do."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name, longest=7)
        asked = Asked.of(spec, self.condition, self.name)
        channels = [self.width << stage for stage in range(stages)]
        layers = [self._start(nn.Conv2d(asked.channels, channels[0], 4, 2, 1, bias=False)), nn.LeakyReLU(LEAK)]
        for inputs, outputs in pairwise(channels):
            layers.append(self._start(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=self.norm == "none")))
            layers += [*([_norm(outputs)] if self.norm == "batch" else []), nn.LeakyReLU(LEAK)]
        layers += [self._start(nn.Conv2d(channels[-1], asked.outputs, (height, width), bias=False)), nn.Flatten()]
        return Judges(nn.Sequential(*layers), asked)

    def _start(self, layer: nn.Conv2d) -> nn.Module:
        return normal(layer, 0.02) if self.norm == "batch" else he(layer)


class Conv28Generator(Generator):
    """Dense to a quarter of the size, then 5x5 transposed convolutions with batch normalisation.

    The pattern of TensorFlow's DCGAN tutorial for 28 x 28 digits, at any sides that four divides.
    """

    name: Literal["conv28"] = "conv28"
    latent: int = Field(default=100, gt=0)
    """Length of the latent vector."""
    width: int = Field(default=64, gt=0)
    """Channels at half the sample's size; the dense grid has four times as many."""

    def build(self, spec: Spec) -> nn.Module:
        height, width = _quarter(spec, self.name)
        numbers = rows(spec, self.name)
        wide, middle, narrow = 4 * self.width, 2 * self.width, self.width
        layers = [
            nn.Linear(self.latent + numbers, wide * height * width, bias=False),
            nn.BatchNorm1d(wide * height * width),
            nn.LeakyReLU(KERAS_LEAK),
            Shape(wide, height, width),
            nn.ConvTranspose2d(wide, middle, 5, 1, 2, bias=False),
            nn.BatchNorm2d(middle),
            nn.LeakyReLU(KERAS_LEAK),
            nn.ConvTranspose2d(middle, narrow, 5, 2, 2, output_padding=1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.LeakyReLU(KERAS_LEAK),
            nn.ConvTranspose2d(narrow, spec.channels, 5, 2, 2, output_padding=1, bias=False),
        ]
        return Draws(_glorot(nn.Sequential(*layers)), spec.spans, numbers)


class Conv28Discriminator(Discriminator):
    """Two strided 5x5 convolutions with dropout and a dense logit: TensorFlow's DCGAN tutorial.

    Also the convolutional judge of the mlp-conv pair.
    """

    name: Literal["conv28"] = "conv28"
    width: int = Field(default=64, gt=0)
    """Channels of the first convolution; the second has twice as many."""
    dropout: float = Field(default=0.3, ge=0, lt=1)
    """Share of the values dropped after each convolution while training."""

    def build(self, spec: Spec) -> nn.Module:
        height, width = _quarter(spec, self.name)
        asked = Asked.of(spec, self.condition, self.name)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([asked.channels, self.width, 2 * self.width]):
            layers += [nn.Conv2d(inputs, outputs, 5, 2, 2), nn.LeakyReLU(KERAS_LEAK), nn.Dropout(self.dropout)]
        layers += [nn.Flatten(), nn.Linear(2 * self.width * height * width, asked.outputs)]
        return Judges(_glorot(nn.Sequential(*layers)), asked)


def _norm(channels: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(channels)
    nn.init.normal_(norm.weight, 1.0, 0.02)
    return norm


def _quarter(spec: Spec, family: str) -> tuple[int, int]:
    need_picture(spec, family)
    height, width = spec.axes
    if height % 4 or width % 4:
        near = [max(4, 4 * round(side / 4)) for side in spec.axes]
        raise ConfigError(
            f"{family} draws sides that four divides (28, 32), got {height} x {width}; "
            f"set domain.size, for example domain.size={near}"
        )
    return height // 4, width // 4


def _glorot(layers: nn.Sequential) -> nn.Sequential:
    """Glorot and Bengio (2010), which is what TensorFlow's layers start from."""
    for layer in layers:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return layers
