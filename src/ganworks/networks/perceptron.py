"""Perceptrons: fully connected pairs for samples of any shape, rows and points above all."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, PositiveInt
from torch import nn

from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Draws, Judges, Shape, he
from .moves import Moves

Widths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class MlpGenerator(Generator):
    """Latent -> hidden layers -> sample, after Goodfellow et al. (2014); 100-256-784 is the tutorials' digit drawer.

    Three layers of 128 and 8 latents suit the 2-D mixtures; (256, 512) the dense drawer of the mlp-conv pair.
    """

    name: Literal["mlp"] = "mlp"
    latent: int = Field(default=100, gt=0)
    """Length of the latent vector."""
    widths: Widths = (256,)
    """Units of each hidden layer, from the latent to the sample."""
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"
    """After each hidden layer; the leaky slope is 0.2."""
    norm: Literal["none", "batch"] = "none"
    """Normalisation of the hidden layers."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        hidden = _hidden((self.latent + numbers, *self.widths), self.activation, self.norm)
        to_sample = he(nn.Linear(self.widths[-1], math.prod(spec.shape)), gain=1)
        return Draws(nn.Sequential(*hidden, to_sample, Shape(*spec.shape)), spec.spans, numbers)


class MlpDiscriminator(Discriminator):
    """Sample -> hidden layers -> logit, after Goodfellow et al. (2014)."""

    name: Literal["mlp"] = "mlp"
    widths: Widths = (256,)
    """Units of each hidden layer, from the sample to the logit."""
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"
    """After each hidden layer; the leaky slope is 0.2."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the hidden units dropped while training."""
    moves: float = Field(default=0.0, ge=0)
    """Times as large as they are, at which moves along the last axis are shown beside the values; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        asked = Asked.of(spec, self.condition, self.name)
        shown = [Moves(self.moves)] if self.moves else []
        inputs = asked.channels * math.prod(spec.axes) * (1 + len(shown))
        hidden = _hidden((inputs, *self.widths), self.activation, dropout=self.dropout)
        to_logit = he(nn.Linear(self.widths[-1], asked.outputs), gain=1)
        return Judges(nn.Sequential(*shown, nn.Flatten(), *hidden, to_logit), asked)


def _hidden(widths: Sequence[int], activation: str, norm: str = "none", dropout: float = 0.0) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers.append(he(nn.Linear(inputs, outputs), slope=LEAK if activation == "leaky_relu" else 0))
        if norm == "batch":
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.LeakyReLU(LEAK) if activation == "leaky_relu" else nn.ReLU())
        if dropout:
            layers.append(nn.Dropout(dropout))
    return layers
