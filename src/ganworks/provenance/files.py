"""Marks on files: in the file where its kind can carry one, else in a side file or a list beside it."""

import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from ..settings import ConfigError, DataError, Settings
from . import media, pictures
from .mark import AIGC, KEY, Label, Mark, Words, words

SIDE = ".provenance.json"
"""Ends the name of a side file: rows.csv has rows.csv.provenance.json."""
LIST = "provenance.json"
"""The one side file of a folder whose many files cannot carry marks."""
MOST = 8 << 30
"""Bytes of a file that is looked into."""
_FAULTS = struct.error, IndexError, OverflowError
"""What numbers that lie lead to."""
LONGEST = 256 << 20
"""Bytes of a list of marks that is read."""


class Carrier(NamedTuple):
    """How files of one kind carry marks."""

    how: str
    insert: Callable[[bytes, Words], bytes]
    extract: Callable[[bytes], Words]


class Beside(Settings):
    """The mark of a file, or of many, that cannot carry one."""

    mark: Mark
    """That of the file; of many, what all of them share."""
    aigc: Label | None = None
    """The block of China's Labelling Measures, where it was asked for."""
    sha256: str = ""
    """Of the one file that this stands beside."""
    files: dict[str, tuple[int | None, str]] = Field(default_factory=dict)
    """In a list: each file's index and SHA-256, by name."""


class Found(NamedTuple):
    """What is known of a file."""

    mark: Mark
    aigc: Label | None
    place: Path
    """Where the mark stands: the file itself, or one beside it."""
    whole: bool | None
    """Whether the file is the one its side file was written for; None for a mark in the file, which does not say."""


def stamped(data: bytes, suffix: str, mark: Mark, producer: str | None = None) -> bytes:
    """A file's bytes with the mark in them, in the place of one that is there; what the file shows is unchanged.

    `suffix` says its kind. A `producer` puts the AIGC block in too. Raises ConfigError for a kind that carries none.
    """
    carrier = CARRIERS.get(suffix.lower())
    if carrier is None:
        raise ConfigError(f"'{suffix}' files carry no marks, wanted one of {' '.join(CARRIERS)}; use a side file")
    said = words(mark, producer)
    try:
        return carrier.insert(data, said)
    except _FAULTS:
        raise DataError(pictures.CUT) from None


def stamp(path: Path, mark: Mark, producer: str | None = None) -> Path:
    """Mark one file; returns where the mark stands. Raises DataError for a damaged file, ConfigError if unwritable."""
    return stamp_all([(path, mark)], producer)[0]


def stamp_all(marks: Iterable[tuple[Path, Mark]], producer: str | None = None, fresh: bool = False) -> list[Path]:
    """Mark files, each in itself or beside it; many in one folder that cannot carry marks get one list.

    Files that are `fresh`, whole only once they are marked, are written where they stand, which is twice as quick.
    """
    places, beside = [], dict[Path, list[tuple[Path, Mark]]]()
    for path, mark in marks:
        if path.suffix.lower() in CARRIERS:
            _replace(path, mark, producer, fresh)
            places.append(path)
        else:
            beside.setdefault(path.parent, []).append((path, mark))
    for folder, some in beside.items():
        if len(some) == 1 and not (folder / LIST).exists():
            ((path, mark),) = some
            page = Beside(mark=mark, aigc=_label(producer, mark), sha256=digest(path))
            places.append(_written(path.with_name(path.name + SIDE), page.model_dump_json(exclude_none=True, indent=1)))
        else:
            places.append(_listed(folder, some, producer))
    return places


def mark_list(
    folder: Path, mark: Mark, files: Mapping[str, tuple[int | None, str]], producer: str | None = None
) -> Path:
    """Write a folder's list of marks: of each file by name its index and SHA-256, which the caller knows."""
    page = Beside(mark=mark, aigc=_label(producer, mark), files=dict(files))
    return _written(folder / LIST, json.dumps([page.tree()], indent=1))


def read(path: Path) -> Mark | None:
    """The mark of a file, from the file or from beside it; None where there is none, which proves nothing.

    Raises DataError for a file that cannot be read, or a mark that was damaged.
    """
    found = look(path)
    return None if found is None else found.mark


def look(path: Path) -> Found | None:
    """All that is known of a file by its marks. Raises DataError as `read` does."""
    try:
        if not path.is_file():
            raise DataError(f"{path}: wanted a file, there is none")
        return _inside(path) or _beside(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}; allow reading it") from None
    except DataError as error:
        line = str(error)
        raise DataError(line if line.startswith(str(path)) else f"{path}: {line}; get the file anew") from None


