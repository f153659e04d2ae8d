"""One row of the table: a set of levels, and what is measured of it."""

from typing import Any, NamedTuple

import numpy as np

from ...domains.base import Raw
from ...domains.grid import Checker
from ...domains.grid.rules import REACH
from ...metrics.grids import copies, pattern_divergence

SIDES = (2, 4)
"""Of the patterns that are counted."""


class Measured(NamedTuple):
    """What is known of a set of levels; shares from 0 to 1, None where nothing can be said."""

    playable: float | None
    misplaced: float | None
    """Levels with a tile beside one that it must not stand beside."""
    broken: float | None
    """Levels that break any rule."""
    unique: float
    exact: float
    nearest: float
    patterns: tuple[float, ...]
    """Divergence of the patterns of each side."""


def measured(levels: Raw, train: Raw, checker: Checker | None, among_itself: bool = False) -> Measured:
    """Levels (M, H, W) held against training levels (N, H, W); `among_itself` when they are some of those."""
    playable = misplaced = broken = None
    if checker is not None:
        found = checker.broken(levels)
        if REACH in found.rules:
            playable = 1 - float(found.table[:, found.rules.index(REACH)].mean())
        if checker.rules.adjacent:
            misplaced = float(checker.misplaced(levels).any(axis=(1, 2)).mean())
        broken = float(found.any.mean())
    repeated = copies(train, levels, most=300)
    sides = [side for side in SIDES if side <= min(levels.shape[1:])]
    return Measured(
        playable, misplaced, broken, repeated.unique, 1.0 if among_itself else repeated.exact, repeated.nearest,
        tuple(pattern_divergence(train, levels, side) for side in sides),
    )  # fmt: skip


def mean(several: list[Measured]) -> Measured:
    """Of regenerations."""
    return Measured(*(_mean([each[i] for each in several]) for i in range(len(Measured._fields))))


def columns(checker: Checker | None) -> list[str]:
    """Headings of the table."""
    ruled = []
    if checker is not None:
        ruled = ["playable"] if checker.rules.reach else []
        ruled += ["misplaced tiles"] if checker.rules.adjacent else []
        ruled += ["breaks a rule"]
    return [*ruled, "unique", "exact copies", "tiles to nearest training", *(f"TPKL-{side}" for side in SIDES)]


def row(name: str, line: str, found: Measured, checker: Checker | None) -> dict[str, Any]:
    """A row as reports draw it."""
    ruled = []
    if checker is not None:
        ruled = [_percent(found.playable)] if checker.rules.reach else []
        ruled += [_percent(found.misplaced)] if checker.rules.adjacent else []
        ruled += [_percent(found.broken)]
    patterns: list[float | None] = [round(each, 3) for each in found.patterns]
    patterns += [None] * (len(SIDES) - len(patterns))
    values = [*ruled, _percent(found.unique), _percent(found.exact), round(found.nearest, 1), *patterns]
    return {"name": name, "line": line, "values": values}


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f} %"


def _mean(values: list[Any]) -> Any:
    if values[0] is None:
        return None
    return tuple(np.mean(values, axis=0).tolist()) if isinstance(values[0], tuple) else float(np.mean(values))
