"""The contract every part agrees on: a sample is channels over zero to three axes.

row, point  (C,)          sound, text, series  (C, T)
picture, level  (C, H, W)     clip, volume  (C, T, H, W)
"""

from typing import Literal, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from .settings import Settings

END, UNKNOWN = 0, 1
"""Of a softmax over tokens: the channel that ends a sequence, and keeps to its last step; and the one for tokens that
the vocabulary lacks, which no generator draws."""


class Span(Settings):
    """A run of consecutive channels and the activation a generator must give them."""

    channels: int = Field(gt=0)
    kind: Literal["linear", "tanh", "sigmoid", "softmax"]
    by_lot: bool = True
    """Of a softmax: whether a channel is drawn with its probability, as a table's cells have to be, or the likeliest
    wins, so that the latent alone decides and neighbours agree, as a level's tiles have to."""
    right: tuple[str, ...] = ()
    """Of a softmax over cells of a grid: for each channel a row of 0 and 1, which channels the data has to its right;
    empty where that is not known."""
    below: tuple[str, ...] = ()
    """The same of what stands below it."""
    words: tuple[str, ...] = ()
    """Of a softmax over tokens that a reward reads: what each channel spells."""
    tokens: int = 0
    """Of a linear span in a condition: its numbers are tokens out of so many, and tell another sequence."""


class Spec(Settings):
    """A domain's whole promise to a network: what one encoded sample looks like, and what it is conditioned on."""

    shape: tuple[int, ...] = Field(min_length=1, max_length=4)
    """Channels, then the axes."""
    spans: tuple[Span, ...]
    condition: "Spec | None" = None
    """A condition is a sample too: a class, a row, a picture."""
    guess: "Spec | None" = None
    """What a discriminator has to recognise beside telling real from fake: the class, the codes in a latent."""

    @model_validator(mode="after")
    def _spans_cover_the_channels(self) -> Self:
        total = sum(span.channels for span in self.spans)
        if total != self.channels:
            raise ValueError(f"spans cover {total} channels but shape {self.shape} has {self.channels}")
        return self

    @property
    def channels(self) -> int:
        return self.shape[0]

    @property
    def axes(self) -> tuple[int, ...]:
        return self.shape[1:]


class Batch(NamedTuple):
    """Encoded samples x (B, *spec.shape) and their conditions c (B, *spec.condition.shape), if any."""

    x: Tensor
    c: Tensor | None = None

    def split(self, size: int | None) -> "list[Batch]":
        """Parts of at most `size` samples; the whole when size is None."""
        size = size or len(self.x)
        xs = torch.split(self.x, size)
        cs = torch.split(self.c, size) if self.c is not None else (None,) * len(xs)
        return [Batch(x, c) for x, c in zip(xs, cs, strict=True)]
