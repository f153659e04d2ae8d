"""Copies: samples that are training records, or nearly, beside what held-out records would be called."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..evaluation import neighbours
from ..evaluation.findings import COPIES, MANY_COPIES, Finding, Level, by_chance
from ..evaluation.scores import NEAR
from ..evaluation.subject import Subject
from ..metrics import memorisation
from ..metrics.privacy.closest import Closest, closest
from ..settings import DataError
from ..training.folder import write_atomic
from .attacks import percent
from .columns import Table
from .sides import Look, Sides, fetched

PAIRS = 16
SLOW = 2000
"""Samples and training records for numbers that compare all with all."""
PICTURE = "audit-copies.png"


class Copies(NamedTuple):
    """What is known of copies."""

    exact: float
    """Share of samples that are training records."""
    near: memorisation.Copied | None
    authenticity: tuple[float, float] | None
    """Of samples, and of held-out records."""
    statistic: float | None
    """C_T."""
    pairs: tuple[tuple[int, int, float], ...]
    """The worst: number of the sample, place among the training records, and how near for its surroundings."""
    allowed: float
    """Share of near copies that new samples have by chance, in all but one of a hundred cases."""
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "exact": self.exact,
            "near": None if self.near is None else {"share": self.near.share, "expected": self.near.expected},
            "authenticity": self.authenticity,
            "copying": self.statistic,
            "pairs": [list(each) for each in self.pairs],
        }


def copies(train: Look, others: Look, fake: Look) -> Copies:
    """Look for copies among samples. What the data does not allow to say is noted."""
    notes: list[str] = []

    def perhaps(what: str, compute: Callable[[], Any]) -> Any:
        try:
            return compute()
        except DataError as error:
            notes.append(f"{what}: {error}")
            return None

    known = set(train.digests)
    exact = np.array([each in known for each in fake.digests])
    sets = (train.features, others.features, fake.features)
    some = [each[:SLOW] for each in sets]
    found = Copies(
        float(exact.mean()),
        perhaps("near copies", lambda: memorisation.copied_share(*sets, near=max(NEAR, 1 / len(others.features)))),
        perhaps(
            "authenticity",
            lambda: (memorisation.authenticity(some[0], some[2]), memorisation.authenticity(some[0], some[1])),
        ),
        perhaps("C_T", lambda: memorisation.copying(*sets, cells=_cells(len(others.features)))),
        perhaps("worst pairs", lambda: _worst(train, fake, exact)) or (),
        max(COPIES, by_chance(len(others.features), len(fake.features))),
    )
    return found._replace(notes=tuple(notes))


def _cells(held_out: int) -> int:
    """Cells of C_T that leave some forty held-out records to each, so that few of them are too empty to count."""
    return max(1, min(10, held_out // 40))


def _worst(train: Look, fake: Look, exact: np.ndarray) -> tuple[tuple[int, int, float], ...]:
    """Samples nearest to a training record, beside those around it: exact copies first, and no record twice as long as
    there are others."""
    nearness = memorisation.nearness(fake.features, train.features)
    nearness[torch.from_numpy(exact)] = -1.0
    _, indices = memorisation.nearest(train.features, fake.features)
    place = {digest: i for i, digest in enumerate(train.digests)}
    first: list[tuple[int, int, float]] = []
    more: list[tuple[int, int, float]] = []
    seen: set[int] = set()
    for sample in nearness.argsort(stable=True).tolist():
        near = place[fake.digests[sample]] if exact[sample] else int(indices[sample, 0])
        (more if near in seen else first).append((sample, near, max(0.0, float(nearness[sample]))))
        seen.add(near)
        if len(first) == PAIRS:
            break
    return tuple((first + more)[:PAIRS])


def table_of(found: Copies) -> dict[str, Any]:
    """Samples beside held-out records, as a page shows it."""
    near, own = found.near, found.authenticity
    rows = [
        {
            "name": "exact copies",
            "line": "samples that are a training record, number for number; equal records share a split, so held-out "
            "ones are none by construction",
            "values": [percent(found.exact), percent(0)],
        },
        {
            "name": "near copies",
            "line": "nearer to a training record, for its surroundings, than all but the nearest held-out records are",
            "values": [percent(near.share), percent(near.expected)] if near else [None, None],
        },
        {
            "name": "authenticity",
            "line": "farther from the nearest training record than that one is from its own neighbour; as high as for "
            "held-out records is best (Alaa et al., 2022)",
            "values": [percent(each) for each in own] if own else [None, None],
        },
        {
            "name": "C_T",
            "line": "ranks of distances to training, beside held-out ones: below -3 copying, above 3 underfitting "
            "(Meehan et al., 2020)",
            "values": [None if found.statistic is None else f"{found.statistic:.2f}", "0"],
        },
    ]
    lead = "Copies are the coarsest leak. Without any, single records can still be told: see membership."
    return {"title": "Copies", "lead": lead, "columns": ["samples", "held-out records"], "rows": rows}


def finding(found: Copies) -> Finding:
    """What the copies amount to."""
    near, parts = found.near, [f"{percent(found.exact)} of samples are exact copies of training records"]
    if near is not None:
        parts.append(f"{percent(near.share)} are near copies, {percent(near.expected)} of held-out records would be")
    copied = near is not None and near.share > found.allowed
    many = near is not None and near.share > max(MANY_COPIES, found.allowed)
    pulled = found.statistic is not None and found.statistic < -3
    level: Level = "alarm" if many or found.exact > COPIES else "warning" if copied or pulled or found.exact else "good"
    if pulled:
        parts.append(f"C_T is {found.statistic:.1f}: samples lie nearer to training than held-out records do")
    return Finding("privacy", level, "; ".join(parts))


def distances(
    train: Tensor, others: Tensor, fake: Tensor, noise: Tensor | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Distance to the closest record, as a page shows it, and as plain values."""
    sets = {"samples": (fake, "what is released")}
    half = len(others) // 2
    held_out, rest = others[:half], others[half:]
    sets["held-out records"] = (rest, "as many new records, the best anybody can be")
    if noise is not None:
        sets["uniform noise"] = (noise, "rows of random values between the ends of each column, which know nothing")
    found = {name: (closest(train, held_out, each), line) for name, (each, line) in sets.items()}
    base = found["uniform noise"][0] if noise is not None else None
    rows = [{"name": name, "line": line, "values": _values(each, base)} for name, (each, line) in found.items()]
    page = {
        "title": "Distance to the closest record: a sanity check, never privacy",
        "lead": "Finds a generator that copies outright, and nothing less: releases that pass are open to the attacks "
        "above (The DCR Delusion, 2025). Distances are in units of the features.",
        "columns": ["median", "one in twenty below", "at none", "closer to training", "overfitting protection"]
        + (["baseline protection"] if base else []),
        "rows": rows,
    }
    plain = {
        name: {**each._asdict(), "overfitting_protection": each.overfitting_protection}
        | ({"baseline_protection": each.baseline_protection(base)} if base else {})
        for name, (each, _) in found.items()
    }
    return page, plain


