"""Sets of rows that are measured like generated ones: real rows, copied rows, and rows drawn without a network."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...metrics.tables import GaussianCopula, IndependentColumns, Kind, Rows, Task, task_of
from ...metrics.tables.rows import present, some
from ...settings import DataError

FEW_CATEGORIES = 20
"""A target that nobody named is the last column with no more categories than this."""
SHORT_LESSON = 5_000
"""Rows that are learnt from again for every seed."""
ALONE, TIED = "independent columns", "Gaussian copula"
Draw = Callable[[int, int], Rows]
"""Count, seed -> generated rows."""


class Held(NamedTuple):
    """Real rows, and what is known of their columns."""

    names: Sequence[str]
    kinds: Sequence[Kind]
    train: Rows
    held_out: Rows


class Set(NamedTuple):
    """One set of rows to be measured."""

    rows: Rows
    """(size, columns), held against `real`."""
    real: Rows
    train: Rows
    """In which copies are looked for."""
    lesson: Rows
    """What a model learns from that is then tested on held-out rows; none where that would be nothing new."""


class Rival(NamedTuple):
    name: str
    line: str
    drawn: Callable[[int], Set]
    """Seed -> a set; a lesson comes with the first seed, and with others where it is short."""


def rivals(held: Held, real: Rows, lesson: int) -> list[Rival]:
    """What generated rows are held against, each as many as `real`, and as many as `lesson` to learn from."""
    size = len(real)
    alone, tied = (each.fit(held.train, held.kinds) for each in (IndependentColumns, GaussianCopula))

    def taught(seed: int) -> int:
        return lesson if seed == 0 or lesson <= SHORT_LESSON else 0

    def drawn(model: IndependentColumns | GaussianCopula, seed: int) -> Set:
        rows = model.draw(max(size, taught(seed)), seed)
        return Set(rows[:size], real, held.train, rows[: taught(seed)])

    def copied(seed: int) -> Set:
        return Set(some(held.train, size, seed), real, held.train, some(held.train, taught(seed), seed))

    return [
        Rival("floor", FLOOR, lambda seed: _floor(held.train, size, seed)),
        Rival("copycat", COPYCAT, copied),
        Rival(ALONE, INDEPENDENT, lambda seed: drawn(alone, seed)),
        Rival(TIED, COPULA, lambda seed: drawn(tied, seed)),
    ]


def _floor(train: Rows, size: int, seed: int) -> Set:
    """Training rows against other training rows: the one real set that is large enough twice."""
    mixed = train[np.random.default_rng(seed).permutation(len(train))]
    size = min(size, len(train) // 2)
    return Set(mixed[:size], mixed[size : 2 * size], mixed[size:], mixed[:0])


def target_of(held: Held, wanted: str) -> Task:
    """What is to be predicted: the column of that name, else the last one with few categories, else the last.

    Raises DataError when there is no such column, or nothing to predict in it.
    """
    if wanted and wanted not in held.names:
        raise DataError(f"no column {wanted!r} to predict; choose domain.target among {', '.join(held.names)}")
    fit = [
        i
        for i, kind in enumerate(held.kinds)
        if kind == "category" and 2 <= len(np.unique(present(held.held_out[:, i]))) <= FEW_CATEGORIES
    ]
    target = list(held.names).index(wanted) if wanted else (fit or [len(held.names) - 1])[-1]
    return task_of(held.held_out, held.kinds, target)


FLOOR = "training rows against other training rows: the best anybody can reach"
COPYCAT = "training rows passed off as generated; what learns from them has learnt from real rows"
INDEPENDENT = "each column drawn on its own, without a network: a generator that does no better has learnt no table"
COPULA = "columns tied by the correlation of their ranks, without a network: what a generator has to beat"
