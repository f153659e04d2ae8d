"""Evidence about tables: how close rows are to real ones and what they are good for, beside what needs no network."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...domains.base import Source
from ...domains.table import Coded
from ...metrics.tables import Rows
from ...metrics.tables.rows import some
from ...metrics.tables.usefulness import MOST as MOST_LEARNT
from ...settings import DataError
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .page import OWN, Measured, findings, tables
from .rivals import Draw, Held, Set, rivals, target_of
from .scoring import Scores, score

MOST, QUICK = 10_000, 2_000
"""Rows in each set; the second where nothing is learnt for it."""
FEW = 1_000
"""Rows below which everything is drawn several times even where it has to be quick."""
MOST_TRAIN = 500_000
"""Training rows that are looked at."""


def evidence(subject: Subject, ask: Ask) -> Evidence:
    """Measure a run of the table domain. Where the data allows only some of it, a note says so."""
    codec = subject.codec
    if not isinstance(codec, Coded):
        raise DataError(f"{subject.folder}: wanted a run of a table, got samples of {type(codec).__name__}")
    return judged(_held(subject, codec, ask.split), subject.model.generate, ask, codec.target)


def judged(held: Held, draw: Draw, ask: Ask, target: str = "") -> Evidence:
    """Measure what `draw` makes against real rows; `target` is the column to predict, "" for the last with few values.

    Each set has as many rows as were held out, at most MOST; from as many as were trained on something is learnt.
    """
    real = some(held.held_out, min(ask.count or MOST, MOST if ask.learn else QUICK), 0)
    if len(real) < 2 or len(held.train) < 4:
        return Evidence({}, notes=(f"{len(real)} held-out rows are too few to measure a table against; 2 are needed",))
    lesson = min(ask.count or MOST_LEARNT, MOST_LEARNT, len(held.train)) if ask.learn else 0
    task, notes = None, []
    try:
        task = target_of(held, target) if ask.learn else None
    except DataError as error:
        notes.append(f"usefulness is not measured: {error}")
    made: dict[str, Callable[[int], Set]] = {OWN: lambda seed: _generated(held, real, draw, lesson, seed)}
    lines = {OWN: _line(len(real), lesson, ask)}
    for name, line, drawn in rivals(held, real, lesson):
        made[name], lines[name] = drawn, line
    sets = {}
    for name, drawn in made.items():
        ask.notify(f"measuring rows: {name}")
        # The others scatter less than a network's draws are off, but for few rows.
        seeds = ask.repeats if name == OWN or ask.learn or len(real) < FEW else 1
        sets[name] = Scores.of([score(held, drawn(seed), task, ask.learn, seed) for seed in range(seeds)])
    found = Measured(held, task, sets, lines)
    return Evidence({"tables": tables(found), **_plain(found)}, tuple(findings(found)), tuple(notes))


def _generated(held: Held, real: Rows, draw: Draw, lesson: int, seed: int) -> Set:
    rows = np.asarray(draw(max(len(real), lesson), seed), np.float64)
    return Set(rows[: len(real)], real, held.train, rows[:lesson])


def _line(size: int, lesson: int, ask: Ask) -> str:
    """How many rows there are of what."""
    learnt = f", {lesson:,} to learn from" if lesson else ""
    return (
        f"{size:,} rows{learnt}; the mean of {ask.repeats} regenerations against {size:,} rows of the {ask.split} split"
    )


def _plain(found: Measured) -> dict[str, Any]:
    """The numbers themselves, for whoever compares runs."""
    numbers = {name: {**each.close, **each.useful} for name, each in found.sets.items()}
    return {
        "numbers": {name: {key: each._asdict() for key, each in row.items()} for name, row in numbers.items()},
        "target": found.target or None,
        "score": found.task.score if found.task else None,
    }


def _held(subject: Subject, codec: Coded, split: str) -> Held:
    """The rows that were trained on and those of the split, and the kinds of their columns."""
    data = subject.dataset
    held_out = data.test if split == "test" else data.validation
    return Held(codec.names, codec.kinds, _rows(data.train, MOST_TRAIN), _rows(held_out, MOST))


def _rows(source: Source, most: int) -> Rows:
    return np.asarray(source.fetch(source.some(min(most, len(source)), 0)).x, np.float64)
