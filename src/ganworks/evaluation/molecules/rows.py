"""Rows of the tables: what is measured of one set of molecules, against the training and the held-out ones."""

from typing import Any, NamedTuple

import numpy as np

from ...metrics.molecules import (
    Share,
    compared,
    cosine,
    fingerprints,
    fragments,
    internal_diversity,
    nearest,
    novelty,
    radicals,
    scaffolds,
    uniqueness,
    values,
)
from ...metrics.molecules.alike import Fingerprints
from ...metrics.molecules.pieces import Counts
from ...metrics.molecules.properties import NAMES
from ...metrics.transport import Values
from .sets import Molecules, Sets

FIRST = 1000
"""Valid molecules among which different ones are counted, the number that papers print."""
COLUMNS = [
    "valid", f"unique@{FIRST:,}", "novel", "radicals", "internal diversity", "SNN", "scaffolds", "fragments",
]  # fmt: skip
UNITS = {"logp": "logP", "qed": "QED", "sa": "SA", "weight": "weight"}


class Held(NamedTuple):
    """What every set is held against, computed once."""

    bits: Fingerprints
    scaffolds: Counts
    fragments: Counts
    values: dict[str, Values]

    @classmethod
    def of(cls, smiles: list[str]) -> "Held":
        return cls(
            fingerprints(smiles), scaffolds(smiles), fragments(smiles), {name: values(smiles, name) for name in NAMES}
        )


class Measured(NamedTuple):
    """What is known of a set; None where it has no valid molecule."""

    name: str
    line: str
    valid: Share
    unique: Share
    novel: Share
    radicals: Share
    diversity: float | None
    nearest: float | None
    scaffolds: float | None
    fragments: float | None
    distances: dict[str, float]
    """Wasserstein-1 of each property."""
    means: dict[str, float]


def measured(found: Molecules, against: Held, train: frozenset[str]) -> Measured:
    """One set against the held-out molecules."""
    shares = found.valid, uniqueness(found.smiles, FIRST), novelty(found.smiles, train), radicals(found.smiles)
    if not found.smiles:
        return Measured(found.name, found.line, *shares, None, None, None, None, {}, {})
    bits = fingerprints(found.smiles)
    drawn = {name: values(found.smiles, name) for name in NAMES}
    known = {name: each for name, each in drawn.items() if len(each)}
    return Measured(
        found.name, found.line, *shares,
        internal_diversity(bits), float(np.mean(nearest(bits, against.bits))),
        _number(cosine(scaffolds(found.smiles), against.scaffolds)),
        _number(cosine(fragments(found.smiles), against.fragments)),
        {name: compared(each, against.values[name]) for name, each in known.items()},
        {name: float(each.mean()) for name, each in known.items()},
    )  # fmt: skip


def tables(every: list[Measured], sets: Sets, held: Held, split: str) -> list[dict[str, Any]]:
    """As a report draws them."""
    shares = [
        _row(each, [str(each.valid), str(each.unique), str(each.novel), str(each.radicals), *(
            None if value is None else round(value, 3)
            for value in (each.diversity, each.nearest, each.scaffolds, each.fragments)
        )])
        for each in every
    ]  # fmt: skip
    apart = [
        _row(each, [None if name not in each.distances else _short(each.distances[name]) for name in NAMES] + [
            None if name not in each.means else _short(each.means[name]) for name in NAMES])
        for each in every
    ]  # fmt: skip
    of = f"the {len(sets.held):,} molecules of the {split} split"
    real = ", ".join(f"{UNITS[name]} {_short(float(held.values[name].mean()))}" for name in NAMES)
    return [
        {
            "title": "Molecules", "columns": COLUMNS, "rows": shares,
            "lead": f"Each share with the number it is a share of: valid of all drawn, unique of the first {FIRST:,} "
            f"valid, novel of the different valid ones, against {len(sets.train):,} training molecules; radicals are "
            "valid ones with an electron left alone. SNN: mean "
            f"Tanimoto similarity (Morgan, radius 2, 1,024 bits) to the nearest of {of}; scaffolds and fragments: "
            "cosine of their counts with theirs, 1 is best.",
        },
        {
            "title": "Properties", "rows": apart,
            "columns": [f"{UNITS[name]} off by" for name in NAMES] + [f"mean {UNITS[name]}" for name in NAMES],
            "lead": f"How far the values of a molecule have to be moved on average (Wasserstein-1) to become those of "
            f"{of}; 0 is best, and the held-out row is what real molecules have. Means there: {real}.",
        },
    ]  # fmt: skip


def _row(each: Measured, cells: list[Any]) -> dict[str, Any]:
    return {"name": each.name, "line": each.line, "values": cells}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _short(value: float) -> float:
    return float(f"{value:.3g}")
