"""Files -> levels: text with a legend beside it, Tiled maps, palette pictures, piano-rolls, compositions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from ..base import Notify, Skipped
from . import compositions, midi, palette, tiled
from .legend import Codes, Legend, plain_legend, read_legend

Kind = Literal["text", "tiled", "palette", "midi", "composition"]
KINDS: dict[Kind, tuple[str, ...]] = {
    "text": (".txt",), "tiled": (".tmx", ".tmj", ".json"), "palette": (".png",), "midi": (".mid", ".midi"),
    "composition": (".csv",),
}  # fmt: skip
"""Suffixes of each kind of file; the first one found in a folder, in this order, decides."""
LEGENDS = ("legend.json", "tiles.json")
RULES = "rules.toml"


class Level(NamedTuple):
    """One level as it was read."""

    name: str
    codes: Codes
    """(H, W) tiles by their number in the legend."""


class Found(NamedTuple):
    """Everything that was read."""

    kind: Kind
    levels: list[Level]
    legend: Legend
    skipped: list[Skipped]
    rules: Path | None
    """The file of rules beside the levels, if there is one."""
    head: dict[str, Any]
    """What a file of this kind begins with, so that others like it can be written."""


def read_levels(
    place: Path, legend: Path | None, strict: bool, notify: Notify = lambda line: None, bare: bool = False
) -> Found:
    """A file, or all levels of a folder and of the folders in it.

    A file that cannot be used is left out and listed, or with `strict` stops. Raises DataError with one line when
    nothing is left, or the legend is missing or wrong. `bare` levels have none: tiles are known by their characters.
    """
    kind, files = _files(place)
    notify(f"reading {len(files)} {kind} file{'s' * (len(files) > 1)}")
    beside = _beside(place, kind) if legend is None and not bare else legend
    if legend is not None and not legend.is_file():
        raise DataError(f"{legend}: wanted a legend in JSON, there is no such file; correct domain.legend")
    found, skipped, head = _read(kind, files, beside, strict)
    rules = next((folder / RULES for folder in _around(place) if (folder / RULES).is_file()), None)
    return Found(kind, found[1], found[0], skipped, rules, head)


def looks_like(place: Path) -> bool:
    """Whether a path is levels: a Tiled map, or a folder of text with a legend in it or beside it."""
    if place.suffix in (".tmx", ".tmj"):
        return place.is_file()
    if not place.is_dir():
        return place.suffix == ".txt" and place.is_file() and _beside(place, "text") is not None
    if any(each.suffix in (".tmx", ".tmj") for each in place.iterdir()):
        return True
    holds = any(place.glob("*.txt")) or any(place.glob("*/*.txt"))
    return holds and _beside(place, "text") is not None


def _files(place: Path) -> tuple[Kind, list[Path]]:
    if place.is_file():
        kind = next((kind for kind, suffixes in KINDS.items() if place.suffix.lower() in suffixes), None)
        if kind is None:
            raise DataError(f"{place}: wanted a level as {_suffixes()}, got {place.suffix or 'no suffix'}")
        return kind, [place]
    if not place.is_dir():
        raise DataError(f"no levels at {place}: wanted a folder or a file of levels, or the built-in 'hills'")
    inside = sorted(each for each in place.rglob("*") if each.is_file() and not each.name.startswith("."))
    for kind, suffixes in KINDS.items():
        chosen = [each for each in inside if each.suffix.lower() in suffixes and _is_level(each, kind)]
        if chosen:
            return kind, chosen
    raise DataError(f"{place}: wanted levels as {_suffixes()}, found none among {len(inside)} files")


def _is_level(path: Path, kind: Kind) -> bool:
    """Neither a note for people nor a legend."""
    if kind == "text":
        return not path.stem.lower().startswith(("readme", "license", "licence"))
    return kind != "tiled" or path.suffix != ".json" or tiled.is_map(path)


def _suffixes() -> str:
    return ", ".join(suffix for suffixes in KINDS.values() for suffix in suffixes)


def _around(place: Path) -> list[Path]:
    """Where something that belongs to levels may lie: with them, or a folder above."""
    folder = place if place.is_dir() else place.parent
    folder = folder.resolve()
    return [folder, folder.parent]


def _beside(place: Path, kind: Kind) -> Path | None:
    """The legend of text levels: legend.json, or the one JSON file that is there."""
    if kind != "text":
        return None
    for folder in _around(place):
        jsons = sorted(each for each in folder.glob("*.json") if _speaks_of_tiles(each))
        named = [each for each in jsons if each.name in LEGENDS]
        if named or len(jsons) == 1:
            return (named or jsons)[0]
    return None


def _speaks_of_tiles(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return '"tiles"' in file.read(65_536)
    except (OSError, UnicodeDecodeError):
        return False


def _read(
    kind: Kind, files: Sequence[Path], legend: Path | None, strict: bool
) -> tuple[tuple[Legend, list[Level]], list[Skipped], dict[str, Any]]:
    if kind == "text":
        levels, skipped, known = _texts(files, legend, strict)
        return (known, levels), skipped, {}
    reader = {"tiled": tiled.read, "palette": palette.read, "midi": midi.read, "composition": compositions.read}[kind]
    tables: list[tuple[str, npt.NDArray[Any]]] = []
    skipped, heads = [], []
    for path in files:
        try:
            cells, head = reader(path)
        except DataError as error:
            if strict or len(files) == 1:
                raise
            skipped.append(Skipped(path.name, str(error)))
            continue
        tables.append((path.stem, cells))
        heads.append(head)
    if not tables:
        raise DataError(f"{files[0].parent}: none of {len(files)} files could be used; the first: {skipped[0].reason}")
    known, coded = {"tiled": tiled, "palette": palette, "midi": midi, "composition": compositions}[kind].coded(
        [cells for _, cells in tables], heads
    )
    levels = [Level(name, codes) for (name, _), codes in zip(tables, coded, strict=True)]
    return (known, levels), skipped, heads[0]


def _texts(files: Sequence[Path], legend: Path | None, strict: bool) -> tuple[list[Level], list[Skipped], Legend]:
    rows: dict[str, list[str]] = {}
    skipped = []
    known = read_legend(legend) if legend is not None else None
    for path in files:
        try:
            lines = _lines(path)
            if known is not None:
                _refuse_unknown(path, lines, known, legend)
        except DataError as error:
            if strict or len(files) == 1:
                raise
            skipped.append(Skipped(path.name, str(error)))
            continue
        rows[path.stem] = lines
    if not rows:
        raise DataError(f"{files[0].parent}: none of {len(files)} levels could be used; {skipped[0].reason}")
    known = known or plain_legend(list(rows.values()))
    places = {symbol: i for i, symbol in enumerate(known.symbols)}
    return [Level(name, _codes(lines, places)) for name, lines in rows.items()], skipped, known


def _lines(path: Path) -> list[str]:
    """The rows of a level, all of one length. Raises DataError that names the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: wanted a level as text in UTF-8, {error}") from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(f"{path}: wanted rows of tiles, the file is empty")
    lengths = [len(line) for line in lines]
    usual = max(set(lengths), key=lengths.count)
    for number, length in enumerate(lengths, 1):
        if length != usual:
            raise DataError(
                f"{path}, line {number}: {length} tiles where the other rows have {usual}; make all rows equally long"
            )
    return lines


def _refuse_unknown(path: Path, lines: list[str], known: Legend, legend: Path | None) -> None:
    symbols = set(known.symbols)
    for number, line in enumerate(lines, 1):
        for column, character in enumerate(line, 1):
            if character not in symbols:
                raise DataError(
                    f"{path}, line {number}, column {column}: the tile '{character}' is not in the legend {legend}; "
                    f"add it there (it has {' '.join(known.symbols)}), or train without one: --set domain.legend=none"
                )


def _codes(lines: Sequence[str], places: dict[str, int]) -> Codes:
    return np.array([[places[character] for character in line] for line in lines], np.uint8)
