"""Sequences: the pair for whatever has channels over one axis, of any length: series today, sound as well."""

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from . import lines
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Draws, Judges, MinibatchStd, Shape, he, lots
from .lines import Cut, odd
from .moves import Moves

SHORT = 8
"""Steps of the coarsest grid at most: a dense layer sees all of it at once."""
Kernel = Annotated[int, Field(ge=1, le=255)]


class SequenceGenerator(Generator):
    """Dense to a coarse line, doubled by transposed convolutions; or a GRU that is told the latent at every step."""

    name: Literal["sequence"] = "sequence"
    latent: int = Field(default=32, gt=0)
    """Length of the latent vector."""
    kind: Literal["conv", "gru"] = "conv"
    """Convolutions, which learn most in a minute; or a GRU, whose every step follows from those before it."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=64, gt=0)
    """Channels at full length, and units of the GRU; each coarser line has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no line exceeds."""
    kernel: Kernel = 5
    """Steps that the last convolution sees, an odd number."""
    noise: int = Field(default=0, ge=0)
    """Channels of noise at full length, a fresh number a step; it follows from the latent, so that a latent stays one
    sample."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        lengths = _lengths(spec, self.name)
        odd(self.kernel, self.name)
        inputs = self.latent + numbers
        if self.kind == "gru":
            return Draws(_Recurrent(inputs, self.width, spec.channels, lengths[0], self.noise), spec.spans, numbers)
        channels = [min(self.width << stage, self.widest) for stage in range(len(lengths))]
        layers: list[nn.Module] = [
            he(nn.Linear(inputs, channels[-1] * lengths[-1])), Shape(channels[-1], lengths[-1]), nn.LeakyReLU(LEAK)
        ]  # fmt: skip
        for stage in reversed(range(1, len(lengths))):
            layers += [
                he(nn.ConvTranspose1d(channels[stage], channels[stage - 1], 4, 2, 1)), Cut(lengths[stage - 1]),
                nn.LeakyReLU(LEAK),
            ]  # fmt: skip
        last = he(nn.Conv1d(channels[0] + self.noise, spec.channels, self.kernel, padding=self.kernel // 2), gain=0.5)
        return Draws(_Noisy(nn.Sequential(*layers), last, self.noise), spec.spans, numbers)


class SequenceDiscriminator(Discriminator):
    """Strided convolutions down to a short line, a dense layer over it, a logit.

    It is of convolutions whatever draws: a penalty differentiates it twice, which recurrent kernels cannot do.
    """

    name: Literal["sequence"] = "sequence"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """Channels at full length; each coarser line has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no line exceeds."""
    kernel: Kernel = 5
    """Steps that a convolution sees, an odd number."""
    hidden: int = Field(default=128, ge=0)
    """Units of the dense layer before the logit; 0 for none."""
    moves: float = Field(default=0.0, ge=0)
    """Times as large as they are, at which moves from step to step are shown beside the values; 0 shows none. Where
    moves are small beside the range, as of prices, nothing else keeps samples from trembling."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples in a group whose deviation is shown to the dense layer; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        lengths = _lengths(spec, self.name)
        odd(self.kernel, self.name)
        asked = Asked.of(spec, self.condition, self.name)
        shown = asked.channels * (2 if self.moves else 1)
        channels = [shown, *(min(self.width << stage, self.widest) for stage in range(len(lengths)))]
        layers: list[nn.Module] = [Moves(self.moves)] if self.moves else []
        for stage, (inputs, outputs) in enumerate(pairwise(channels)):
            stride = 2 if stage else 1
            layers += [he(nn.Conv1d(inputs, outputs, self.kernel, stride, self.kernel // 2)), nn.LeakyReLU(LEAK)]
        layers.append(nn.Flatten())
        features = channels[-1] * lengths[-1]
        if self.minibatch_std:
            layers.append(MinibatchStd(self.minibatch_std))
            features += 1
        if self.hidden:
            layers += [he(nn.Linear(features, self.hidden)), nn.LeakyReLU(LEAK)]
            features = self.hidden
        return Judges(nn.Sequential(*layers, he(nn.Linear(features, asked.outputs), gain=1)), asked)


class _Noisy(nn.Module):
    """A body, then a layer that sees its lines with `noise` more beside them."""

    def __init__(self, body: nn.Module, last: nn.Module, noise: int):
        super().__init__()
        self.body, self.last, self.noise = body, last, noise

    def forward(self, z: Tensor) -> Tensor:
        x: Tensor = self.body(z)
        if self.noise:
            x = torch.cat([x, _fresh(z, self.noise, x.shape[2]).to(x.dtype)], dim=1)
        shown: Tensor = self.last(x)
        return shown


class _Recurrent(nn.Module):
    """z (B, L) at every step, with noise beside it -> GRU -> (B, C, T)."""

    def __init__(self, inputs: int, width: int, channels: int, length: int, noise: int):
        super().__init__()
        self.start = nn.Linear(inputs, width)
        self.cells = nn.GRU(inputs + noise, width, batch_first=True)
        self.last = he(nn.Linear(width, channels), gain=1)
        self.length, self.noise = length, noise

    def forward(self, z: Tensor) -> Tensor:
        steps = z[:, None].expand(-1, self.length, -1)
        if self.noise:
            steps = torch.cat([steps, _fresh(z, self.noise, self.length).transpose(1, 2)], dim=2)
        found, _ = self.cells(steps.contiguous(), self.start(z).tanh()[None])
        shown: Tensor = self.last(found)
        return shown.transpose(1, 2)


def _fresh(z: Tensor, channels: int, length: int) -> Tensor:
    """Normal numbers (B, channels, length) that follow from the latent."""
    shares = lots(z.detach(), z.new_empty(len(z), channels, length))
    fresh: Tensor = torch.special.ndtri(shares)
    return fresh


def _lengths(spec: Spec, family: str) -> list[int]:
    """Steps of each line, from the sample's to the coarsest; halves are rounded up. Raises ConfigError."""
    if len(spec.axes) != 1:
        raise ConfigError(
            f"{family} draws channels over one axis (channels, steps), got samples of shape {spec.shape}; "
            "mlp takes samples of any shape"
        )
    return lines.lengths(spec.axes[0], SHORT, 2)
