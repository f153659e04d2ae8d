"""Evidence of a level generator: raw, and after rejection by the rules, beside its floor and what needs no learning."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from ...domains.base import Raw
from ...domains.grid import Checker, Counts, Crops, Left, Tiles, drawing
from ...latent.levels import kept
from ...metrics.grids import ColumnChain
from ...settings import ConfigError
from ..findings import Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .rows import Measured, columns, mean, measured, row

COUNT, QUICK = 1000, 300
"""Levels of a set, and after a training."""
SHOWN = 24
PLAYABLE, SOUND, UNIQUE = 0.99, 0.9, 0.98
"""Shares from which on a generator is called good: that can be crossed, that break no rule, that are different."""


class Sets(NamedTuple):
    """Real levels, and a number of samples to draw."""

    train: Raw
    held_out: Raw
    size: int


def evidence(subject: Subject, ask: Ask) -> Evidence:
    """What the generator's levels are, as `ganworks evaluate` stores it."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Tiles) and isinstance(data.train, Crops)
    source = data.test if ask.split == "test" else data.validation
    assert isinstance(source, Crops)
    count = ask.count or (COUNT if ask.learn else QUICK)
    sets = Sets(data.train.all(), source.all(), min(count, COUNT if ask.learn else QUICK))
    checker = codec.checker
    notes: list[str] = []
    rows, generated = _generated(subject, sets, ask, checker, notes)
    rows += _rivals(sets, checker)
    tables = [{"title": "Levels", "lead": _lead(codec, sets, ask), "columns": columns(checker), "rows": rows}]
    if checker is not None:
        tables.append(_by_rule(subject, sets, checker))
    if isinstance(codec.asked, Counts):
        tables.append(_obeyed(subject, codec.asked, sets.size))
    if isinstance(codec.asked, Left):
        tables.append(_continued(subject, codec.asked, sets.size))
    pictures = _pictures(subject, codec)
    return Evidence({"tables": tables, "pictures": pictures}, tuple(_findings(generated, sets, checker)), tuple(notes))


def _generated(
    subject: Subject, sets: Sets, ask: Ask, checker: Checker | None, notes: list[str]
) -> tuple[list[dict[str, Any]], Measured]:
    found = []
    for seed in range(ask.repeats):
        ask.notify(f"holding {sets.size:,} levels against the rules, {seed + 1} of {ask.repeats}")
        found.append(measured(subject.model.generate(sets.size, seed), sets.train, checker))
    told = f"as they come; the mean of {ask.repeats} regenerations"
    rows = [row("generated", told, mean(found), checker)]
    if checker is not None:
        try:
            sound = kept(subject.model, sets.size, seed=0)
        except ConfigError as error:
            notes.append(f"rejection: {error}")
        else:
            told = f"the first that break no rule: {sets.size:,} of {sound.drawn:,} drawn"
            rows.append(row("after rejection", told, measured(sound.records, sets.train, checker), checker))
    return rows, mean(found)


def _rivals(sets: Sets, checker: Checker | None) -> list[dict[str, Any]]:
    rows = []
    if len(sets.held_out) > 1:
        floor = measured(sets.held_out[: sets.size], sets.train, checker)
        rows.append(row("held-out levels", "real ones that were not trained on: the floor", floor, checker))
    some = sets.train[np.random.default_rng(0).permutation(len(sets.train))[: sets.size]]
    rows.append(row("copycat", "training levels themselves", measured(some, sets.train, checker, True), checker))
    chain = ColumnChain.of(sets.train).draw(sets.size, seed=0)
    rows.append(
        row("column chain", "each column after one that it followed", measured(chain, sets.train, checker), checker)
    )
    return rows


def _lead(codec: Tiles, sets: Sets, ask: Ask) -> str:
    rules = codec.rules
    physics = ""
    if rules and rules.reach:
        physics = (
            f" Playable: a walker who jumps {rules.reach.jump} tiles up, and a column aside for each row, gets from "
            "flat ground on the left to flat ground on the right; enemies are no obstacle."
            if rules.reach.physics == "jump"
            else " Playable: all ends are joined by steps to four sides."
        )
    return (
        f"{sets.size:,} levels of {codec.height} x {codec.width} in each row, {len(sets.train):,} to train on, "
        f"{len(sets.held_out):,} of the {ask.split} split.{physics} TPKL: divergence of the patterns of so many tiles "
        "a side from the training levels', in nats; 0 is best, and the floor is what other real levels have."
    )


