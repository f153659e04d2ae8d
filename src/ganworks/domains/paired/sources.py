"""Two tables of pictures read as one: rows that belong together, or rows drawn from each on their own."""

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..base import Fetched, Indices, Order, Raw, Source, Stored

Rows = npt.NDArray[np.uint8]


class Joined:
    """Looks like one array of bytes (N, input + target), where two arrays (N, H, W, C) lie on disk."""

    dtype = np.dtype(np.uint8)

    def __init__(self, inputs: Raw, targets: Raw):
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: Any) -> Rows:
        return joined(self.inputs[rows], self.targets[rows])


def joined(inputs: Raw, targets: Raw) -> Rows:
    """Pixels (B, H, W, C) of each -> their bytes (B, N), of 16-bit numbers the low one first."""
    return np.concatenate([_bytes(inputs), _bytes(targets)], axis=1)


def paired(inputs: Raw, targets: Raw, rows: Indices) -> Stored:
    """Row i of one with row i of the other; a `Stored`, so that a device can hold all of it."""
    return Stored(cast(Raw, Joined(inputs, targets)), rows)


class Unrelated(Source):
    """Any input with any target: record `a * targets + b` is the a-th of the one and the b-th of the other."""

    def __init__(self, inputs: Stored, targets: Stored):
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        """What an epoch shows: every picture of the larger side once. None when a side is empty."""
        count = max(len(self.inputs), len(self.targets))
        return count if len(self.inputs) and len(self.targets) else 0

    def fetch(self, indices: Indices) -> Fetched:
        a, b = np.divmod(indices, max(1, len(self.targets)))
        return Fetched(joined(self.inputs.fetch(a).x, self.targets.fetch(b).x))

    def order(self, seed: int) -> Order:
        """Two orders that know nothing of each other; the smaller side comes round again, shuffled anew."""
        ways = [np.random.default_rng([seed, side]) for side in range(2)]
        a, b = (_rounds(way, len(side), len(self)) for way, side in zip(ways, (self.inputs, self.targets), strict=True))
        return a * len(self.targets) + b

    def spread(self, count: int) -> Indices:
        count = min(count, len(self))
        a, b = self.inputs.spread(count), self.targets.spread(count)
        return np.resize(a, count) * len(self.targets) + np.resize(b, count)


def _rounds(rng: np.random.Generator, count: int, wanted: int) -> Indices:
    if not count:
        return np.zeros(0, np.int64)
    rounds = [rng.permutation(count) for _ in range(-(-wanted // count))]
    return np.concatenate(rounds or [np.zeros(0, np.int64)])[:wanted]


def _bytes(pixels: Raw) -> Rows:
    small_first = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return small_first.reshape(len(pixels), math.prod(pixels.shape[1:])).view(np.uint8)