def _inside(path: Path) -> Found | None:
    carrier = CARRIERS.get(path.suffix.lower())
    if carrier is None:
        return None
    if path.stat().st_size > MOST:
        raise DataError(f"it has more than {MOST >> 30} GB, which is not read")
    try:
        said = carrier.extract(path.read_bytes())
    except _FAULTS:
        raise DataError(pictures.CUT) from None
    if KEY not in said:
        return None
    return Found(Mark.parsed(said[KEY]), _label_of(said.get(AIGC)), path, None)


def _beside(path: Path) -> Found | None:
    side, listed = path.with_name(path.name + SIDE), path.with_name(LIST)
    if side.is_file():
        page = _page(side, single=True)[0]
        return Found(page.mark, page.aigc, side, digest(path) == page.sha256)
    for page in reversed(_page(listed)) if listed.is_file() else []:
        if path.name in page.files:
            index, sha256 = page.files[path.name]
            mark = page.mark.model_copy(update={"index": index})
            aigc = None if page.aigc is None else Label.of(page.aigc.ContentProducer, mark)
            return Found(mark, aigc, listed, digest(path) == sha256)
    return None


def _listed(folder: Path, some: list[tuple[Path, Mark]], producer: str | None) -> Path:
    """Add files to their folder's list; those of one call that differ in their index alone share a mark."""
    place, names = folder / LIST, {path.name for path, _ in some}
    pages: dict[str, Beside] = {}
    for page in _page(place) if place.is_file() else []:
        rest = {name: each for name, each in page.files.items() if name not in names}
        if rest:
            pages[f"{page.mark.text()} {page.aigc}"] = page.model_copy(update={"files": rest})
    for path, mark in some:
        shared = mark.model_copy(update={"index": None})
        label = _label(producer, shared)
        page = pages.setdefault(f"{shared.text()} {label}", Beside(mark=shared, aigc=label))
        page.files[path.name] = (mark.index, digest(path))
    return _written(place, json.dumps([page.tree() for page in pages.values()], indent=1))


def _page(path: Path, single: bool = False) -> list[Beside]:
    """What a side file, or a list, says. Raises DataError."""
    try:
        if path.stat().st_size > LONGEST:
            raise DataError(f"{path}: has more than {LONGEST >> 20} MB, which no list of marks has; remove it")
        tree = json.loads(path.read_text(encoding="utf-8"))
        return [Beside.model_validate(each) for each in ([tree] if single else tree)]
    except (ValidationError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise DataError(f"{path}: no marks that can be read ({reason.lower()}); remove it or get it anew") from None


def _replace(path: Path, mark: Mark, producer: str | None, fresh: bool) -> None:
    try:
        data = stamped(path.read_bytes(), path.suffix, mark, producer)
    except DataError as error:
        raise DataError(f"{path}: {error}; get the file anew") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}; choose another place") from None
    _written(path, data, fresh)


def _written(path: Path, data: bytes | str, fresh: bool = False) -> Path:
    partial = path if fresh else path.with_name(f".marking-{os.getpid()}-{path.name}"[:200])
    try:
        partial.write_bytes(data.encode() if isinstance(data, str) else data)
        if not fresh:
            partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; choose another place") from None
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _label(producer: str | None, mark: Mark) -> Label | None:
    return None if producer is None else Label.of(producer, mark)


def _label_of(text: str | None) -> Label | None:
    """The block in a file; one that others wrote in their own way is none of ours to judge."""
    try:
        return None if text is None else Label.model_validate_json(text)
    except ValidationError:
        return None


_JPEG = Carrier("JPEG: XMP segment and comment", pictures.jpeg_with, pictures.jpeg_words)
_TIFF = Carrier("TIFF: XMP in tag 700", pictures.tiff_with, pictures.tiff_words)
_MP4 = Carrier("MP4: XMP in a uuid box", media.mp4_with, media.mp4_words)
CARRIERS: dict[str, Carrier] = {
    ".png": Carrier("PNG: iTXt chunks, one of them XMP", pictures.png_with, pictures.png_words),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Carrier("WebP: XMP chunk", pictures.webp_with, pictures.webp_words),
    ".gif": Carrier("GIF: comment with XMP", pictures.gif_with, pictures.gif_words),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".wav": Carrier("WAV: INFO list", media.wav_with, media.wav_words),
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MP4,
    ".parquet": Carrier("Parquet: key-value metadata", media.parquet_with, media.parquet_words),
    ".npz": Carrier("NPZ: comment of the zip file", media.npz_with, media.npz_words),
}
