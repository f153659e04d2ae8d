"""Picture files inside zip and tar archives, read member by member: nothing is ever extracted."""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ...settings import DataError, printable
from ..base import Skipped
from .decode import Unreadable
from .listing import LARGEST_FILE, Listing, Pile, Stamp, arranged, is_picture, stamp_of

MOST_MEMBERS = 1_000_000
LARGEST_RATIO = 200
"""Unpacked over packed bytes beyond which a member, or a packed tar, is taken for a bomb."""
HARMLESS = 1 << 26
"""Bytes that may be unpacked at any ratio."""
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error,
    EOFError, OSError, ValueError, RuntimeError,
)  # fmt: skip
"""What unpacking raises on bytes that are no archive, or no longer one."""


def archive(path: Path) -> Pile:
    return Zip(path) if path.name.lower().endswith(".zip") else Tar(path)


class Zip(Pile):
    """The members of a zip file, sorted by the bytes of their names."""

    def __init__(self, path: Path):
        self.path, self.root = path, printable(str(path))

    def stamp(self) -> Stamp:
        return [stamp_of(self.path)]

    def listing(self) -> Listing:
        listing = Listing()
        with self._opened() as packed:
            entries = packed.infolist()
            _check_count(len(entries), self.root)
            _check_overlap(entries, self.root)
            keep: dict[str, zipfile.ZipInfo] = {}
            for entry in entries:
                if entry.is_dir():
                    continue
                # zipfile cuts names at NUL; the name before that is the one that tries to deceive.
                reason = _bad_name(entry.orig_filename, keep) or _bad_entry(entry)
                if _triage(listing, entry.orig_filename, entry.filename, reason):
                    keep[entry.filename] = entry
        names = sorted(keep, key=lambda name: name.encode("utf-8", "surrogatepass"))
        listing.members = arranged(names, [keep[name] for name in names])
        return listing

    def read(self, members: Sequence[Any]) -> Iterator[bytes | Unreadable]:
        with self._opened() as packed:
            for member in members:
                try:
                    with packed.open(member.place) as file:
                        yield _counted(file)
                except _BROKEN as error:
                    yield Unreadable(f"cannot be unpacked ({_line(error)})")

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except _BROKEN as error:
            raise DataError(f"{self.root}: wanted a zip archive, {_line(error)}") from None


class Tar(Pile):
    """The members of a tar file, packed or not, in the order they lie there: a packed tar has no way back."""

    def __init__(self, path: Path):
        self.path, self.root = path, printable(str(path))

    def stamp(self) -> Stamp:
        return [stamp_of(self.path)]

    def listing(self) -> Listing:
        listing = Listing()
        keep: dict[str, int] = {}
        for place, entry, _ in self._entries():
            _check_count(place, self.root)
            if entry.isdir():
                continue
            reason = _bad_name(entry.name, keep) or _bad_kind(entry)
            if _triage(listing, entry.name, entry.name, reason):
                keep[entry.name] = place
        listing.members = arranged(list(keep), list(keep.values()))
        return listing

    def read(self, members: Sequence[Any]) -> Iterator[bytes | Unreadable]:
        wanted = {member.place for member in members}
        for place, entry, packed in self._entries():
            if place in wanted:
                try:
                    file = packed.extractfile(entry)
                    yield _counted(file) if file else Unreadable("not a regular file")
                except _BROKEN as error:
                    yield Unreadable(f"cannot be unpacked ({_line(error)})")

    def _entries(self) -> Iterator[tuple[int, tarfile.TarInfo, tarfile.TarFile]]:
        bound = max(HARMLESS, LARGEST_RATIO * self.path.stat().st_size)
        try:
            with tarfile.open(self.path, mode="r:*") as packed:
                for place, entry in enumerate(packed):
                    if entry.offset_data + entry.size > bound:
                        raise DataError(
                            f"{self.root}: unpacks to over {LARGEST_RATIO} times its size, refused as a bomb"
                        )
                    yield place, entry, packed
                    packed.members.clear()  # type: ignore[attr-defined]  # else tarfile keeps every header it has seen
        except DataError:
            raise
        except _BROKEN as error:
            raise DataError(f"{self.root}: wanted a tar archive, {_line(error)}") from None


def _triage(listing: Listing, given: str, name: str, reason: str | None) -> bool:
    """Put a member that is no picture, or a bad one, on the listing's books. Returns whether it is to be kept."""
    if reason:
        listing.skipped.append(Skipped(printable(given), reason))
    elif not is_picture(name):
        listing.others += 1
    return not reason and is_picture(name)


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _counted(file: IO[bytes]) -> bytes | Unreadable:
    # What a header declares may be a lie, so the bytes are counted as they come.
    data = file.read(LARGEST_FILE + 1)
    return Unreadable(f"above {LARGEST_FILE} bytes") if len(data) > LARGEST_FILE else data


def _check_count(count: int, root: str) -> None:
    if count > MOST_MEMBERS:
        raise DataError(f"{root}: holds over {MOST_MEMBERS} entries; unpack it to a folder first")


def _check_overlap(entries: Sequence[zipfile.ZipInfo], root: str) -> None:
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for first, second in pairwise(ordered):
        if first.header_offset + first.compress_size > second.header_offset:
            raise DataError(f"{root}: its members overlap, refused as a bomb")


def _bad_name(name: str, taken: dict[str, Any]) -> str | None:
    parts = PurePosixPath(name).parts
    if "\0" in name or "\\" in name or name[1:2] == ":":
        return "its name has a NUL, a backslash or a drive"
    if name.startswith("/") or ".." in parts:
        return "its name leads out of the archive"
    return "a second member of the same name" if name in taken else None


def _bad_entry(entry: zipfile.ZipInfo) -> str | None:
    kind = (entry.external_attr >> 16) & 0o170000
    if kind not in (0, 0o100000):
        return "a link or a device"
    if not is_picture(entry.filename):
        return None
    if entry.flag_bits & 1:
        return "encrypted"
    if entry.file_size > HARMLESS and entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1):
        return f"unpacks to over {LARGEST_RATIO} times its size, refused as a bomb"
    return None


def _bad_kind(entry: tarfile.TarInfo) -> str | None:
    return None if entry.isreg() else "a link or a device"
