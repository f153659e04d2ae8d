"""Files of rows -> columns of text, with nothing coerced: encoding, delimiter and header are found, and told."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...settings import DataError, printable
from .cells import Cells, Gathering

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NAMED = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "\\t": "\t"}
LOOKED_AT = 200
"""Lines that tell the delimiter and whether there is a header."""
BLOCK = 20_000
"""Rows that are turned into columns together."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NO_TEXT = (
    (b"PK\x03\x04", "a workbook or an archive; save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old workbook; save the sheet as CSV"),
    (b"\x1f\x8b", "compressed; unpack it first"),
    (b"PAR1", "Parquet; name it .parquet"),
    (b"\x89PNG", "a picture"),
    (b"%PDF", "a PDF; save the table as CSV"),
)


class Rows(NamedTuple):
    """A file as it was read."""

    cells: list[Cells]
    delimiter: str = ","
    named: bool = True
    """Whether the file has a line of names."""
    notes: tuple[str, ...] = ()


def read_text(path: Path, delimiter: str, encoding: str, header: str) -> Rows:
    """The columns of a text file. Raises DataError with one line for what is no table."""
    text, spoken = _text(path, encoding)
    mark = NAMED.get(delimiter, delimiter)
    found = _delimiter(text, path)
    if delimiter == "auto":
        mark = found
    elif len(mark) != 1:
        raise DataError(f"{path}: a delimiter is one character, or tab, got '{delimiter}'")
    elif _width(text, mark) < 2 <= _width(text, found):
        raise DataError(
            f"{path}: '{delimiter}' finds one column, {DELIMITERS[found]} {_width(text, found)}; leave out "
            f"domain.delimiter or set it to {DELIMITERS[found]}"
        )
    first = next(_records(text, mark, path), None)
    if first is None:
        raise DataError(f"{path}: wanted rows, got an empty file")
    named = header == "yes" or (header == "auto" and _has_header(text, mark, path))
    names = _checked(first[1], path) if named else [f"column{i + 1}" for i in range(len(first[1]))]
    cells = _columns(_records(text, mark, path), names, named, path)
    notes = [f"encoding {spoken}"] if spoken else []
    if not named:
        notes.append(
            "the first line holds values, not names: columns are called column1, column2 ... "
            "(domain.header=yes if it does hold names)"
        )
    return Rows(cells, mark, named, tuple(notes))


def lists_files(path: Path) -> bool:
    """Whether a CSV names files beside it, as manifests of pictures do, by its first two lines."""
    try:
        with path.open("rb") as file:
            lines = file.read(4096).decode("utf-8", "replace").splitlines()[:2]
        names, cells = (next(csv.reader([line]), []) for line in (*lines, "", "")[:2])
    except (OSError, csv.Error):
        return False
    given = dict(zip((name.strip().lower() for name in names), cells, strict=False))
    return any(given.get(name) and (path.parent / given[name]).is_file() for name in ("path", "file", "image", "input"))


def _text(path: Path, encoding: str) -> tuple[str, str]:
    """All of the file, and what is to be said of its encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    for mark, what in NO_TEXT:
        if data.startswith(mark):
            raise DataError(f"{path}: wanted text, got {what}")
    name = encoding if encoding != "auto" else _encoding(data)
    try:
        text = data.decode(name)
        spoken = "" if name in {"utf-8", "utf-8-sig"} or encoding != "auto" else f"{name}"
    except LookupError:
        raise DataError(f"{path}: no encoding '{encoding}'; utf-8, utf-16, latin-1 and cp1252 are common") from None
    except UnicodeError as error:
        if encoding != "auto":
            line = data[: getattr(error, "start", 0)].count(b"\n") + 1
            raise DataError(f"{path}: line {line} is not {encoding}; set domain.encoding=auto or latin-1") from None
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        text, spoken = (
            data.decode("latin-1"),
            f"latin-1, since line {line} is no UTF-8 (domain.encoding to set another)",
        )
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}: wanted text, line {line} holds a zero byte; set domain.encoding, or save it as UTF-8")
    return text, spoken


def _encoding(data: bytes) -> str:
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    some = data[:4000]
    if len(some) >= 4 and some[1::2].count(0) > 0.3 * len(some):
        return "utf-16-le"
    if len(some) >= 4 and some[::2].count(0) > 0.3 * len(some):
        return "utf-16-be"
    return "utf-8"


def _head(text: str) -> str:
    """The first lines, whole."""
    end = 0
    for _ in range(LOOKED_AT):
        end = text.find("\n", end) + 1
        if not end:
            return text
    return text[:end]


def _delimiter(text: str, path: Path) -> str:
    """The mark that cuts most lines into as many parts, more than one; a comma where none does."""
    head, best = _head(text), (0.0, 0, ",")
    for mark in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=mark) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        if usual > 1 and (score := (widths.count(usual) / len(widths), usual, mark))[:2] > best[:2]:
            best = score
    return best[2]


def _width(text: str, mark: str) -> int:
    return len(next((row for row in csv.reader(io.StringIO(_head(text), newline=""), delimiter=mark) if row), []))


def _records(text: str, mark: str, path: Path, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Rows and the line each begins on; blank lines are none. Raises DataError, if `strict` for a quote left open."""
    reader, begins = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=strict), 1
    try:
        for row in reader:
            if row:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}: line {begins} cannot be read: {error}; is a quote left open?") from None


def _has_header(text: str, mark: str, path: Path) -> bool:
    """Names stand over numbers; numbers in the first line, or words that come again below, are values."""
    rows = [row for _, row in itertools.islice(_records(_head(text), mark, path, strict=False), LOOKED_AT)]
    if len(rows) < 2:
        return True
    first, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    for_it = against = 0
    for i, name in enumerate(first):
        below = [row[i].strip() for row in body if row[i].strip()]
        numbers = sum(map(_number, below))
        if below and numbers >= 0.9 * len(below) and not _number(name) and name.strip():
            for_it += 1
        if _number(name) or (name.strip() and name.strip() in below):
            against += 1
    return for_it > 0 or against == 0


def _number(text: str) -> bool:
    try:
        float(text.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def _checked(names: list[str], path: Path) -> list[str]:
    """Names of columns, each one of its own. Raises DataError."""
    names = [name.strip() for name in names]
    for i, name in enumerate(names):
        if not name:
            raise DataError(
                f"{path}: column {i + 1} of {len(names)} has no name in the first line; name it there, delete it, or "
                "set domain.header=no"
            )
        if name in names[:i]:
            raise DataError(
                f"{path}: columns {names.index(name) + 1} and {i + 1} are both called '{printable(name)}'; rename "
                "one in the first line"
            )
    return names


def _columns(records: Iterator[tuple[int, list[str]]], names: list[str], named: bool, path: Path) -> list[Cells]:
    if named:
        next(records)
    gathered, lines = [Gathering(name) for name in names], []
    while block := list(itertools.islice(records, BLOCK)):
        for line, row in block:
            if len(row) != len(names):
                raise DataError(
                    f"{path}: line {line} has {len(row)} cells where the first has {len(names)}; mend the line, quote "
                    "cells that hold the delimiter, or set domain.delimiter"
                )
        lines.append(np.array([line for line, _ in block], np.int64))
        for column, words in zip(gathered, zip(*(row for _, row in block), strict=True), strict=True):
            column.add(words, len(block))
    if not lines:
        raise DataError(f"{path}: wanted rows below the names of columns, there are none")
    where = np.concatenate(lines)
    return [column.done(where) for column in gathered]
