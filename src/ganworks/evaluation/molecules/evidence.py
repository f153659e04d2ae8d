"""Evidence of a generator of molecules, as `ganworks evaluate` stores it."""

from pathlib import Path
from typing import Any

from PIL import Image

from ...chemistry import number
from ...domains.tokens import Sequences
from ...domains.tokens.sheet import sheet
from ...metrics.molecules.properties import NAMES
from ...settings import ConfigError
from ..findings import Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .goals import asked, goals
from .rows import UNITS, Held, Measured, measured, tables
from .sets import Sets, drawn, sets

SHOWN, READ = 24, 20
"""Molecules that are drawn, and written out."""
VALID, UNIQUE, NOVEL = 0.99, 0.98, 0.9
"""Shares from which on there is nothing to say against."""


def evidence(subject: Subject, ask: Ask) -> Evidence:
    if not isinstance(subject.codec, Sequences):
        raise ConfigError("this evidence is of molecules, got another domain")
    every = sets(subject, ask)
    ask.notify("comparing fingerprints, scaffolds, fragments and properties")
    held = Held.of(every.held)
    found = [measured(each, held, every.train) for each in every.every]
    shown = tables(found, every, held, ask.split)
    said = _findings(found, subject.codec.words.name == "selfies")
    reached, told = goals(subject, found[0], every)
    shown += reached
    shown += asked(subject, min(ask.count or 500, 500))
    return Evidence(
        {"tables": shown, "pictures": _pictures(subject), "texts": _texts(every)},
        (*said, *told),
        (f"molecules: one draw of {len(every.drawn.smiles):,} valid ones, seed 0",),
    )


def _findings(found: list[Measured], selfies: bool) -> list[Finding]:
    mine = found[0]
    cure = "the others have no atom: train longer" if selfies else "SELFIES always are (domain.by=selfies)"
    said = [
        _share("valid", mine.valid.share, VALID, str(mine.valid), cure),
        _share("different", mine.unique.share, UNIQUE, str(mine.unique), "the generator repeats itself"),
        _share(
            "new", mine.novel.share, NOVEL, str(mine.novel), "it learnt them by heart, or there are few of the kind"
        ),
    ]
    rival = next((each for each in found if each.name.startswith("n-grams")), None)
    if rival is not None and mine.distances and rival.distances:
        better = [name for name in NAMES if mine.distances.get(name, 1e9) < rival.distances.get(name, 0.0)]
        level: Level = "good" if 2 * len(better) > len(NAMES) else "warning"
        pairs = ", ".join(f"{UNITS[name]} {mine.distances[name]:.3g} ({rival.distances[name]:.3g})" for name in NAMES)
        line = f"properties are nearer than those of {rival.name} in {len(better)} of {len(NAMES)}: off by {pairs}"
        said.append(Finding("molecules", level, line))
    return said


def _share(what: str, share: float, least: float, told: str, otherwise: str) -> Finding:
    level: Level = "good" if share >= least else "warning" if share >= least / 2 else "alarm"
    return Finding("molecules", level, f"{what}: {told}" + ("" if level == "good" else f"; {otherwise}"))


def _pictures(subject: Subject) -> list[dict[str, str]]:
    smiles = drawn(subject.model, SHOWN)
    legends = [", ".join(f"{UNITS[name]} {_value(each, name)}" for name in ("qed", "logp")) for each in smiles]
    path = Path(subject.folder) / "samples" / "molecules.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet(smiles, 4, legends)).save(path)
    except OSError:
        return []
    return [
        {"title": "Molecules", "file": path.name, "caption": f"The first {SHOWN} molecules of seed 0, none chosen."}
    ]


def _value(smiles: str, name: str) -> str:
    value = number(smiles, name)
    return "?" if value is None else f"{value:.2f}"


def _texts(every: Sets) -> list[dict[str, Any]]:
    lead = f"The first {READ} valid ones of seed 0, canonical."
    return [{"title": "Molecules as SMILES", "lead": lead, "lines": every.drawn.smiles[:READ]}]
