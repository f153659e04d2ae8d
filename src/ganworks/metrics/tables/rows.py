"""Raw rows of a table, checked once, and the matrices that classifiers learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Rows = npt.NDArray[np.float64]
"""(N, columns): numbers as they are, categories as codes 0, 1, ..., NaN where a value is missing."""
Kind = Literal["number", "category"]
Kinds = Sequence[Kind]
MOST_CATEGORIES = 254
"""Categories of a column that a classifier tells apart, the most frequent first; boosted trees take no more."""


def checked(rows: npt.NDArray[np.generic], kinds: Kinds, what: str, least: int = 1) -> Rows:
    """Rows (N, columns) in float64. `what` names them in a message, such as "real" or "generated".

    Raises DataError below `least` rows, when there are not as many columns as kinds, and at an infinite number.
    """
    found = np.asarray(rows, np.float64)
    if found.ndim != 2 or found.shape[1] != len(kinds) or not kinds:
        raise DataError(f"{what} rows must be a table of {len(kinds)} columns, got shape {found.shape}")
    if len(found) < least:
        raise DataError(f"{what} rows: at least {least} are needed, got {len(found)}; use more rows")
    endless = np.isinf(found).any(0)
    if endless.any():
        raise DataError(f"{what} rows: column {int(endless.argmax()) + 1} holds infinite numbers; leave those rows out")
    return found


def present(column: Rows) -> Rows:
    """The values of a column (N,) that are there."""
    return column[~np.isnan(column)]


def some(rows: Rows, most: int, seed: int) -> Rows:
    """At most `most` rows, drawn without replacement; all of them as they stand where there are no more."""
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]


@dataclass(frozen=True)
class Column:
    """What one column becomes: a place for each category, or one number in deviations from the mean."""

    categories: Rows | None
    """The known codes (K,), most frequent first; None for a number."""
    mean: float
    deviation: float
    gaps: bool
    """Whether values are missing, so that one more place says where."""

    @classmethod
    def of(cls, column: Rows, kind: Kind) -> Self:
        values, gaps = present(column), bool(np.isnan(column).any())
        if kind == "category":
            codes, counts = np.unique(values, return_counts=True)
            return cls(codes[np.argsort(-counts, kind="stable")][:MOST_CATEGORIES], 0.0, 1.0, gaps)
        mean, deviation = (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)
        return cls(None, mean, deviation if deviation > 1e-12 * (1 + abs(mean)) else 1.0, gaps)

    def codes(self, column: Rows) -> Rows:
        """Rank of each category by frequency (N,), NaN where it is missing or not known."""
        if self.categories is None or not len(self.categories):
            return np.full(len(column), np.nan)
        order = np.argsort(self.categories)
        place = np.searchsorted(self.categories, column, sorter=order).clip(max=len(order) - 1)
        rank = order[place]
        return np.where(self.categories[rank] == column, rank, np.nan)

    def places(self, column: Rows) -> Rows:
        """(N, F): one place a category, or the number; and the gap's own place."""
        missing = np.isnan(column)
        if self.categories is not None:
            body = (self.codes(column)[:, None] == np.arange(len(self.categories))).astype(np.float64)
        else:
            body = np.where(missing, 0.0, (column - self.mean) / self.deviation)[:, None]
        return np.hstack([body, missing[:, None]]) if self.gaps else body


@dataclass(frozen=True)
class Coding:
    """How rows become matrices; learnt from the rows that a classifier is trained on, and from no others.

    Numbers are standardised, categories take one place each, missing numbers the mean and a place that says so.
    """

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, rows: Rows, kinds: Kinds) -> Self:
        return cls(tuple(Column.of(rows[:, i], kind) for i, kind in enumerate(kinds)))

    def matrix(self, rows: Rows) -> npt.NDArray[np.float32]:
        """(N, F), for linear models and networks."""
        parts = [column.places(rows[:, i]) for i, column in enumerate(self.columns)]
        return np.hstack(parts).astype(np.float32)

    def ranks(self, rows: Rows) -> Rows:
        """(N, columns): numbers as they are and categories as ranks, for trees that take both and missing values."""
        parts = [
            rows[:, i] if each.categories is None else each.codes(rows[:, i]) for i, each in enumerate(self.columns)
        ]
        return np.stack(parts, 1)

    @property
    def ranked(self) -> list[bool]:
        """Which columns of `ranks` are categories."""
        return [each.categories is not None for each in self.columns]
