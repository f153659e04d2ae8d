"""Conditions that are rows, (B, R): a class as one number in R, or attributes. How both players take them.

A generator is given its condition beside its latent, or in its normalisations. A discriminator projects (Miyato and
Koyama, 2018), sees the condition beside the sample (Mirza and Osindero, 2014), or sees none and names it (Odena et al.,
2017).
"""

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from ..settings import ConfigError
from ..spec import Spec

ToGenerator = Literal["input", "norm"]
ToDiscriminator = Literal["projection", "input", "none"]


def rows(spec: Spec, family: str) -> int:
    """Numbers of a condition; 0 without one. Raises ConfigError for conditions that are no rows."""
    if spec.condition is None:
        return 0
    if spec.condition.axes:
        raise ConfigError(
            f"{family} is conditioned on classes and attributes, got a condition of shape {spec.condition.shape}; "
            "unet, resnet-translation and restoration take pictures"
        )
    return spec.condition.channels


class Asked(NamedTuple):
    """What a discriminator is asked beside real or fake, and how it gets the condition."""

    channels: int
    """Of its input."""
    outputs: int
    """Numbers its body ends in: the logit, one for each number of the condition it projects, and its guess."""
    condition: Spec | None
    way: ToDiscriminator
    guesses: int

    @classmethod
    def of(cls, spec: Spec, way: ToDiscriminator, family: str) -> "Asked":
        count, guesses = rows(spec, family), math.prod(spec.guess.shape) if spec.guess else 0
        way = way if count else "none"
        beside = count if way == "input" else 0
        return cls(spec.channels + beside, 1 + count * (way == "projection") + guesses, spec.condition, way, guesses)

    def beside(self, x: Tensor, c: Tensor | None) -> Tensor:
        """The sample, with the condition as further channels where it is seen so."""
        if self.way != "input" or c is None:
            return x
        return torch.cat([x, _spread(c, x)], dim=1)


def _spread(c: Tensor, x: Tensor) -> Tensor:
    """A row (B, R) as maps (B, R, *axes)."""
    return c.to(x.dtype).view(*c.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])


class Guess(nn.Module):
    """Where the guess of a pass can be noticed; does nothing else."""

    noticed = "guess"

    def forward(self, x: Tensor) -> Tensor:
        return x


class ConditionalNorm(nn.Module):
    """Batch normalisation whose gain and bias are linear functions of the condition. Dumoulin et al. (2017)."""

    def __init__(self, channels: int, numbers: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Linear(numbers, 2 * channels)
        nn.init.zeros_(self.scale.weight)
        with torch.no_grad():
            self.scale.bias.copy_(torch.cat([torch.ones(channels), torch.zeros(channels)]))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        gain, bias = self.scale(c)[:, :, None, None].chunk(2, 1)
        shown: Tensor = self.norm(x) * gain + bias
        return shown


class Chain(nn.Sequential):
    """Layers in order; those that take the condition get it."""

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        for layer in self:
            x = layer(x, c) if isinstance(layer, ConditionalNorm) else layer(x)
        return x
