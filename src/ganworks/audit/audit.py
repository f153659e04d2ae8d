"""audit: a run -> what its samples give away, as plain values that are stored beside it."""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..domains.translations import Translations
from ..evaluation.bench import pick_for
from ..evaluation.findings import Finding
from ..evaluation.subject import Notify, Subject, load
from ..settings import ConfigError
from ..training.folder import write_atomic
from . import attacks, copies, disclosure, judging
from .columns import Table
from .sides import COUNT, Eye, Look, Sides, by_samples, fetched, generated, prepare

SCHEMA = 1
FILE = "audit.json"
SEED = 0


def audit(
    folder: str | Path, extractor: str = "auto", count: int | None = None, *, notify: Notify = lambda line: None
) -> dict[str, Any]:
    """Attack a run as somebody could who has its samples, or its checkpoint. Returns what it stores as audit.json.

    Records are compared by an extractor's features, those of a table by their columns. `count` samples are drawn, and
    at most as many records of each side attacked.
    Raises ConfigError, DataError or CheckpointError with one line: no run, other data, too few held-out records, a run
    that makes pictures from pictures.
    """
    begun = time.monotonic()
    subject = load(folder, notify)
    if isinstance(subject.codec, Translations):
        raise ConfigError(
            "an audit draws samples from latents, this run makes pictures from pictures: what its outputs give away "
            "depends on who brings the inputs; ganworks evaluate compares training and held-out pictures"
        )
    sides = prepare(subject, count, notify)
    table = _table(subject, sides)
    eye = table.eye if table else by_samples(subject.codec, *_extractor(subject, extractor, notify))
    drawn = count or COUNT
    notify(f"drawing {drawn:,} samples")
    raw = list(generated(subject, drawn)) if table else []
    fake = eye.look(iter(raw) if table else generated(subject, drawn))
    notify("looking at training and held-out records")
    looks = [eye.look(fetched(*each)) for each in ((sides.train, sides.rows), (sides.others, sides.other_rows))]
    page = _page(subject, sides, table, (looks[0], looks[1], fake), np.concatenate(raw) if raw else None, notify)
    page = {
        "schema": SCHEMA,
        "made_by": f"ganworks {__version__}",
        "run": subject.record(),
        "protocol": _protocol(sides, eye, drawn),
        **page,
        "notes": [*subject.notes, *sides.notes, *page["notes"], "1 training seed"],
        "seconds": round(time.monotonic() - begun, 1),
    }
    plain: dict[str, Any] = _finite(page)
    write_atomic(subject.folder / FILE, json.dumps(plain, indent=1, allow_nan=False))
    return plain


def _page(
    subject: Subject,
    sides: Sides,
    table: Table | None,
    looks: tuple[Look, Look, Look],
    rows: np.ndarray | None,
    notify: Notify,
) -> dict[str, Any]:
    """Everything that is found: of training records, held-out ones and samples."""
    train, others, fake = looks
    notify("attacking: who was a member?")
    members = train.features[: sides.size]
    logits = judging.logits(subject, sides)
    attempted = attacks.attempted(members, others.features, fake.features, logits, train.features[sides.size :][:COUNT])
    line, findings = attacks.verdict(attempted)
    notify("looking for copies")
    copied = copies.copies(train, others, fake)
    noise = None
    if table is not None and rows is not None:
        real = np.concatenate(list(fetched(sides.train, sides.members)))
        noise = table.eye.features(table.noise(real, min(len(rows), COUNT))).double()
    distances, closest = copies.distances(train.features, others.features, fake.features, noise)
    shown = copies.shown(subject, sides, copied, table)
    told = _disclosed(table, sides, rows, notify)
    said: list[Finding] = [*findings, copies.finding(copied), *told.findings]
    return {
        "verdict": line,
        "findings": [each._asdict() for each in said],
        "membership": {each.name: each.record() for each in attempted},
        "copies": copied.record(),
        "closest": closest,
        **told.record,
        "tables": [
            _membership_page(attempted),
            *told.tables,
            copies.table_of(copied),
            distances,
            *shown.get("tables", ()),
        ],
        "pictures": shown.get("pictures", []),
        "notes": [*copied.notes, *told.notes],
    }


def _disclosed(table: Table | None, sides: Sides, rows: np.ndarray | None, notify: Notify) -> disclosure.Disclosed:
    if table is None or rows is None:
        return disclosure.Disclosed([], [], {}, [])
    notify("singling out and inferring")
    members, others = (
        np.concatenate(list(fetched(*each)))
        for each in ((sides.train, sides.members), (sides.others, sides.other_rows))
    )
    return disclosure.disclosed(table, members, others, rows)


def _membership_page(found: list[attacks.Attack]) -> dict[str, Any]:
    return {
        "title": "Membership inference",
        "lead": "Could somebody tell whose records were trained on? AUC: how often a training record gets a higher "
        "score than a held-out one; 0.5 is a coin. Hits: training records named by whoever bears so many false alarms, "
        "which is what an average hides (Carlini et al., 2022). Attacks that fail prove nothing about others.",
        "columns": ["AUC", "95 % interval", "hits at 1 % false alarms", "hits at 0.1 % false alarms"],
        "rows": [each.row() for each in found],
    }


def _table(subject: Subject, sides: Sides) -> Table | None:
    """The columns of a table; None for other data."""
    if len(subject.codec.spec.shape) > 1:
        return None
    both = [
        np.concatenate(list(fetched(*each)))
        for each in ((sides.train, sides.members), (sides.others, sides.other_rows))
    ]
    return Table.of(subject.codec, both[0], both[1])


def _extractor(subject: Subject, name: str, notify: Notify) -> tuple[str, Any]:
    chosen = pick_for(subject, name, notify)
    return chosen.name, chosen


def _protocol(sides: Sides, eye: Eye, drawn: int) -> dict[str, Any]:
    """What somebody else could repeat the numbers from."""
    return {
        "features": eye.name,
        "samples": drawn,
        "seed": SEED,
        "members": sides.size,
        "others": sides.size,
        "train": len(sides.rows),
        "confidence": attacks.CONFIDENCE,
    }


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
