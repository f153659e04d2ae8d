"""The pair for rows of a table: each layer of the generator also sees all that entered; what was asked is kept."""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..spec import Span, Spec
from .base import Discriminator, Generator
from .conditions import Asked, ToDiscriminator, rows
from .layers import LEAK, Draws, Judges, Shape, he
from .perceptron import Widths


class TabularGenerator(Generator):
    """Latent and condition -> for each width [dense, normalisation, rectifier, beside what entered] -> one row.

    Xu et al. (2019), section 4.4, whose widths are (256, 256). A condition on columns (B, C + S) is the values of what
    is asked and a mask for each span.
    """

    name: Literal["tabular"] = "tabular"
    latent: int = Field(default=128, gt=0)
    """Length of the latent vector."""
    widths: Widths = (256, 256)
    """Units that each hidden layer adds."""
    norm: Literal["none", "batch"] = "batch"
    """Normalisation of the hidden layers."""
    activation: Literal["leaky_relu", "relu"] = "relu"
    """After each hidden layer; the leaky slope is 0.2."""
    temperature: float = Field(default=0.2, gt=0)
    """Of categories while training: near 0 they are nearly one-hot and their gradients noisy."""
    keep: bool = True
    """Asked columns stand in the row as they were asked; else the generator has to learn to repeat them."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        layers: list[nn.Module] = []
        entering = self.latent + numbers
        for width in self.widths:
            layers.append(Beside(self._layer(entering, width)))
            entering += width
        to_row = he(nn.Linear(entering, math.prod(spec.shape)), gain=1)
        body = nn.Sequential(*layers, to_row, Shape(*spec.shape))
        draws = Draws(body, spec.spans, numbers, self.temperature)
        return Keeps(draws, spec.spans) if self.keep and asks_for_columns(spec) else draws

    def _layer(self, inputs: int, outputs: int) -> nn.Sequential:
        leaky = self.activation == "leaky_relu"
        layers: list[nn.Module] = [he(nn.Linear(inputs, outputs), slope=LEAK if leaky else 0)]
        if self.norm == "batch":
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.LeakyReLU(LEAK) if leaky else nn.ReLU())
        return nn.Sequential(*layers)


class TabularDiscriminator(Discriminator):
    """Row, or pack of rows -> for each width [dense, leaky rectifier, dropout] -> logit. Xu et al. (2019), section
    4.4."""

    name: Literal["tabular"] = "tabular"
    condition: ToDiscriminator = "input"
    """How what was asked reaches the logit: beside the row, by a projection of the features, or not at all."""
    widths: Widths = (256, 256)
    """Units of each hidden layer."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Share of the hidden units dropped while training."""

    def build(self, spec: Spec) -> nn.Module:
        asked = Asked.of(spec, self.condition, self.name)
        layers: list[nn.Module] = [nn.Flatten()]
        entering = asked.channels * math.prod(spec.axes)
        for width in self.widths:
            layers += [he(nn.Linear(entering, width)), nn.LeakyReLU(LEAK)]
            if self.dropout:
                layers.append(nn.Dropout(self.dropout))
            entering = width
        return Judges(nn.Sequential(*layers, he(nn.Linear(entering, asked.outputs), gain=1)), asked)


class Beside(nn.Module):
    """What a layer makes of x, and x itself: (B, N) -> (B, M + N)."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.layer(x), x], dim=1)


class Keeps(nn.Module):
    """A generator of rows whose asked columns are what was asked: it draws the others, given those.

    z (B, L) and c (B, C + S), or both as one (B, L + C + S) -> x (B, C).
    """

    span: Tensor

    def __init__(self, draws: Draws, spans: tuple[Span, ...]):
        super().__init__()
        self.draws = draws
        widths = torch.tensor([each.channels for each in spans])
        channels = sum(each.channels for each in spans)  # said, so that it can be built without memory
        self.register_buffer("span", torch.repeat_interleave(widths, output_size=channels), persistent=False)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x: Tensor = self.draws(z, c)
        c = z[:, -self.draws.numbers :] if c is None else c
        channels = x.shape[1]
        return torch.where(c[:, channels:][:, self.span] > 0, c[:, :channels].to(x.dtype), x)


def asks_for_columns(spec: Spec) -> bool:
    """Whether the condition is what some columns should hold: as many values as there are channels, a mask a span."""
    return not spec.axes and spec.condition is not None and spec.condition.shape == (spec.channels + len(spec.spans),)
