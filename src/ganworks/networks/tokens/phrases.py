"""The reader: convolutions over phrases of embedded tokens, the most striking of each kind, a logit."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...search import Search
from ...spec import Spec
from ..base import Discriminator
from ..conditions import Asked
from ..layers import LEAK, Judges, MinibatchStd, he, normal
from .writer import BESIDE, Given, need_tokens


class PhrasesDiscriminator(Discriminator):
    """Phrases of two to five tokens, each kind by its strongest place in the line. Kim (2014).

    The embedding is linear in the sample, so a generator's shares of tokens are judged as tokens are.
    """

    name: Literal["phrases"] = "phrases"
    embedding: int = Field(default=64, gt=0)
    """Numbers of a token."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=64, gt=0)
    """Kinds of phrases of each length."""
    phrases: Annotated[tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1)] = (2, 3, 4, 5)
    """Lengths of phrases, in tokens."""
    hidden: int = Field(default=128, gt=0)
    """Units of the dense layer before the logit."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the phrases dropped while training."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples whose differences are shown beside, against lines that are all alike; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        tokens, steps = need_tokens(spec, self.name)
        given = Given.of(spec, self.embedding, self.name)
        if given.tokens:  # another line is read before it is compared: a projection knows rows only
            return _Following(_Phrases(self, tokens, steps, 1 + BESIDE), given)
        asked = Asked.of(spec, "none" if self.condition == "none" else "projection", self.name)
        return Judges(_Phrases(self, tokens, steps, asked.outputs), asked)


class _Phrases(nn.Module):
    """x (B, V, T) -> (B, outputs)."""

    def __init__(self, settings: PhrasesDiscriminator, tokens: int, steps: int, outputs: int):
        super().__init__()
        self.embed = normal(nn.Linear(tokens, settings.embedding, bias=False), settings.embedding**-0.5)
        lengths = [min(each, steps) for each in settings.phrases]
        self.kinds = nn.ModuleList(
            he(nn.Conv1d(settings.embedding, settings.width, each, padding=each // 2)) for each in lengths
        )
        self.drop = nn.Dropout(settings.dropout)
        features = settings.width * len(lengths)
        self.std = MinibatchStd(settings.minibatch_std) if settings.minibatch_std else None
        self.dense = he(nn.Linear(features + (self.std is not None), settings.hidden))
        self.last = he(nn.Linear(settings.hidden, outputs), gain=1)
        self.rectify = nn.LeakyReLU(LEAK)

    def forward(self, x: Tensor) -> Tensor:
        shown = self.embed(x.transpose(1, 2)).transpose(1, 2)
        found = torch.cat([self.rectify(kind(shown)).amax(2) for kind in self.kinds], dim=1)
        found = self.drop(found)
        found = found if self.std is None else self.std(found)
        logits: Tensor = self.last(self.rectify(self.dense(found)))
        return logits


class _Following(nn.Module):
    """Judges a line as what follows another, c (B, T) of token numbers."""

    def __init__(self, body: nn.Module, given: Given):
        super().__init__()
        self.body, self.given = body, given

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        found: Tensor = self.body(x)
        if c is None:
            return found[:, :1]
        return found[:, :1] + (found[:, 1:] * functional.normalize(self.given(c), dim=1)).sum(1, keepdim=True)
