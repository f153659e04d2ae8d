"""Files of lines: .txt, .jsonl, .csv, .tsv and .smi -> lines with what stands beside them; bad ones are listed."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ...settings import DataError, printable
from ..base import Skipped

Asked = Literal["none", "class", "previous", "properties"]
FIELDS = ("text", "line", "sentence", "smiles", "SMILES")
"""Names of a column or field of lines, where nobody says which."""
SHOWN = 20
"""Bad lines that are listed one by one; the rest is counted."""


class Wanted(NamedTuple):
    """What of a file is read; see the settings of `Tokens`."""

    field: str | None
    label: str
    properties: tuple[str, ...]
    asked: Asked


class Line(NamedTuple):
    """One line of the data."""

    text: str
    number: int
    """In the file, from 1."""
    label: str = ""
    previous: str = ""
    properties: tuple[float, ...] = ()


class Reading(NamedTuple):
    """What a file holds."""

    lines: list[Line]
    skipped: list[Skipped]
    notes: list[str]


class _Bad(NamedTuple):
    number: int
    reason: str


def read(path: Path, wanted: Wanted) -> Reading:
    """Every line that can be read. Raises DataError where there is none, or a column is missing."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "nothing there"
        raise DataError(f"{path}: wanted one file of lines (.txt, .jsonl, .csv, .smi), got {what}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    suffix = path.suffix.lower()
    found = {".jsonl": _json, ".csv": _columns, ".tsv": _columns}.get(suffix, _plain)(data, path, wanted)
    lines: list[Line] = []
    bad: list[_Bad] = []
    empty, previous = 0, ""
    for each in found:
        if isinstance(each, _Bad):
            bad.append(each)
        elif not each.text.strip():
            empty, previous = empty + 1, ""
        else:
            lines.append(each._replace(previous=previous))
            previous = each.text
    if not lines:
        raise DataError(f"{path}: wanted lines of text, there is none that can be read; put a sequence on each line")
    notes = [f"{empty:,} empty lines were left out"] if empty else []
    return Reading(lines, _listed(bad), notes)


def _listed(bad: list[_Bad]) -> list[Skipped]:
    return [Skipped(f"line {each.number}", each.reason) for each in bad]


def _decoded(data: bytes) -> Iterator[tuple[int, str] | _Bad]:
    """Lines of bytes as text, with their numbers."""
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError as error:
            yield _Bad(number, f"byte 0x{raw[error.start]:02x} at column {error.start + 1} is no UTF-8")


def _plain(data: bytes, path: Path, wanted: Wanted) -> Iterator[Line | _Bad]:
    """A line each; of .smi the first word, the rest is a name; with classes, label<TAB>line."""
    for each in _decoded(data):
        if isinstance(each, _Bad):
            yield each
            continue
        number, text = each
        if path.suffix.lower() == ".smi":
            yield Line(" ".join(text.split()[:1]), number)
        elif wanted.asked == "class" and text.strip():
            label, tab, text = text.partition("\t")
            yield Line(text.strip(), number, label.strip()) if tab else _Bad(number, "no tab between class and line")
        else:
            yield Line(text.strip(), number)


def _json(data: bytes, path: Path, wanted: Wanted) -> Iterator[Line | _Bad]:
    for each in _decoded(data):
        if isinstance(each, _Bad):
            yield each
        elif each[1].strip():
            try:
                held = json.loads(each[1])
            except ValueError as error:
                yield _Bad(each[0], f"no JSON: {error}")
                continue
            if not isinstance(held, dict):
                yield _Bad(each[0], f"wanted a JSON object, got {printable(each[1][:40])}")
                continue
            field = wanted.field or next((name for name in FIELDS if name in held), FIELDS[0])
            yield _of_fields(each[0], held, field, wanted)


def _columns(data: bytes, path: Path, wanted: Wanted) -> Iterator[Line | _Bad]:
    bad = [each for each in _decoded(data) if isinstance(each, _Bad)]
    yield from bad
    lost = {each.number for each in bad}
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(rows, [])]
        field = wanted.field or next((name for name in FIELDS if name in names), "")
        for name in (field or FIELDS[0], *_beside(wanted)):
            if name not in names:
                raise DataError(
                    f"{path}: no column '{name}', there are {printable(', '.join(names[:12]))}; "
                    "name the column of lines with domain.field"
                )
        while (row := next(rows, None)) is not None:
            if rows.line_num not in lost and row:
                yield _of_fields(rows.line_num, dict(zip(names, row, strict=False)), field, wanted)
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: {error}") from None


def _beside(wanted: Wanted) -> tuple[str, ...]:
    return {"class": (wanted.label,), "properties": wanted.properties}.get(wanted.asked, ())


def _of_fields(number: int, held: dict[str, Any], field: str, wanted: Wanted) -> Line | _Bad:
    for name in (field, *_beside(wanted)):
        if held.get(name) is None:
            return _Bad(number, f"no field '{name}'")
    text = str(held[field]).strip()
    if wanted.asked == "class":
        return Line(text, number, str(held[wanted.label]).strip())
    if wanted.asked != "properties":
        return Line(text, number)
    try:
        values = tuple(float(held[name]) for name in wanted.properties)
    except (TypeError, ValueError):
        return _Bad(number, f"wanted numbers in {', '.join(wanted.properties)}")
    if not all(abs(each) < float("inf") for each in values):
        return _Bad(number, f"wanted finite numbers in {', '.join(wanted.properties)}")
    return Line(text, number, properties=values)
