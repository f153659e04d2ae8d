"""Counted: lines as a judgement sees them: how often tokens and pairs of neighbours stand in each, in a few numbers."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...settings import ConfigError
from ...spec import Batch, Span, Spec
from ..base import Codec, Raw

BUCKETS = 128
"""Numbers for tokens, and as many for pairs: several share one, at random and for good."""
_PRIMES = 2_654_435_761, 40_503, 2_246_822_519


class Counted(Codec):
    """Token numbers (B, T) -> (B, 2 x BUCKETS + 1): counts of hashed tokens and pairs, and the length."""

    length: int

    @property
    def spec(self) -> Spec:
        count = 2 * BUCKETS + 1
        return Spec(shape=(count,), spans=(Span(channels=count, kind="linear"),))

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        numbers = x.long()
        there = (numbers >= 0).float()
        pair = there[:, 1:] * there[:, :-1]
        single = (numbers * _PRIMES[0] >> 7) % BUCKETS
        both = ((numbers[:, :-1] * _PRIMES[1] + numbers[:, 1:]) * _PRIMES[2] >> 9) % BUCKETS
        counts = torch.zeros(len(numbers), 2 * BUCKETS + 1)
        counts.scatter_add_(1, single, there)
        counts.scatter_add_(1, both + BUCKETS, pair)
        counts[:, -1] = there.sum(1) / self.length
        return Batch(counts)

    def decode(self, x: Tensor) -> Raw:
        raise ConfigError("counts of tokens spell no line")

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        raise ConfigError("counts of tokens spell no line")

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        raise ConfigError("counts of tokens spell no line")
