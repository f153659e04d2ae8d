"""Shards -> a data set whose training split is streamed, and whose held-out splits are few enough to keep."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....settings import ConfigError, DataError
from ...base import Dataset, Notify, Raw, Skipped, Source, Stored
from ..decode import Header
from ..resize import Plan, plan
from .decode import Job, room
from .index import (
    INDEX,
    ShardIndex,
    beside,
    expanded,
    is_url,
    keyed,
    parsed,
    shown,
)
from .open import content
from .scan import classes_of, held_out, scanned
from .stream import Part, Streamed
from .workers import Workshop, home

if TYPE_CHECKING:
    from ..domain import Image

HELD_OUT = 10_000
"""Records of each held-out split, about; the rest of what could be held out is trained on."""
_HELD_OUT_BYTES = 1 << 28
NAMES = ("train", "validation", "test")
_LARGE_BLOCKS = 1 << 30


@dataclass(frozen=True)
class _Found:
    """All shards with what is known of them."""

    parts: list[Part]
    plan: Plan
    splits: Sequence[str | None] | None = None
    """The split that the index gives to each whole shard, if it does."""
    keys: list[Raw] | None = None
    """Where there is no index: a number from each record's key (n,) uint64, by shard."""
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def read_shards(image: "Image", text: str, notify: Notify, strict: bool) -> Dataset:
    """Raises DataError in one line when a shard, or the index, is missing or is not what it should be."""
    if image.stack > 1:
        raise ConfigError("stack works on pictures that fit into memory; leave it out for shards")
    index_place, places = _named(text)
    index = _index(index_place, places, image.retries, notify)
    found = _by_scan(image, places, notify, strict) if index is None else _by_index(image, index, index_place)
    how = Job(
        plan=found.plan, reshape=image.reshape, background=image.background, pixel_limit=image.pixel_limit,
        strict=strict, retries=image.retries, spool=str(home()),
    )  # fmt: skip
    workshop = Workshop(image.workers, image.cache_bytes, notify)
    most = min(HELD_OUT, _HELD_OUT_BYTES // room(how, 1).nbytes)
    parts = _divided(image, found, most)
    if not any(part.count for part in parts["train"]):
        raise DataError(f"{shown(text)}: nothing is left to train on; lower domain.validation and domain.test")
    labelled = bool(found.classes)
    train = Streamed([part for part in parts["train"] if part.count], how, workshop, labelled, image.block)
    validation, test = (_kept(_enough(parts[split], most), how, workshop, labelled) for split in NAMES[1:])
    total = len(train) + len(validation) + len(test)
    return Dataset(
        train,
        validation,
        test,
        fingerprint=_fingerprint(image, found, parts),
        classes=found.classes,
        skipped=found.skipped,
        notes=(*found.notes, *_remarks(train, len(found.parts), total)),
        facts={**found.plan.model_dump(mode="json", exclude={"fitted"}), "records": total, "endless": False},
    )


def _named(text: str) -> tuple[str, list[str]]:
    """Where an index lies or would lie, and the shards that the text itself names, if it does."""
    if not is_url(text):
        place = Path(text).expanduser()
        if place.name == INDEX:
            return str(place), []
        if place.is_dir():
            found = sorted(str(each) for each in place.glob("*.tar") if not each.name.startswith("."))
            return str(place / INDEX), [] if (place / INDEX).is_file() else found
        return str(place.parent / INDEX), expanded(str(place))
    path = text.partition("?")[0]
    if path.endswith(("/", INDEX)):
        return beside(text, INDEX), []
    if not path.endswith(".tar"):
        raise DataError(f"{shown(text)}: wanted .tar shards such as {{000000..000099}}.tar, or their {INDEX}")
    return beside(text, INDEX), expanded(text)


def _index(place: str, places: Sequence[str], retries: int, notify: Notify) -> ShardIndex | None:
    """The index, cut to the shards that were named; None where they were named and there is none that knows them."""
    try:
        index = parsed(content(place, retries, notify), shown(place))
    except FileNotFoundError as error:
        if places:
            return None
        raise DataError(
            f"{shown(place)}: there is no index ({error.strerror or error}); name the shards, {{000000..000099}}.tar"
        ) from None
    except OSError as error:
        raise DataError(f"{shown(place)}: cannot be read ({error.strerror or error}); put it back") from None
    if places:
        named = {Path(shown(each)).name for each in places}
        chosen = tuple(shard for shard in index.shards if shard.name in named)
        return index.model_copy(update={"shards": chosen}) if len(chosen) == len(places) else None
    if not index.complete:
        have = sum(shard.records for shard in index.shards)
        raise DataError(
            f"{shown(place)}: its making was stopped at {have:,} of {index.records:,} records; run that command again"
        )
    if not index.shards:
        raise DataError(f"{shown(place)}: lists no shards; pack the data again")
    return index


def _by_index(image: "Image", index: ShardIndex, place: str) -> _Found:
    height, width = index.size
    header = Header(height, width, index.channels > 2, index.channels in (2, 4), index.bits == 16, False, False, False)
    # What was packed at one size is wanted at that size, whatever the largest is that is chosen unasked.
    asked = image.model_copy(update={"size": image.size or index.size, "channels": image.channels or index.channels})
    target, notes = plan(asked, [header], own_channels=index.channels if index.mode == "n" else None)
    parts = [Part(beside(place, each.name), each.records, each.bytes, each.sha256) for each in index.shards]
    splits = [each.split for each in index.shards]
    return _Found(parts, target, splits if any(splits) else None, None, index.classes, tuple(notes))


def _by_scan(image: "Image", places: Sequence[str], notify: Notify, strict: bool) -> _Found:
    if not places:
        raise DataError("wanted .tar shards, there are none; name them as {000000..000099}.tar")
    scans = scanned(places, image.pixel_limit, image.retries, strict, notify)
    headers = [header for scan in scans for header in scan.headers]
    skipped = tuple(each for scan in scans for each in scan.skipped)
    if not headers:
        raise DataError(f"{shown(places[0])}: no picture at the head of a shard can be read; {skipped[0].reason}")
    target, notes = plan(image, headers)
    classes, remark = classes_of(scans)
    count = sum(len(scan.keys) for scan in scans)
    notes.append(f"{count:,} records in shards without an index; {len(headers):,} pictures were looked at")
    return _Found(
        parts=[Part(scan.place, len(scan.keys), scan.bytes) for scan in scans],
        plan=target,
        keys=[scan.keys for scan in scans],
        classes=classes,
        notes=(*notes, *([remark] if remark else [])),
        skipped=skipped,
    )


def _divided(image: "Image", found: _Found, most: int) -> dict[str, list[Part]]:
    """The shards of each split, or their rows.

    An index may give whole shards to a split. Else a record's key decides, in as few shards as hold enough, taken in
    an order of their names' hashes: what was never opened is trained on.
    """
    divided: dict[str, list[Part]] = {name: [] for name in NAMES}
    if found.splits:
        for part, split in zip(found.parts, found.splits, strict=True):
            divided[split or "train"].append(part)
        return divided
    train = list(found.parts)
    first = np.concatenate([[0], np.cumsum([part.records for part in train])])
    names = [Path(shown(part.place)).name for part in train]
    have = dict.fromkeys(NAMES[1:], 0)
    for number in sorted(range(len(names)), key=lambda each: (hashlib.sha256(names[each].encode()).digest(), each)):
        if min(have.values()) >= most or not (image.validation or image.test):
            break
        keys = found.keys[number] if found.keys else keyed(range(first[number], first[number + 1]))
        splits = held_out(keys, image.validation, image.test)
        for number_of, split in enumerate(NAMES[1:], 1):
            rows = np.flatnonzero(splits == number_of)
            if have[split] >= most:
                splits[rows] = 0
            elif len(rows):
                divided[split].append(replace(train[number], rows=rows))
                have[split] += len(rows)
        if splits.any():
            train[number] = replace(train[number], rows=np.flatnonzero(splits == 0))
    return {**divided, "train": train}


def _enough(parts: list[Part], most: int) -> list[Part]:
    """As many as are kept of a held-out split."""
    kept: list[Part] = []
    for part in parts:
        if most <= 0:
            break
        kept.append(part if part.count <= most else replace(part, rows=part.inside(np.arange(most))))
        most -= kept[-1].count
    return kept


def _kept(parts: list[Part], how: Job, workshop: Workshop, labelled: bool) -> Source:
    """The records of these parts, in memory."""
    x, done = room(how, sum(part.count for part in parts)), 0
    labels = np.empty(len(x), np.int64)
    for part in parts:
        rows = slice(done, done + part.count)
        if part.rows is None:  # a whole shard goes through the cache, and the next start decodes nothing
            x[rows], labels[rows] = workshop.wait(workshop.begin(part.job(how)))
        else:
            x[rows], labels[rows] = workshop.some(part.job(how), part.rows)
        done += part.count
    return Stored(x, np.arange(len(x)), labels if labelled else None)


def _fingerprint(image: "Image", found: _Found, parts: dict[str, list[Part]]) -> str:
    """Where the shards lie does not count, what they hold does."""
    settings = image.model_dump_json(include={"reshape", "alpha", "background", "stack"})
    digest = hashlib.sha256(f"shards {settings}{found.plan.toml()}{found.classes}".encode())
    for number, part in enumerate(found.parts):
        name = Path(shown(part.place)).name
        digest.update(f"{name} {part.records} {part.bytes} {part.sha256}\n".encode())
        if found.keys is not None:
            digest.update(found.keys[number].astype("<u8").data)
    for split in NAMES[1:]:
        digest.update(f"{split} {sum(part.count for part in parts[split])}\n".encode())
    return digest.hexdigest()


def _remarks(train: Streamed, shards: int, total: int) -> list[str]:
    notes = [f"{total:,} records streamed from {shards:,} shards"]
    block = max(min(train.block, len(train)), int(train.counts.max())) * room(train.how, 1).nbytes
    if 2 * block > _LARGE_BLOCKS:
        notes.append(f"two blocks of {block / 1e9:.1f} GB are in use at a time; pack into smaller shards for less")
    return notes
