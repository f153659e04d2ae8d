"""The trivial rival of a level generator: columns that follow each other as they do in the data."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Codes = npt.NDArray[np.uint8]
Counted = tuple[list[bytes], npt.NDArray[np.float64]]


class ColumnChain:
    """First columns as often as levels begin with them, then each next one as often as it followed. Order 1."""

    def __init__(self, height: int, width: int, first: Counted, after: Mapping[bytes, Counted]):
        self.height, self.width, self.first, self.after = height, width, first, after

    @classmethod
    def of(cls, train: Codes) -> Self:
        """Learnt from levels (N, H, W). Raises DataError when there are none."""
        if not len(train):
            raise DataError("a chain of columns needs levels to learn from, got none")
        columns = np.ascontiguousarray(train.transpose(0, 2, 1))
        rows = [[column.tobytes() for column in level] for level in columns]
        after: dict[bytes, dict[bytes, int]] = {}
        first: dict[bytes, int] = {}
        for row in rows:
            first[row[0]] = first.get(row[0], 0) + 1
            for one, other in pairwise(row):
                follows = after.setdefault(one, {})
                follows[other] = follows.get(other, 0) + 1
        return cls(
            train.shape[1], train.shape[2], _counted(first), {each: _counted(found) for each, found in after.items()}
        )

    def draw(self, count: int, seed: int) -> Codes:
        """Levels (count, H, W). A column that nothing ever followed is followed by a first one."""
        random = np.random.default_rng(seed)
        levels = np.empty((count, self.width, self.height), np.uint8)
        for level in levels:
            column = _one(self.first, random)
            for i in range(self.width):
                level[i] = np.frombuffer(column, np.uint8)
                column = _one(self.after.get(column, self.first), random)
        return levels.transpose(0, 2, 1)


def _counted(found: Mapping[bytes, int]) -> Counted:
    counts = np.array(list(found.values()), np.float64)
    return list(found), counts.cumsum() / counts.sum()


def _one(counted: Counted, random: np.random.Generator) -> bytes:
    columns, cumulative = counted
    return columns[min(int(np.searchsorted(cumulative, random.random(), side="right")), len(columns) - 1)]
