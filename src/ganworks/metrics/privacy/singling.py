"""Singling out: does a statement that samples suggest hold for exactly one person in the data?

An attacker writes predicates from generated rows, hoping that each is true of one training record alone. Some will be
by luck, as of held-out records; what is above that is what the samples gave away. Giomi et al. (2022).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .rows import Rows
from .shares import Risk, Share, counted, risk

Operator = Literal["=", "<=", ">=", "missing"]
TRIES = 20
"""Predicates that are thought of for each one that is wanted."""
WIDEST = 6
"""Columns that one predicate speaks of, at most."""


class Part(NamedTuple):
    """What a predicate says of one column."""

    column: int
    operator: Operator
    value: float

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Of each row (N, columns), whether it is so; of a missing value nothing but that is."""
        return OPERATORS[self.operator](rows[:, self.column], self.value)


Predicate = tuple[Part, ...]


class Singled(NamedTuple):
    """How many predicates single out one record."""

    risk: Risk
    chance: Share
    """The same by predicates of random values: an attack that does no better is too weak to say anything."""


def matches(predicate: Predicate, rows: Rows) -> int:
    """How many rows (N, columns) a predicate holds for."""
    held = np.ones(len(rows), bool)
    for part in predicate:
        held &= part.holds(rows)
    return int(held.sum())


def singled_out(
    predicates: list[Predicate], chance: list[Predicate], train: Rows, control: Rows, confidence: float = 0.95
) -> Singled | None:
    """Judge predicates on training and control records, of which as many are used. None without any predicate."""
    if not predicates or not chance:
        return None
    count = min(len(train), len(control))

    def alone(some: list[Predicate], rows: Rows) -> Share:
        return counted(sum(matches(each, rows[:count]) == 1 for each in some), len(some), confidence)

    against = risk(alone(predicates, train), alone(predicates, control), confidence)
    return Singled(against, alone(chance, train))


def univariate(fake: Rows, numbers: list[bool], count: int, seed: int = 0) -> list[Predicate]:
    """Statements about one column: its two ends in generated rows (M, columns), and values that one row alone has."""
    rng = np.random.default_rng(seed)
    found: list[Predicate] = []
    for column, number in enumerate(numbers):
        values, counts = np.unique(fake[~np.isnan(fake[:, column]), column], return_counts=True)
        if number and len(values):
            found += [(Part(column, "<=", float(values[0])),), (Part(column, ">=", float(values[-1])),)]
        found += [(Part(column, "=", float(each)),) for each in values[counts == 1]]
        if int(np.isnan(fake[:, column]).sum()) == 1:
            found.append((Part(column, "missing", 0.0),))
    chosen = rng.permutation(len(found))
    kept = (found[i] for i in chosen)
    return [each for each in kept if matches(each, fake) == 1][:count]


def multivariate(fake: Rows, numbers: list[bool], count: int, seed: int = 0) -> list[Predicate]:
    """Statements about two to WIDEST columns of a generated row, that hold for that one of the generated rows alone."""
    rng = np.random.default_rng(seed)
    width = min(WIDEST, len(numbers))
    if width < 2:
        return []
    medians = _medians(fake)
    found: dict[Predicate, None] = {}
    for _ in range(TRIES * count):
        row = fake[rng.integers(len(fake))]
        columns = np.sort(rng.choice(len(numbers), rng.integers(2, width + 1), replace=False))
        predicate = tuple(_part(int(each), row[each], numbers[each], medians[each]) for each in columns)
        if predicate not in found and matches(predicate, fake) == 1:
            found[predicate] = None
        if len(found) == count:
            break
    return list(found)


def by_chance(fake: Rows, numbers: list[bool], count: int, widths: tuple[int, int], seed: int = 0) -> list[Predicate]:
    """Statements of random values between the ends of columns, about so many of them, at least and at most."""
    rng = np.random.default_rng(seed)
    usable = [i for i in range(len(numbers)) if not np.isnan(fake[:, i]).all()]
    if not usable:
        return []
    low, high = np.nanmin(fake[:, usable], 0), np.nanmax(fake[:, usable], 0)
    found: list[Predicate] = []
    for _ in range(count):
        width = min(int(rng.integers(widths[0], widths[1] + 1)), len(usable))
        parts = []
        for place in np.sort(rng.choice(len(usable), width, replace=False)):
            column = usable[place]
            if numbers[column]:
                operator: Operator = "<=" if rng.random() < 0.5 else ">="
                parts.append(Part(column, operator, float(rng.uniform(low[place], high[place]))))
            else:
                there = np.unique(fake[~np.isnan(fake[:, column]), column])
                parts.append(Part(column, "=", float(rng.choice(there))))
        found.append(tuple(parts))
    return found


def _medians(rows: Rows) -> Rows:
    return np.array([np.median(each[~np.isnan(each)]) if (~np.isnan(each)).any() else np.nan for each in rows.T])


def _part(column: int, value: float, number: bool, median: float) -> Part:
    """What a row says of a column; of numbers that they are at least as far out, away from the median."""
    if np.isnan(value):
        return Part(column, "missing", 0.0)
    if not number:
        return Part(column, "=", float(value))
    return Part(column, ">=" if value > median else "<=", float(value))


OPERATORS: dict[Operator, Callable[[Rows, float], npt.NDArray[np.bool_]]] = {
    "=": lambda column, value: column == value,
    "<=": lambda column, value: column <= value,
    ">=": lambda column, value: column >= value,
    "missing": lambda column, value: np.isnan(column),
}
