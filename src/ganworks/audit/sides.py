"""Sides: records that a run was trained on, as many others that it never saw, and how records are looked at."""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..domains import Codec, Source
from ..domains.base import Fetched, Indices, Raw
from ..evaluation.subject import Notify, Subject
from ..evaluation.views import rows_of
from ..settings import ConfigError, DataError
from ..training.feed import encode

COUNT = 5000
"""Samples that are drawn, and the most records of each side that are attacked."""
TRAIN_MOST = 20_000
"""Training records among which copies are looked for, and members are chosen."""
LEAST = 20
"""Held-out records below which there is no audit."""
PART = 512
CPU = torch.device("cpu")


class Joined(Source):
    """Several splits as one."""

    def __init__(self, *sources: Source):
        self.sources = [each for each in sources if len(each)]
        self.starts = np.cumsum([0, *(len(each) for each in self.sources)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def fetch(self, indices: Indices) -> Fetched:
        owner = np.searchsorted(self.starts, indices, side="right") - 1
        places = [np.flatnonzero(owner == number) for number in range(len(self.sources))]
        parts = [
            source.fetch(indices[place] - start)
            for source, place, start in zip(self.sources, places, self.starts[:-1], strict=True)
            if len(place)
        ]
        order = np.argsort(np.concatenate(places))
        labels = [part.labels for part in parts if part.labels is not None]
        whole = len(labels) == len(parts)
        x = np.concatenate([part.x for part in parts])[order]
        return Fetched(x, np.concatenate(labels)[order] if whole else None)


class Sides(NamedTuple):
    """Who is attacked. No record stands twice on a side."""

    train: Source
    rows: Indices
    """Training records that copies are looked for among, in random order; the first `size` are the members."""
    others: Source
    other_rows: Indices
    """Held-out records, `size` of them."""
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.other_rows)

    @property
    def members(self) -> Indices:
        return self.rows[: self.size]


class Look(NamedTuple):
    """What is seen of some records."""

    features: Tensor
    """(N, F) float64."""
    digests: list[bytes]
    """Of each record as a user gets it, so that equal ones are known."""


class Eye(NamedTuple):
    """How records, raw as stored or as generated, are looked at."""

    name: str
    features: Callable[[Raw], Tensor]
    """Records (B, ...) -> features (B, F)."""
    given: Callable[[Raw], Raw]
    """Records (B, ...) -> the same as a user gets them."""

    def look(self, parts: Iterator[Raw]) -> Look:
        """Raises DataError where a generated sample holds numbers that are not finite."""
        features: list[Tensor] = []
        digests: list[bytes] = []
        for raw in parts:
            seen = self.features(raw).double()
            if not seen.isfinite().all():
                raise DataError(
                    "samples hold numbers that are not finite; the generator has diverged, audit an earlier one"
                )
            features.append(seen)
            digests += [digest(each) for each in self.given(raw)]
        return Look(torch.cat(features), digests)


def prepare(subject: Subject, count: int | None, notify: Notify) -> Sides:
    """Choose members and others: as many of both, each content once.

    Where equal records always share a split, as most domains have it, what stands once on one side could as well have
    stood on the other; repeats would let an attacker tell the sides by counting.
    Raises ConfigError when the count is below LEAST, DataError when too few records are held out.
    """
    if count is not None and count < LEAST:
        raise ConfigError(f"count must be at least {LEAST}, got {count}")
    data = subject.dataset
    others = Joined(data.validation, data.test)
    notify(f"reading {min(len(data.train), TRAIN_MOST) + min(len(others), COUNT):,} records")
    rows = distinct(data.train, rows_of(data.train, min(len(data.train), TRAIN_MOST), "train"))
    held_out = distinct(others, rows_of(others, min(len(others), TRAIN_MOST), "held-out"))
    size = min(count or COUNT, len(held_out), len(rows))
    if size < LEAST:
        raise DataError(
            f"an audit compares at least {LEAST} training records with as many held-out ones, there are {len(rows)} "
            f"and {len(held_out)} that differ; hold more out (such as --set domain.test=0.3) and train anew"
        )
    notes = [f"{size:,} members against {size:,} held-out records (validation and test together)"]
    if count is not None and size < count:
        notes.append(f"{count:,} records of each side were asked for, the splits allow {size:,}")
    if len(data.train) > TRAIN_MOST:
        notes.append(f"members and copies are looked for among {TRAIN_MOST:,} of {len(data.train):,} training records")
    if subject.model.samples < len(data.train):
        notes.append(
            f"the run saw {subject.model.samples:,} samples of {len(data.train):,} training records: attacks look "
            "weaker than they would be on records it has seen"
        )
    return Sides(data.train, rows, others, held_out[:size], tuple(notes))


def fetched(source: Source, rows: Indices) -> Iterator[Raw]:
    """Raw records, PART at a time."""
    for start in range(0, len(rows), PART):
        yield source.fetch(rows[start : start + PART]).x


def generated(subject: Subject, count: int, seed: int = 0) -> Iterator[Raw]:
    """Samples of one seed, PART at a time."""
    for start in range(0, count, PART):
        yield subject.model.generate(min(PART, count - start), seed, start)


def by_samples(codec: Codec, name: str, features: Callable[[Tensor], Tensor]) -> Eye:
    """Look at records as they are encoded, by an extractor of features."""

    def encoded(raw: Raw) -> Tensor:
        return encode(raw, None, codec, CPU, fixed=True).x

    return Eye(name, lambda raw: features(encoded(raw)), lambda raw: codec.decode(encoded(raw)))


def distinct(source: Source, rows: Indices) -> Indices:
    """The rows, in their order, without those whose record came before."""
    seen = [digest(each) for part in fetched(source, rows) for each in part]
    first = {each: place for place, each in reversed(list(enumerate(seen)))}
    return rows[np.array(sorted(first.values()), np.int64)]


def digest(record: Raw) -> bytes:
    """Equal for equal records; there is one zero, and one way to be no number."""
    record = np.ascontiguousarray(record)
    if record.dtype.kind == "f":
        record = np.where(np.isnan(record), np.nan, record + 0.0)
    return hashlib.blake2b(record.tobytes(), digest_size=16).digest()
