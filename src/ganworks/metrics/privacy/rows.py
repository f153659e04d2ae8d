"""Rows of a table as points: differences between columns of any kind on one scale, so that rows have a distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Rows = npt.NDArray[np.float64]
"""(N, columns): numbers as they are, categories by their number, NaN where a value is missing."""

KNOWN = 100
"""Categories of a column that are told apart; the rest fall into a few heaps."""
HEAPS = 20
HALF = 2**-0.5
"""Two different categories are at distance 1, as the two ends of a number are."""


@dataclass(frozen=True)
class Column:
    """How one column of rows becomes features."""

    number: bool
    values: Rows
    """Of a number, sorted: what places are counted in; of a category, the numbers of those that are told apart."""
    heaps: int = 1
    """That other categories fall into."""

    def features(self, column: Rows) -> Rows:
        """(N,) -> (N, features): the share of values below, or one of so many; a last one says that it is missing."""
        missing = np.isnan(column)
        if self.number:
            # Half way through equal ones: places do not depend on how far out a few large numbers lie.
            low, high = (np.searchsorted(self.values, column, side) for side in ("left", "right"))
            places = (low + high) / (2 * max(1, len(self.values)))
            return np.stack([np.where(missing, 0.5, places), missing], 1).astype(np.float64)
        code = np.where(missing, -1, column).astype(np.int64)
        place = np.searchsorted(self.values, code).clip(max=max(0, len(self.values) - 1))
        known = np.zeros(len(code), bool) if not len(self.values) else self.values[place] == code
        place = np.where(known, place, len(self.values) + code % self.heaps)
        found = np.zeros((len(code), len(self.values) + self.heaps + 1))
        found[np.arange(len(code)), np.where(missing, len(self.values) + self.heaps, place)] = HALF
        return found


@dataclass(frozen=True)
class Places:
    """What turns rows into points. Euclidean distances of points are root sums of columns' differences, 0..1 each."""

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, rows: Rows, numbers: Sequence[bool]) -> "Places":
        """Learnt from rows (N, columns) in which members and others stand alike, so that the scale favours neither."""
        return cls(tuple(_column(rows[:, i], number) for i, number in enumerate(numbers)))

    def blocks(self, rows: Rows) -> list[Tensor]:
        """Features of each column, (N, f) a column."""
        return [torch.from_numpy(each.features(rows[:, i])) for i, each in enumerate(self.columns)]

    def features(self, rows: Rows) -> Tensor:
        """(N, F), all columns side by side."""
        return torch.cat(self.blocks(rows), 1)


def _column(column: Rows, number: bool) -> Column:
    there = column[~np.isnan(column)]
    if number:
        return Column(True, np.sort(there))
    codes, counts = np.unique(there, return_counts=True)
    known = np.sort(codes[np.argsort(-counts, kind="stable")[:KNOWN]])
    return Column(False, known, HEAPS if len(codes) > KNOWN else 1)
