"""Shards that came without an index: one look at every header, kept in the cache.

Only names, sizes and labels are read, and the headers of the first few pictures of each shard.
"""

import json
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ....settings import DataError, printable
from ...base import Indices, Notify, Raw, Skipped
from ..build import Progress
from ..cache import key_of
from ..decode import Header, Unreadable, probe
from ..listing import stamp_of
from .index import is_url, keyed, shown
from .open import local
from .tar import Broken, Counted, records
from .workers import home

_PROBED = 16
"""Pictures of each shard whose headers are read."""
_THREADS = 4


class Scan(NamedTuple):
    """One shard: its bytes, and for each record a number from its key (n,) uint64 and its label or -1 (n,)."""

    place: str
    bytes: int
    keys: npt.NDArray[np.uint64]
    labels: Indices
    headers: tuple[Header, ...]
    skipped: tuple[Skipped, ...]


def scanned(places: Sequence[str], pixel_limit: int, retries: int, strict: bool, notify: Notify) -> list[Scan]:
    """Raises DataError, naming the shard, when one is missing, empty, damaged, or holds no pictures."""
    progress = Progress(notify, len(places), "looked into")
    found: list[Scan] = []
    told: list[str] = []
    # Shards from elsewhere are mostly waited for, so several are fetched at once.
    with ThreadPoolExecutor(_THREADS if is_url(places[0]) else 1) as pool:
        for scan in pool.map(lambda place: _scan(place, pixel_limit, retries, told), places):
            found.append(scan)
            progress.advance(1)
            while told:
                notify(told.pop(0))
            if strict and scan.skipped:
                raise DataError(f"{shown(scan.place)}/{scan.skipped[0].name}: {scan.skipped[0].reason}")
    return found


def _scan(place: str, pixel_limit: int, retries: int, told: list[str]) -> Scan:
    identity = place if is_url(place) else stamp_of(Path(place))
    path = home() / f"{key_of(['scan', identity, pixel_limit])[:32]}.scan.npz"
    if (known := _known(path, place)) is not None:
        return known
    try:
        with local(place, home(), retries, told.append) as file:
            scan = _looked(place, file, pixel_limit)
    except Broken as error:
        raise DataError(f"{shown(place)}: this shard {error}; restore it, and the same command goes on") from None
    except FileNotFoundError:
        raise DataError(f"{shown(place)}: this shard is missing; put it back, or leave it out of the range") from None
    except OSError as error:
        raise DataError(f"{shown(place)}: cannot be read ({error.strerror or error}); put it back") from None
    if not len(scan.keys):
        what = "is empty (0 bytes)" if not scan.bytes else "holds no pictures (png, jpg, webp or npy)"
        raise DataError(f"{shown(place)}: this shard {what}; restore it, or leave it out")
    _keep(path, scan)
    return scan


def _looked(place: str, path: Path, pixel_limit: int) -> Scan:
    keys: list[str] = []
    labels: list[int] = []
    headers: list[Header] = []
    skipped: list[Skipped] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        # An empty file and one without a header both end the walk at once.
        for entry in records(Counted(file, hashing=False), lambda row: row < _PROBED) if size else ():
            keys.append(entry.key)
            labels.append(entry.label)
            if entry.picture:
                try:
                    headers.append(_header(entry.kind, entry.picture, pixel_limit))
                except Unreadable as reason:
                    skipped.append(Skipped(printable(f"{Path(shown(place)).name}/{entry.key}"), str(reason)))
    return Scan(place, size, keyed(keys), np.array(labels, np.int64), tuple(headers), tuple(skipped))


def _header(kind: str, picture: bytes, pixel_limit: int) -> Header:
    if kind != "npy":
        return probe(picture, pixel_limit)
    raise Unreadable("an array says too little about its pictures; pack them with `ganworks pack`")


def _keep(path: Path, scan: Scan) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{secrets.token_hex(4)}.part")
        about = json.dumps([scan.bytes, scan.headers, scan.skipped]).encode()
        with partial.open("wb") as file:
            np.savez(file, keys=scan.keys, labels=scan.labels, about=np.frombuffer(about, np.uint8))
        partial.replace(path)
    except OSError:
        return  # the next start looks again


def _known(path: Path, place: str) -> Scan | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            size, headers, skipped = json.loads(kept["about"].tobytes())
            found = Scan(
                place,
                size,
                kept["keys"],
                kept["labels"],
                tuple(Header(*each) for each in headers),
                tuple(Skipped(*each) for each in skipped),
            )
        os.utime(path)
        return found
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def classes_of(scans: Sequence[Scan]) -> tuple[tuple[str, ...], str | None]:
    """The numbered classes that all records' labels name, and what the user should know."""
    labelled = [int((scan.labels >= 0).sum()) for scan in scans]
    total, have = sum(len(scan.keys) for scan in scans), sum(labelled)
    if not have:
        return (), None
    if have < total:
        return (), f"the labels were left out: {total - have:,} of {total:,} records have none that is a whole number"
    highest = max(int(scan.labels.max()) for scan in scans)
    if highest >= 100_000:
        return (), f"the labels were left out: they go up to {highest:,}, which are too many classes"
    return tuple(str(number) for number in range(highest + 1)), None


def held_out(keys: Raw, validation: float, test: float) -> npt.NDArray[np.int8]:
    """The split of each record (n,): 0 train, 1 validation, 2 test, by what its key's number is of all numbers."""
    places = keys.astype(np.float64) / 2.0**64
    splits = np.zeros(len(places), np.int8)
    splits[places < test] = 2
    splits[(places >= test) & (places < test + validation)] = 1
    return splits