def _by_rule(subject: Subject, sets: Sets, checker: Checker) -> dict[str, Any]:
    found = checker.broken(subject.model.generate(sets.size, 0))
    real = checker.broken(sets.train)
    rows = [
        {"name": rule, "line": "", "values": [_percent(found.table[:, i].mean()), _percent(real.table[:, i].mean())]}
        for i, rule in enumerate(found.rules)
    ]
    lead = "Share of levels that break each rule."
    return {"title": "Rules", "lead": lead, "columns": ["generated", "training"], "rows": rows}


def _obeyed(subject: Subject, asked: Counts, count: int) -> dict[str, Any]:
    """Asked against got, beside what any level would have got."""
    inputs = subject.model.inputs(count, seed=1)
    c = inputs[:, subject.model.run.generator.latent :]
    records = torch.from_numpy(subject.model.decode(inputs))
    codec = subject.codec
    assert isinstance(codec, Tiles)
    got, wanted = asked.numbers(asked.of(records, codec.legend)).numpy(), asked.numbers(c).numpy()
    blind = np.abs(wanted - np.median(wanted, axis=0)).mean(axis=0)
    rows = [
        {
            "name": name,
            "line": "",
            "values": [
                round(float(np.abs(got[:, i] - wanted[:, i]).mean()), 2),
                round(float(blind[i]), 2),
                _percent((np.abs(got[:, i] - wanted[:, i]) < 0.5).mean()),
                _correlation(got[:, i], wanted[:, i]),
            ],
        }
        for i, name in enumerate(asked.names)
    ]
    lead = f"{count:,} levels, each asked for the numbers of some training level. Blind: always the usual number."
    names = ["off by", "off by, blind", "exactly right", "correlation"]
    return {"title": "Asked and got", "lead": lead, "columns": names, "rows": rows}


def _continued(subject: Subject, asked: Left, count: int) -> dict[str, Any]:
    inputs = subject.model.inputs(count, seed=1)
    records = subject.model.decode(inputs)
    c = inputs[:, subject.model.run.generator.latent :].view(count, asked.columns, asked.height, asked.tiles)
    wanted = c.argmax(-1).transpose(1, 2).numpy()
    right = records[:, :, : asked.columns] == wanted
    values = [_percent(right.mean()), _percent(right.all(axis=(1, 2)).mean())]
    line = "first columns that are the ones asked for"
    lead = f"{count:,} levels, each given the first {asked.columns} columns of some training level."
    names = ["tiles right", "all right"]
    rows = [{"name": "generated", "line": line, "values": values}]
    return {"title": "Going on from the left", "lead": lead, "columns": names, "rows": rows}


def _correlation(one: Raw, other: Raw) -> float | None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return round(float(np.corrcoef(one, other)[0, 1]), 3)


def _pictures(subject: Subject, codec: Tiles) -> list[dict[str, str]]:
    """A sheet with what breaks a rule marked."""
    records = subject.model.generate(SHOWN, seed=0)
    checker = codec.checker
    marks = checker.misplaced(records) if checker else None
    path = Path(subject.folder) / "samples" / "levels.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawing.sheet(records, codec.legend, marks=marks)).save(path)
    except OSError:
        return []
    caption = f"The first {SHOWN} levels of seed 0; a tile that stands where it must not is framed in red."
    return [{"title": "Levels", "file": path.name, "caption": caption}]


def _findings(found: Measured, sets: Sets, checker: Checker | None) -> list[Finding]:
    said = []
    if checker is not None and found.broken is not None:
        told = f"{_percent(1 - found.broken)} of generated levels keep every rule"
        if found.playable is not None:
            told += f", {_percent(found.playable)} can be crossed"
        good = 1 - found.broken >= SOUND and (found.playable is None or found.playable >= PLAYABLE)
        level: Level = "good" if good else "warning" if found.broken <= 0.5 else "alarm"
        cure = "" if good else "; ganworks levels draws only those that do"
        said.append(Finding("grid", level, told + cure))
    level = "good" if found.unique >= UNIQUE else "warning" if found.unique >= 0.5 else "alarm"
    said.append(Finding("grid", level, f"{_percent(found.unique)} of {sets.size:,} generated levels are different"))
    level = "good" if found.exact == 0 else "warning" if found.exact < 0.02 else "alarm"
    told = f"{_percent(found.exact)} are training levels tile for tile; {found.nearest:.0f} tiles differ on average"
    said.append(Finding("grid", level, told))
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
