"""Every number about one set of rows, and how sure it is."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from ...metrics.intervals import LEAST, interval
from ...metrics.tables import (
    Rows,
    Shapes,
    Task,
    Trends,
    boosted_detection,
    column_shapes,
    logistic_detection,
    new_rows,
    pair_trends,
    train_on_synthetic,
)
from ...metrics.tables.detection import FOLDS
from .rivals import Held, Set

Numbers = dict[str, float]
SHAPES, MISSING, PAIRS = "column shapes", "missing values", "pair trends"
LOGISTIC, BOOSTED = "logistic detection", "boosted detection"
EXACT, NEAR = "exact copies", "near copies"


class Score(NamedTuple):
    close: Numbers
    """How close the rows are to real ones, and how many there are already."""
    useful: Numbers
    """What is learnt from them; empty where that was not asked."""
    shapes: Shapes
    trends: Trends


class Sure(NamedTuple):
    """A number, with its interval over regenerations where there are some."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ± {(self.high - self.low) / 2:.3f}"


def score(held: Held, each: Set, task: Task | None, learn: bool, seed: int) -> Score:
    """Measure one set. `task` is learnt from its lesson and tested on the held-out rows; None for no such thing."""
    kinds = held.kinds
    shapes = column_shapes(each.real, each.rows, kinds)
    trends = pair_trends(each.real, each.rows, kinds)
    close = {SHAPES: shapes.mean}
    if np.isfinite(trends.mean):
        close[PAIRS] = trends.mean
    if np.isnan(held.train).any() or np.isnan(each.rows).any():
        close[MISSING] = float(np.mean(shapes.missing))
    if min(len(each.real), len(each.rows)) >= 2 * FOLDS:
        close[LOGISTIC] = logistic_detection(each.real, each.rows, kinds, seed)
        if learn:
            close[BOOSTED] = boosted_detection(each.real, each.rows, kinds, seed)
    if learn:
        copies = new_rows(each.train, each.rows, kinds)
        close |= {EXACT: copies.exact, NEAR: copies.near}
    useful: Numbers = {}
    if learn and task is not None and len(each.lesson):
        useful = train_on_synthetic(each.lesson, held.held_out, kinds, task.target, seed, task)
    return Score(close, useful, shapes, trends)


class Scores(NamedTuple):
    """One set of rows, drawn with several seeds."""

    close: dict[str, Sure]
    useful: dict[str, Sure]
    shapes: Rows
    """Mean of each column."""
    missing: Rows
    trends: Rows
    """Mean of each pair, (columns, columns)."""

    @classmethod
    def of(cls, found: Sequence[Score]) -> Self:
        close, useful = sure([each.close for each in found]), sure([each.useful for each in found])
        shapes, missing = (np.mean([each.shapes[k] for each in found], 0) for k in (0, 1))
        return cls(close, useful, shapes, missing, np.mean([each.trends.pairs for each in found], 0))


def sure(found: Sequence[Numbers]) -> dict[str, Sure]:
    """Means over regenerations, with Student's interval from LEAST of them on."""
    found = [each for each in found if each]
    names = [name for name in found[0] if all(name in each for each in found)] if found else []
    values = {name: [each[name] for each in found] for name in names}
    if len(found) < LEAST:
        return {name: Sure(sum(each) / len(each)) for name, each in values.items()}
    return {name: Sure(*interval(each)) for name, each in values.items()}
