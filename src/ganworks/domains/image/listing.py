"""A folder, one file or a manifest -> which picture files there are, their labels and their splits."""

import csv
import json
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ...settings import DataError, no_such, printable
from ..base import Skipped
from .attributes import number_of
from .decode import SUFFIXES, Unreadable

SPLITS = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Folder names and manifest words, in lower case, that name an official split."""
LARGEST_FILE = 1 << 29
"""Bytes of one picture file; more is no picture."""
Stamp = list[tuple[str, int, int]]


class Member(NamedTuple):
    """One picture file: its printable name, where its pile keeps it, its class or attributes, its official split."""

    name: str
    place: Any
    label: str | tuple[float, ...] | None = None
    split: str | None = None


@dataclass
class Listing:
    """What a pile holds. `others` counts the files that are no pictures by their name."""

    members: list[Member] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    others: int = 0


class Pile(ABC):
    """Picture files, wherever they lie."""

    root: str
    """As the user wrote it, for messages."""

    @abstractmethod
    def stamp(self) -> Stamp:
        """(name, bytes, modified in ns) of every file that decides what is read; cheap."""

    @abstractmethod
    def listing(self) -> Listing: ...

    @abstractmethod
    def read(self, members: Sequence[Member]) -> Iterator[bytes | Unreadable]:
        """The content of each member, in the order of the listing."""


class Files(Pile):
    """Picture files of the file system."""

    def __init__(self, root: str, listing: Listing, extra: Sequence[Path] = ()):
        self.root, self._listing, self._extra = root, listing, extra

    def stamp(self) -> Stamp:
        paths = [*self._extra, *(member.place for member in self._listing.members)]
        return [stamp_of(path) for path in paths]

    def listing(self) -> Listing:
        return self._listing

    def read(self, members: Sequence[Member]) -> Iterator[bytes | Unreadable]:
        for member in members:
            try:
                with Path(member.place).open("rb") as file:
                    data = file.read(LARGEST_FILE + 1)
            except OSError as error:
                yield Unreadable(f"cannot be opened ({error.strerror})")
                continue
            yield Unreadable(f"above {LARGEST_FILE} bytes") if len(data) > LARGEST_FILE else data


def stamp_of(path: Path) -> tuple[str, int, int]:
    try:
        state = path.stat()
    except OSError:
        return printable(str(path)), -1, -1
    return printable(str(path.absolute())), state.st_size, state.st_mtime_ns


def folder(path: Path, root: str) -> Files:
    """All pictures below a folder, sorted by the bytes of their names; links are followed, each folder once."""
    listing = Listing()
    found: list[tuple[str, Path]] = []
    for name, each in _walk(path, listing):
        if is_picture(name):
            found.append((name, each))
        else:
            listing.others += 1
    found.sort(key=lambda entry: os.fsencode(entry[0]))
    listing.members = arranged([name for name, _ in found], [each for _, each in found])
    return Files(printable(root), listing)


def one_file(path: Path) -> Files:
    return Files(printable(str(path.parent)), Listing([Member(printable(path.name), path)]))


def manifest(path: Path, attributes: Sequence[str] = ()) -> Files:
    """Pictures named by a CSV or JSON-lines file: `path`, and if given `label` and `split`.

    With attributes, columns of numbers, those take the place of the label; a record that lacks one is left out. Paths
    are relative to the manifest and may not leave its folder. Raises DataError with the line's number.
    """
    rows = csv_rows(path) if path.suffix.lower() == ".csv" else json_rows(path)
    listing = Listing()
    taken: set[str] = set()
    columns: set[str] = set()
    for line, row in rows:
        given = next((row[key] for key in ("path", "file", "image") if row.get(key)), None)
        if not isinstance(given, str):
            raise DataError(f"{path}, line {line}: wanted a column path (or file, or image), got {', '.join(row)}")
        split = str(row.get("split") or "").lower()
        if split and split not in SPLITS:
            raise DataError(f"{path}, line {line}: split must be train, validation or test, got '{split}'")
        name, where = printable(given), path.parent / given
        numbers = _numbers(row, attributes)
        columns |= row.keys() if attributes else set()
        reason = refused(given, where, taken) or (numbers if isinstance(numbers, str) else None)
        if reason:
            listing.skipped.append(Skipped(name, reason))
            continue
        taken.add(os.path.normpath(given))
        label = None if row.get("label") in (None, "") else str(row["label"])
        listing.members.append(Member(name, where, numbers or label, SPLITS.get(split)))
    for each in attributes:
        if columns and each not in columns:
            raise DataError(f"{path}: {no_such('column', each, sorted(columns))}")
    return Files(printable(str(path.parent)), listing, extra=[path])


def arranged(names: Sequence[str], places: Sequence[Any]) -> list[Member]:
    """Members with the labels and official splits that their folders spell.

    Top folders that are all called train, validation or test are splits; one folder around everything means nothing.
    Then the first folder is the class, if every picture lies in one and there are two or more.
    """
    parts = [PurePosixPath(name).parts for name in names]
    splits: list[str | None] = [None] * len(parts)
    while parts and len(parts[0]) > 1 and all(len(part) > 1 and part[0] == parts[0][0] for part in parts):
        parts = [part[1:] for part in parts]
    tops = {part[0].lower() if len(part) > 1 else "" for part in parts}
    if len(tops) > 1 and tops <= set(SPLITS):
        splits = [SPLITS[part[0].lower()] for part in parts]
        parts = [part[1:] for part in parts]
    classes = {part[0] if len(part) > 1 else "" for part in parts}
    labelled = len(classes) > 1 and "" not in classes
    labels = [printable(part[0]) if labelled else None for part in parts]
    rows = zip(names, places, labels, splits, strict=True)
    return [Member(printable(name), place, label, split) for name, place, label, split in rows]


def is_picture(name: str) -> bool:
    """By its suffix; hidden files, as operating systems leave beside pictures, are none."""
    last = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in last.parts)
    return not hidden and last.suffix.lower() in SUFFIXES


def _walk(path: Path, listing: Listing) -> Iterator[tuple[str, Path]]:
    """(relative name, path) of each regular file; folders already seen, as links can make, are not entered again."""
    seen: set[tuple[int, int]] = set()
    waiting = [(path, "")]
    while waiting:
        here, prefix = waiting.pop()
        try:
            state = here.stat()
            if (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            # A link to a folder counts as a second way in, so real folders go first: the stack is popped from its end.
            entries = sorted(os.scandir(here), key=lambda entry: (not entry.is_symlink(), os.fsencode(entry.name)))
        except OSError as error:
            listing.skipped.append(Skipped(printable(prefix or str(path)), f"cannot be opened ({error.strerror})"))
            continue
        for entry in entries:
            name = prefix + entry.name
            kind = _kind(entry)
            if kind == stat.S_IFDIR:
                waiting.append((here / entry.name, name + "/"))
            elif kind == stat.S_IFREG:
                yield name, here / entry.name
            elif is_picture(name):
                reason = "not a regular file" if kind else "a link that leads nowhere"
                listing.skipped.append(Skipped(printable(name), reason))


def _kind(entry: os.DirEntry[str]) -> int:
    """What lies there, through links; 0 when nothing does, as with a link to itself."""
    try:
        return stat.S_IFMT(entry.stat().st_mode)
    except OSError:
        return 0


def _numbers(row: dict[str, Any], attributes: Sequence[str]) -> tuple[float, ...] | str:
    """The attributes of a row; or why there are none."""
    found = []
    for name in attributes:
        value = row.get(name)
        number = number_of(value)
        if number is None:
            missing = value is None or value == ""
            return f"{name} is missing" if missing else f"{name} is no number ('{printable(str(value))[:40]}')"
        found.append(number)
    return tuple(found)


def refused(given: str, where: Path, taken: set[str]) -> str | None:
    normal = os.path.normpath(given)
    if "\0" in given or PurePosixPath(given).is_absolute() or normal.split("/")[0] == "..":
        return "its path leaves the manifest's folder"
    if normal in taken:
        return "listed twice"
    try:
        return None if stat.S_ISREG(where.stat().st_mode) else "not a regular file"
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    except ValueError:  # text that no file system can spell
        return "its name is no text"


def csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                yield reader.line_num, {str(key).strip().lower(): value for key, value in row.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: wanted a CSV manifest in UTF-8, {error}") from None


def json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(f'{path}, line {number}: wanted an object such as {{"path": "a.png"}}')
                yield number, row
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: wanted a manifest with one JSON object a line, {error}") from None
