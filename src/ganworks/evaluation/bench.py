"""Bench: what a generator is judged on: equal sets of real records, as an extractor sees them."""

from typing import Any, NamedTuple

from ..domains import Source
from ..domains.base import Indices
from ..domains.image.cache import cache_folder
from ..metrics.features import Extractor, own, pick
from ..settings import ConfigError, DataError
from .findings import FEW
from .scores import AUTHENTIC_TRAIN, KERNEL_MOST, SLOW_MOST, Reference
from .shrink import ROWS, Shrunk
from .subject import Notify, Subject
from .views import View, labels_of, of_records, parts_of, rows_of

COUNT = 5000
"""Samples in each set, where the data has as many."""
TRAIN_MOST = 20_000
"""Training records among which copies are looked for, and from which `own` features are learnt."""
CONFIDENCE = 0.95
SPLITS = {"test": "validation", "validation": "test"}
"""The split that is scored against, and the one that gives the floor."""


class Bench(NamedTuple):
    """What a generator is judged on: the sets of real samples, and how they are seen."""

    extractor: Extractor
    reference: Reference
    floor: View | None
    copycat: View
    rows: Indices
    """Which training records the reference holds."""
    size: int
    """Samples in each set."""
    notes: tuple[str, ...]


def pick_for(subject: Subject, text: str, notify: Notify = lambda line: None) -> Extractor:
    """The extractor a user asked for, fit for this run's samples; `own` is learnt from its training data, once."""
    shape = subject.codec.output.spec.shape
    if text.strip() != "own":
        return pick(text, shape, data=subject.model.run.data, cache=cache_folder())
    train = subject.dataset.train
    rows = rows_of(train, min(len(train), TRAIN_MOST), "train")
    return own.train(
        parts_of(subject.codec, train, rows),
        shape,
        labels_of(train, rows) if subject.dataset.classes else None,
        subject.dataset.classes,
        folder=cache_folder(),
        notify=notify,
    )


def prepare(
    subject: Subject, extractor: Extractor, count: int | None, k: int, split: str, notify: Notify = lambda line: None
) -> Bench:
    """The real side of a judgement: sets of equal size from each split, as the extractor sees them."""
    if split not in SPLITS:
        raise ConfigError(f"split must be test or validation, got '{split}'")
    for name, value, least in (("count", 2 if count is None else count, 2), ("k", k, 1)):
        if value < least:
            raise ConfigError(f"{name} must be at least {least}, got {value}")
    data, codec = subject.dataset, subject.codec
    sources: dict[str, Source] = {"train": data.train, "validation": data.validation, "test": data.test}
    real, spare = sources[split], sources[SPLITS[split]]
    if len(real) < 2:
        raise DataError(
            f"the {split} split has {len(real)} records, at least 2 are needed; add data or try --split {SPLITS[split]}"
        )
    sizes = [len(real), len(data.train), *([len(spare)] if len(spare) > 1 else [])]
    equal = min(count or COUNT, *sizes)
    notes = _counted(equal, count, len(spare) > 1, split)
    rows = rows_of(data.train, min(len(data.train), max(TRAIN_MOST, equal)), "train")
    if len(rows) < len(data.train):
        notes.append(f"copies are looked for among {len(rows):,} of {len(data.train):,} training records")
    notify(f"looking at {len(rows) + 2 * equal:,} real records")
    probe = of_records(extractor, codec, data.train, rows[:ROWS], classified=False).features
    if equal <= probe.shape[1]:
        notes.append(f"{equal} samples are too few for {probe.shape[1]} features: their main directions are used")
        extractor = Shrunk.of(extractor, probe, equal)
    train = of_records(extractor, codec, data.train, rows, classified=False).features
    held_out = of_records(extractor, codec, real, rows_of(real, equal, split))
    if not held_out.features.std(0).any():
        raise DataError(
            f"all {equal} held-out records have the same features {extractor.name}; choose another with --features"
        )
    floor = of_records(extractor, codec, spare, rows_of(spare, equal, SPLITS[split])) if len(spare) > 1 else None
    copycat = of_records(extractor, codec, data.train, rows[:equal])
    reference = Reference.of(held_out, train, k)
    return Bench(extractor, reference, floor, copycat, rows, equal, tuple(notes))


def _counted(equal: int, count: int | None, floored: bool, split: str) -> list[str]:
    notes = [f"every row is of {equal:,} samples: distances compare only at equal numbers"]
    if count is not None and equal < count:
        notes.append(f"{count:,} samples were asked for, the splits allow {equal:,}")
    if equal < FEW:
        notes.append(f"{equal} held-out records are few: take the numbers as hints")
    if equal > SLOW_MOST:
        notes.append(
            f"KD is of {min(equal, KERNEL_MOST):,} of them; told from real, diversity, support, authenticity, C_T and "
            f"FLD of {SLOW_MOST:,}, authenticity among {AUTHENTIC_TRAIN:,} training records"
        )
    if not floored:
        notes.append(f"the {SPLITS[split]} split is empty: there is no floor")
    return notes


def protocol(
    extractor: dict[str, Any],
    count: int,
    reference: str,
    split: str,
    train: int,
    k: int = 0,
    repeats: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """What somebody else could repeat the numbers of an evaluation from.

    `reference` says in words what was compared with; `train` counts the training records that were looked at.
    """
    return {
        "extractor": extractor,
        **more,
        "count": count,
        "reference": reference,
        "split": split,
        "resize": "as the codec of the run encodes",
        "repeats": repeats,
        "seeds": list(range(repeats)),
        "confidence": CONFIDENCE,
        "k": k,
        "train": train,
    }