def _values(each: Closest, base: Closest | None) -> list[Any]:
    shares = [percent(each.same), percent(each.nearer), each.overfitting_protection]
    return [each.median, each.fifth, *shares, *([each.baseline_protection(base)] if base else [])]


def shown(subject: Subject, sides: Sides, found: Copies, table: Table | None) -> dict[str, Any]:
    """The worst pairs: a table of rows, or a picture in the run's `samples/`, as parts of the page."""
    if not found.pairs:
        return {}
    fake = np.concatenate([subject.model.generate(1, 0, sample) for sample, _, _ in found.pairs])
    rows = sides.rows[[place for _, place, _ in found.pairs]]
    train = np.concatenate(list(fetched(sides.train, rows)))
    if table is not None:
        return {"tables": [_as_rows(table, fake, train, found)]}
    raw = torch.from_numpy(train.astype(np.int32) if train.dtype == np.uint16 else np.ascontiguousarray(train))
    given = subject.codec.decode(subject.codec.encode(raw, None, fixed=True).x)
    path = subject.folder / "samples" / PICTURE
    path.parent.mkdir(exist_ok=True)
    data = io.BytesIO()
    Image.fromarray(neighbours.panel(subject.codec, fake, given)).save(data, "PNG")
    write_atomic(path, data.getvalue())
    caption = (
        "samples on the left, the training records they resemble most on the right: the worst of all that were drawn"
    )
    return {"pictures": [{"title": f"The worst {len(found.pairs)} pairs", "file": PICTURE, "caption": caption}]}


def _as_rows(table: Table, fake: np.ndarray, train: np.ndarray, found: Copies) -> dict[str, Any]:
    head, samples = table.spelled(fake)
    _, records = table.spelled(train)
    rows = []
    for number, (sample, record, pair) in enumerate(zip(samples, records, found.pairs, strict=True), 1):
        rows.append({"name": f"{number} sample", "line": f"number {pair[0]} of seed 0", "values": sample})
        rows.append({"name": f"{number} record", "line": "of the training data", "values": record})
    lead = "These are records of your data: mind whom you show this page to."
    return {"title": f"The worst {len(found.pairs)} pairs", "lead": lead, "columns": head, "rows": rows}
