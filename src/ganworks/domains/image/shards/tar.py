"""The members of one tar shard, in one pass over its bytes; and a shard written member by member.

The layout is WebDataset's: members that share their name up to its first dot belong to one record, `00000017.png` and
`00000017.cls`. Nothing is ever extracted, so a name can do no harm.
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from ..listing import LARGEST_FILE

PICTURES = ("png", "jpg", "jpeg", "webp", "npy")
LABELS = ("cls", "json")
PARTIAL = ".partial-"
_BLOCK = 512
_FILES, _LONG_NAME, _EXTENDED = (b"0", b"\0", b"7"), b"L", b"x"
_LARGEST_NAME = 1 << 16
_MOST_DIGITS = 18


class Broken(Exception):
    """The bytes are no tar archive, or no longer a whole one."""


class Entry(NamedTuple):
    """One record: its key, its picture's kind and bytes (empty where they were not wanted), and its label or -1."""

    key: str
    kind: str
    picture: bytes
    label: int


class Counted:
    """Reads a file from front to back, counting, and hashing where somebody will compare."""

    def __init__(self, file: IO[bytes], hashing: bool):
        self.file, self.bytes = file, 0
        self._seal = hashlib.sha256() if hashing else None
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)

    @property
    def sha256(self) -> str:
        return self._seal.hexdigest() if self._seal else ""

    def read(self, count: int) -> bytes:
        """All of `count` bytes. Raises Broken where the file ends before."""
        data = self.file.read(count)
        self.bytes += len(data)
        if self._seal:
            self._seal.update(data)
        if 0 < len(data) < count or (count and not data and self.bytes % _BLOCK):
            raise Broken(f"is cut short after {self.bytes:,} bytes")
        return data

    def skip(self, count: int) -> None:
        if self._seal is None:
            if self.bytes + count > self._size:
                raise Broken(f"is cut short after {self._size:,} bytes")
            self.file.seek(count, os.SEEK_CUR)
            self.bytes += count
            return
        while count:
            count -= len(self._least(min(count, 1 << 20)))

    def rest(self) -> None:
        """Read on to the end of the file."""
        while data := self.file.read(1 << 20):
            self.bytes += len(data)
            if self._seal:
                self._seal.update(data)

    def content(self, count: int) -> bytes:
        """A member's bytes, without what pads them to whole blocks."""
        data = self._least(count) if count else b""
        self.skip(-count % _BLOCK)
        return data

    def _least(self, count: int) -> bytes:
        data = self.read(count)
        if len(data) < count:
            raise Broken(f"is cut short after {self.bytes:,} bytes")
        return data


def records(file: Counted, wanted: Callable[[int], bool] = lambda place: True) -> Iterator[Entry]:
    """The records that have a picture, in the order they lie there; of others than the wanted places, no pictures.

    Raises Broken.
    """
    place, key, kind, picture, label = 0, "", "", b"", -1
    for name, size in _members(file):
        folder, _, last = name.rpartition("/")
        stem, _, suffix = last.partition(".")
        if (stem_of := f"{folder}/{stem}" if folder else stem) != key:
            if kind:
                yield Entry(key, kind, picture, label)
                place += 1
            key, kind, picture, label = stem_of, "", b"", -1
        suffix = suffix.lower()
        if suffix in PICTURES and not kind and stem:
            kind = suffix
            if size > LARGEST_FILE:
                raise Broken(f"holds a picture above {LARGEST_FILE} bytes")
            if wanted(place):
                picture = file.content(size)
            else:
                file.skip(size + -size % _BLOCK)
        elif suffix in LABELS and size <= _LARGEST_NAME and label < 0:
            label = _label(suffix, file.content(size))
        else:
            file.skip(size + -size % _BLOCK)
    if kind:
        yield Entry(key, kind, picture, label)


class ShardWriter:
    """Writes one shard under a partial name; it has its own name when it is whole. The same records, the same bytes."""

    def __init__(self, path: Path):
        self.path, self.records, self.bytes = path, 0, 0
        self._partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
        self._file = self._partial.open("wb")
        self._seal = hashlib.sha256()

    def add(self, key: str, members: Mapping[str, bytes]) -> None:
        """One record, a member for each suffix."""
        for suffix, content in members.items():
            header = tarfile.TarInfo(f"{key}.{suffix}")
            header.size = len(content)
            self._write(header.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % _BLOCK))
        self.records += 1

    def finish(self) -> tuple[int, str]:
        """Bytes and SHA-256 of the shard, which is on the disk now."""
        end = 2 * _BLOCK
        self._write(bytes(end + -(self.bytes + end) % tarfile.RECORDSIZE))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self.path)
        return self.bytes, self._seal.hexdigest()

    def abandon(self) -> None:
        self._file.close()
        with suppress(OSError):
            self._partial.unlink()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._seal.update(data)
        self.bytes += len(data)


def sealed(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _members(file: Counted) -> Iterator[tuple[str, int]]:
    """Name and size of each regular file; whoever asks for the next has read this one's blocks, or skipped them."""
    long_name: str | None = None
    size_said: int | None = None
    while header := file.read(_BLOCK):
        if not header.strip(b"\0"):
            break
        kind, size = header[156:157], _size(header)
        if kind == _LONG_NAME and size <= _LARGEST_NAME:
            long_name = _text(file.content(size))
        elif kind == _EXTENDED and size <= _LARGEST_NAME:
            said = _extended(file.content(size))
            long_name = said.get("path", long_name)
            size_said = int(said["size"]) if said.get("size", "").isdecimal() else None
        elif kind in _FILES:
            name, prefix = _text(header[:100]), _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
            yield long_name or (f"{prefix}/{name}" if prefix else name), size if size_said is None else size_said
            long_name = size_said = None
        else:
            size = size if size_said is None else size_said
            if kind not in b"123456":  # links, devices and folders have no content
                file.skip(size + -size % _BLOCK)
            long_name = size_said = None
    file.rest()


def _size(header: bytes) -> int:
    """The size a header declares. Raises Broken unless the header's own sum is right."""
    try:
        told = int(header[148:156].split(b"\0")[0].strip() or b"0", 8)
        if len(header) == _BLOCK and told == sum(header) - sum(header[148:156]) + 8 * 32:
            field = header[124:136]
            size = int.from_bytes(field[4:], "big") if field[0] & 0x80 else int(field.strip(b"\0 ") or b"0", 8)
            if size.bit_length() < 60:
                return size
    except ValueError:
        pass
    raise Broken("is no tar archive, or damaged")


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _extended(data: bytes) -> dict[str, str]:
    """`length key=value` lines, as POSIX.1-2001 has them."""
    said: dict[str, str] = {}
    while data:
        length = data.partition(b" ")[0]
        if not length.isdigit() or not 0 < int(length) <= len(data):
            raise Broken("is no tar archive, or damaged")
        key, _, value = data[len(length) + 1 : int(length) - 1].decode("utf-8", "surrogateescape").partition("=")
        said[key], data = value, data[int(length) :]
    return said


def _label(kind: str, content: bytes) -> int:
    """The whole number a label file holds, or -1: JSON as itself, or under `label`, `cls` or `class`."""
    try:
        if kind == "json":
            value = json.loads(content)
            if isinstance(value, dict):
                value = next((value[key] for key in ("label", "cls", "class") if key in value), -1)
            return value if isinstance(value, int) and 0 <= value < 1 << 31 else -1
        text = content.strip()
        return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else -1
    except (ValueError, RecursionError):
        return -1
