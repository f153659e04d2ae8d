"""Several grey pictures as the channels of one: a data set whose number of modes is known."""

import itertools

import numpy as np
import numpy.typing as npt

from ..base import Fetched, Indices, Source

STANDS_FOR = 10_000
"""Records that stand for an endless source in reports, where it has fewer of its own."""
_MOST_CLASSES = 100_000


class Stacked(Source):
    """Record i has as channels `stack` records of `base`, drawn by a hash of (seed, i) alone.

    Its label is the number whose digits, the first channel's first, are their labels: with ten classes and three
    channels 0 to 999. Source: the stacked digits of Metz et al. (2017), section 3.3.
    """

    endless = True

    def __init__(self, base: Source, stack: int, classes: int, seed: int):
        self.base, self.stack, self.classes, self.seed = base, stack, classes, seed

    def __len__(self) -> int:
        return max(len(self.base), STANDS_FOR) if len(self.base) else 0

    def fetch(self, indices: Indices) -> Fetched:
        drawn = [mixed(indices, self.seed, channel) for channel in range(self.stack)]
        span = np.uint64(1 << 40 if self.base.endless else len(self.base))
        parts = [self.base.fetch((each % span).astype(np.int64)) for each in drawn]
        x = np.concatenate([part.x for part in parts], axis=-1)
        labels = np.zeros(len(indices), np.int64)
        for part in parts:
            if part.labels is None or self.classes**self.stack > _MOST_CLASSES:
                return Fetched(x)
            labels = labels * self.classes + part.labels
        return Fetched(x, labels)


def stacked_classes(classes: tuple[str, ...], stack: int) -> tuple[str, ...]:
    """Names by label, the first channel's class first; none when there would be too many."""
    if not classes or len(classes) ** stack > _MOST_CLASSES:
        return ()
    between = "" if all(len(name) == 1 for name in classes) else "-"
    return tuple(between.join(names) for names in itertools.product(classes, repeat=stack))


def mixed(indices: Indices, seed: int, stream: int) -> npt.NDArray[np.uint64]:
    """A well-spread 64-bit number for each index, seed and stream: two rounds of splitmix64, Steele et al. (2014)."""
    state = np.asarray(indices).astype(np.uint64)
    for salt in (seed, stream):
        state = state + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state
