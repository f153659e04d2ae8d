"""Poisson sampling, and the secret numbers it and the noise are made of."""

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..domains import Codec, Source
from ..domains.base import Indices, Stored
from ..spec import Batch
from .feed import Feed
from .processes import together

SUMMED = 4
"""Normal numbers that are added up for each one that is used: floating point has gaps that would give single ones away
(Mironov, 2012), and of a sum of four from different pairs they do not (Holohan & Braghin, 2021)."""


class Stream:
    """Random numbers that follow from a key, a label and a turn, and that nobody finds out without the key.

    SHAKE-128 over all three: the same turn again gives the same numbers, so that a run that is played again from a
    checkpoint makes the same moves and tells nothing new.
    """

    def __init__(self, key: bytes):
        self._key = key

    def whole(self, label: str, turn: int, count: int) -> npt.NDArray[np.uint64]:
        """Whole numbers of 64 bits, (count,)."""
        digest = hashlib.shake_128(b"%s|%s|%d" % (self._key, label.encode(), turn)).digest(8 * count)
        return np.frombuffer(digest, "<u8")

    def normal(self, label: str, turn: int, count: int) -> npt.NDArray[np.float64]:
        """Standard normal numbers, (count,): sums of SUMMED by Box & Muller (1958)."""
        half = -(-count // 2)
        whole = self.whole(label, turn, 2 * SUMMED * half)
        uniform = (((whole >> np.uint64(11)) + np.uint64(1)) * 2.0**-53).reshape(2, SUMMED, half)
        length, angle = np.sqrt(-2 * np.log(uniform[0])), 2 * math.pi * uniform[1]
        pairs = np.concatenate([length * np.cos(angle), length * np.sin(angle)], axis=1)
        found: npt.NDArray[np.float64] = pairs.sum(0)[:count] / math.sqrt(SUMMED)
        return found

    def seed(self, label: str, turn: int) -> int:
        """A seed of 63 bits."""
        return int(self.whole(label, turn, 1)[0]) >> 1


class PoissonFeed(Iterator[Batch]):
    """Each turn draws every record by itself with one chance, `batch` over the number of records: batches differ in
    size and may be empty. `position`, the turns drawn so far, is the whole state."""

    def __init__(self, source: Source, codec: Codec, batch: int, device: torch.device, stream: Stream):
        self.source, self.batch, self.stream = source, batch, stream
        self.rate = batch / len(source)
        self.position = 0
        self.retry = 0
        self.part: int | None = None
        self._reader = Feed(source, codec, batch, device, 0)

    def __next__(self) -> Batch:
        rows = self.drawn(self.position)
        self.position += 1
        if len(rows):
            return self._reader.at(rows)
        one: Any = self._reader.at(np.zeros(1, np.int64))  # an empty batch, of the shape and type of a full one
        return Batch(one.x[:0], None if one.c is None else one.c[:0])

    def drawn(self, turn: int) -> Indices:
        """The records of a turn."""
        numbers = self.stream.whole("records", turn, len(self.source))
        rows: Indices = np.flatnonzero(numbers < np.uint64(int(self.rate * 2**64))).astype(np.int64)
        return rows

    def prepare(self, batches: int) -> None:
        """Wait until the records of the next batches are at hand. Raises DataError."""
        if isinstance(self.source, Stored):
            return

        def wait() -> None:
            for i in range(batches):
                self.source.prepare(self.drawn(self.position + i))

        together(wait)

    def not_finite(self, batches: int) -> list[int]:
        """None: which record broke a private run is not for telling."""
        return []
