"""Files of series as columns of text or arrays: .csv, .tsv, .parquet, .npz."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...extras import library
from ...settings import DataError, printable
from .cells import Cells

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".npz")
LARGEST_FIELD = 1 << 20


class Sheet(NamedTuple):
    """A table as text."""

    place: str
    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """Line of the file each row begins on."""

    def cells(self, name: str) -> Cells:
        return Cells(name, self.columns[self.names.index(name)], self.lines, self.place)


class Arrays(NamedTuple):
    """An .npz: series (N, T, C), how long each is, and what is known of each."""

    series: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    attributes: npt.NDArray[np.float64]
    """(N, A); A may be 0."""
    names: tuple[str, ...]
    """Of channels, then of attributes."""


def sheet(path: Path) -> Sheet:
    """The table of a .csv, .tsv or .parquet file. Raises DataError with one line, naming the line that is wrong."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    text = _text(path)
    first = text.partition("\n")[0]
    delimiter = max("\t;|,", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    found, lines = [], []
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append(row)
                lines.append(rows.line_num)
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: wanted a table, {error}") from None
    if len(found) < 2:
        raise DataError(f"{path}: wanted a line of column names and rows under it, got {len(found)} lines")
    names = tuple(name.strip() for name in found[0])
    _check_names(path, names)
    for row, line in zip(found[1:], lines[1:], strict=True):
        if len(row) != len(names):
            raise DataError(
                f"{path}, line {line}: wanted {len(names)} cells as the first line has, got {len(row)}; is the "
                f"delimiter '{printable(delimiter)}' inside a cell? quote that cell"
            )
    return Sheet(str(path), names, tuple(zip(*found[1:], strict=True)), tuple(lines[1:]))


def arrays(path: Path) -> Arrays:
    """The arrays of an .npz file. Raises DataError with one line."""
    try:
        with np.load(path, allow_pickle=False) as held:
            found = {key: held[key] for key in ("series", "length", "attributes", "names") if key in held}
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: wanted an .npz of plain arrays, {_why(error)}") from None
    if "series" not in found:
        raise DataError(f"{path}: wanted an array 'series' (number, steps, channels), there is none in it")
    series = _numbers(path, "series", found["series"])
    if series.ndim == 2:
        series = series[:, :, None]
    if series.ndim != 3 or not series.size:
        raise DataError(f"{path}: series must be (number, steps, channels), got shape {found['series'].shape}")
    count, steps, channels = series.shape
    lengths = np.asarray(found.get("length", np.full(count, steps)))
    if lengths.shape != (count,) or lengths.min() < 1 or lengths.max() > steps:
        raise DataError(f"{path}: length must be {count} numbers from 1 to {steps}, as many as there are series")
    attributes = _numbers(path, "attributes", found.get("attributes", np.zeros((count, 0))))
    attributes = attributes[:, None] if attributes.ndim == 1 else attributes
    if attributes.ndim != 2 or len(attributes) != count:
        raise DataError(f"{path}: attributes must be ({count}, numbers), a row a series, got shape {attributes.shape}")
    total = channels + attributes.shape[1]
    usual = [*(f"channel-{i}" for i in range(channels)), *(f"attribute-{i}" for i in range(attributes.shape[1]))]
    names = tuple(str(each) for each in found.get("names", usual))
    if len(names) != total or len(set(names)) != total:
        raise DataError(f"{path}: names must be {total} different words, for channels and attributes, got {len(names)}")
    return Arrays(series, lengths.astype(np.int64), attributes, names)


def _numbers(path: Path, name: str, array: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    if array.dtype.kind not in "fiub":
        raise DataError(f"{path}: {name} must hold numbers, got {array.dtype}")
    found = array.astype(np.float64)
    if np.isinf(found).any():
        where = tuple(int(each) for each in np.argwhere(np.isinf(found))[0])
        raise DataError(f"{path}: {name}{list(where)} is infinite; put NaN there for a gap")
    return found


def _parquet(path: Path) -> Sheet:
    parquet = library("pyarrow.parquet", ".parquet files", "tabular")
    try:
        table = parquet.read_table(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise DataError(f"{path}: wanted a parquet file, {_why(error)}") from None
    names = tuple(str(each) for each in table.column_names)
    _check_names(path, names)
    if not table.num_rows:
        raise DataError(f"{path}: wanted rows, the table has none")
    columns = tuple(tuple("" if each is None else str(each) for each in column.to_pylist()) for column in table.columns)
    return Sheet(str(path), names, columns, tuple(range(1, table.num_rows + 1)))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: wanted text in UTF-8, byte {error.start} is none; save it as UTF-8") from None
    except OSError as error:
        raise DataError(
            f"no series at '{path}': {_why(error)}; known: ar1, sines, or a file {', '.join(SUFFIXES)}"
        ) from None
    if not text.strip():
        raise DataError(f"{path}: wanted a table, the file is empty")
    return text


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    for i, name in enumerate(names):
        if not name:
            raise DataError(f"{path}, line 1: column {i + 1} has no name; give it one")
        if name in names[:i]:
            raise DataError(f"{path}, line 1: two columns are called '{printable(name)}'; rename one")


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).partition("\n")[0]
