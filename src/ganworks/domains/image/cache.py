"""Decoded pictures on disk: an array file that is mapped, not loaded, and is trusted only when its sums agree.

<cache>/image/<key>/pictures.npy   (N, H, W, C) uint8 or uint16
                    records.npz    hashes (N, 16) uint8, labels (N,) int64 or attributes (N, A) float32 in their
                                   place, official (N,) int8
                    about.json     what else is known, and the sums of the other two
<cache>/image/stamps/<stamp>       names the key of files that have not changed since
"""

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import platformdirs
from pydantic import ValidationError

from ...settings import DataError, Settings
from ..base import Notify, Raw, Skipped
from .resize import Plan

VERSION = 1
"""Of the format and of how pictures are decoded; raised when either changes."""
OFFICIAL = {None: -1, "train": 0, "validation": 1, "test": 2}
_WHOLE = 1 << 29
_BLOCK, _BLOCKS = 1 << 16, 256
_STALE_SECONDS = 86_400


class About(Settings):
    """What is known of a table besides its arrays."""

    plan: Plan
    classes: tuple[str, ...] = ()
    labelled: bool = False
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    total: int
    """Records that were tried, those left out among them."""


class Record(NamedTuple):
    """What is kept beside the pixels of one picture."""

    hash: bytes
    label: int | tuple[float, ...] = -1
    """The number of its class, or its attributes."""
    official: int = -1


class Table(NamedTuple):
    """All records of a data set, of all splits: pictures (N, H, W, C), and an entry each in the others."""

    pictures: Raw
    hashes: npt.NDArray[np.uint8]
    labels: Raw
    """(N,) int64, or attributes (N, A) float32."""
    official: npt.NDArray[np.int8]
    about: About


def cache_folder() -> Path:
    """Where decoded and downloaded data is kept: $GANWORKS_CACHE, else the user's cache folder."""
    return Path(os.environ.get("GANWORKS_CACHE") or platformdirs.user_cache_dir("ganworks"))


def key_of(parts: Iterable[Any]) -> str:
    """SHA-256 over plain values."""
    digest = hashlib.sha256(f"image {VERSION}\n".encode())
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def known_key(stamp: str) -> str | None:
    """The key that these unchanged files had last time."""
    try:
        return (_home() / "stamps" / stamp).read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def remember(stamp: str, key: str) -> None:
    with suppress(OSError):  # without it the next read only takes longer
        (_home() / "stamps").mkdir(parents=True, exist_ok=True)
        temporary = _home() / "stamps" / f"{stamp}.{secrets.token_hex(4)}"
        temporary.write_text(key, "ascii")
        temporary.replace(_home() / "stamps" / stamp)


def load(key: str) -> Table | None:
    """The table kept under a key; None when there is none, or it is damaged."""
    folder = _home() / key
    try:
        tree = json.loads((folder / "about.json").read_text("utf-8"))
        for name, expected in tree.pop("sums").items():
            if _sum(folder / name) != expected:
                return None
        about = About.model_validate(tree)
        pictures = np.load(folder / "pictures.npy", mmap_mode="r", allow_pickle=False)
        with np.load(folder / "records.npz", allow_pickle=False) as records:
            return Table(pictures, records["hashes"], records["labels"], records["official"], about)
    except (OSError, ValueError, KeyError, AttributeError, ValidationError):
        return None


class Writer:
    """Collects records in a cache folder of its own, which gets its name when it is complete.

    Where the disk cannot be written, or is full, the records stay in memory and the watcher is told.
    """

    def __init__(self, key: str, plan: Plan, notify: Notify):
        self.key, self.notify = key, notify
        self.dtype = np.dtype(np.uint16 if plan.bits == 16 else np.uint8)
        self.shape = (plan.height, plan.width, plan.channels)
        self.records: list[Record] = []
        self.memory: list[Raw] = []
        self.file: IO[bytes] | None = None
        self.folder = _home() / f"{key}.tmp-{secrets.token_hex(4)}"
        try:
            _sweep()
            self.folder.mkdir(parents=True)
            # Unbuffered, so that what was appended is on disk when a later write fails.
            self.file = (self.folder / "pictures.npy").open("w+b", buffering=0)
            self._header(0)
        except OSError as error:
            self._to_memory(error)

    def append(self, pictures: Raw, records: list[Record]) -> None:
        """pictures (B, H, W, C) and their B records."""
        pictures = np.ascontiguousarray(pictures, self.dtype)
        if self.file is not None:
            try:
                rest = pictures.data.cast("B")
                while rest:
                    rest = rest[self.file.write(rest) :]
            except OSError as error:
                self._to_memory(error)
        if self.file is None:
            self.memory.append(pictures)
        self.records += records

    def finish(self, about: About) -> Table:
        hashes = np.frombuffer(b"".join(each.hash for each in self.records), np.uint8).reshape(-1, 16)
        attributes = bool(self.records) and isinstance(self.records[0].label, tuple)
        labels = np.array([each.label for each in self.records], np.float32 if attributes else np.int64)
        official = np.array([each.official for each in self.records], np.int8)
        if self.file is not None:
            try:
                self._publish(hashes, labels, official, about)
            except OSError as error:
                self._to_memory(error)
            else:
                table = load(self.key)
                if table is None:
                    raise DataError(f"{_home()}: what was written there cannot be read back; set GANWORKS_CACHE")
                return table
        return Table(np.concatenate(self.memory), hashes, labels, official, about)

    def abandon(self) -> None:
        """Remove what was begun."""
        if self.file is not None:
            self.file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _publish(self, hashes: Raw, labels: Raw, official: Raw, about: About) -> None:
        assert self.file is not None
        self._header(len(self.records))
        os.fsync(self.file.fileno())
        self.file.close()
        np.savez(self.folder / "records.npz", hashes=hashes, labels=labels, official=official)
        sums = {name: _sum(self.folder / name) for name in ("pictures.npy", "records.npz")}
        text = json.dumps({**about.model_dump(mode="json"), "sums": sums})
        (self.folder / "about.json").write_text(text, "utf-8")
        final = _home() / self.key
        if final.exists() and load(self.key) is None:
            shutil.rmtree(final, ignore_errors=True)
        try:
            self.folder.rename(final)
        except OSError:
            if load(self.key) is None:
                raise
            shutil.rmtree(self.folder, ignore_errors=True)  # another process was faster

    def _header(self, count: int) -> None:
        """numpy leaves room in the header for the first axis to grow, so it can be written again at the end."""
        assert self.file is not None
        self.file.seek(0)
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (count, *self.shape)}
        np.lib.format.write_array_header_1_0(self.file, header)

    def _to_memory(self, error: OSError) -> None:
        self.notify(f"{_home()}: cannot be written ({error.strerror or error}); the pictures are kept in memory")
        if self.records:
            size = int(np.prod(self.shape)) * len(self.records)
            with (self.folder / "pictures.npy").open("rb") as file:
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
                kept = np.frombuffer(file.read(size * self.dtype.itemsize), self.dtype)
            self.memory.append(kept.reshape(-1, *self.shape))
        self.abandon()
        self.file = None


def _home() -> Path:
    return cache_folder() / "image"


def _sum(path: Path) -> str:
    """SHA-256 of a file; of one above 512 MB, of its length and 256 blocks spread over it, so that a start is quick."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= _WHOLE:
            while block := file.read(1 << 20):
                digest.update(block)
        else:
            for index in range(_BLOCKS):
                file.seek((size - _BLOCK) * index // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _sweep() -> None:
    """Remove what killed processes left behind."""
    for path in _home().glob("*.tmp-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(path)
