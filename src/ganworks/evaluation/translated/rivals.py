"""Several runs that make pictures from pictures, on the same held-out inputs: what `compare` judges them by."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...domains import Source
from ...domains.translations import Translations
from ...metrics.features.backbones import open_backbone
from ...metrics.frechet import frechet_distance
from ...settings import ConfigError, DataError
from ..bench import CONFIDENCE
from ..subject import Notify, Subject
from ..views import rows_of
from .findings import lead
from .measures import MEASURES
from .page import COUNT, aimed, apart, fitting, strokes
from .score import Method, Row, draws, restored

FEWEST = 10
"""Held-out pictures that two runs are compared on, at least."""
HALVES = 100


class Rival(NamedTuple):
    """One run's numbers; those of all runs in one order."""

    subject: Subject
    pictures: dict[str, list[float]]
    """Of each picture; empty without pairs."""
    whole: float
    """The distance of all outputs from all targets."""
    halves: list[float]
    """The same of random halves of the pictures."""


class Rivals(NamedTuple):
    runs: list[Rival]
    labels: dict[str, str]
    """How each number is spelled; the first decides."""
    protocol: dict[str, Any]
    notes: list[str]


def rivals(
    subjects: Sequence[Subject], extractor: str, count: int | None, split: str, notify: Notify = lambda line: None
) -> Rivals:
    """Score runs of one data set and one codec. Raises ConfigError or DataError with one line."""
    first = subjects[0]
    codec = first.codec
    assert isinstance(codec, Translations)
    if count is not None and count < FEWEST:
        raise ConfigError(f"count must be at least {FEWEST} to compare runs, got {count}")
    source: Source = first.dataset.test if split == "test" else first.dataset.validation
    if len(source) < FEWEST:
        raise DataError(
            f"the {split} split has {len(source)} records, at least {FEWEST} are needed to compare runs; add data or "
            "try another --split"
        )
    rows = rows_of(source, min(count or COUNT, len(source)), split)
    eye, notes = fitting(first, extractor, len(rows) // 2, notify)
    runs = [each.model.run for each in subjects]
    if len({aimed(run) for run in runs}) > 1:
        raise ConfigError("these runs aim at the styles of other pictures; compare runs of one terms.N.picture")
    backbone, style = apart(*runs), strokes(*runs)
    methods = [Method(str(each.folder), "model", "", draws(each.model.network, codec)) for each in subjects]
    with torch.random.fork_rng(devices=[]):
        opened = open_backbone(backbone) if codec.paired or style else None
        scored = restored(
            methods, codec, source, eye, opened, rows, paired=codec.paired, picture=style, notify=notify
        )  # fmt: skip
    names = [name for name in (lead(scored.model), "features", "style", "content") if name in scored.model.values]
    found = [_rival(*each, names, scored.features) for each in zip(subjects, scored.rows, strict=True)]
    protocol = {
        "extractor": eye.record(),
        "backbone": backbone,
        "count": len(rows),
        "split": split,
        "repeats": 1,
        "seeds": [0],
        "confidence": CONFIDENCE,
    }
    labels = {name: MEASURES[name].label for name in names if name is not None}
    if not style:
        labels["frechet"] = f"FD({eye.name})"
    return Rivals(found, labels, protocol, [*notes, *dict.fromkeys(scored.notes)])


def _rival(subject: Subject, row: Row, names: Sequence[str | None], real: Tensor) -> Rival:
    pictures = {name: row.pictures[name].tolist() for name in names if name is not None}
    random = torch.Generator().manual_seed(0)
    rows = [torch.randperm(len(real), generator=random)[: len(real) // 2] for _ in range(HALVES)]
    halves = [frechet_distance(real[some], row.features[some]) for some in rows]
    return Rival(subject, pictures, frechet_distance(real, row.features), halves)
