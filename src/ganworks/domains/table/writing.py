"""Records -> files as the user's own was: text as it was spelled, or Parquet with types; piece by piece."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...extras import library
from ...settings import ConfigError
from . import times
from .cells import Floats
from .identifiers import identifiers
from .schema import Seen

if TYPE_CHECKING:
    from .codec import Coded

WHY = "Parquet files and data frames"
SUFFIXES = (".csv", ".tsv", ".parquet")
_BEGINS = ("=", "+", "-", "@", "\t", "\r")


class Written(Protocol):
    """A file that takes records (N, columns), the first of which has this number."""

    def add(self, records: Floats, first: int) -> None: ...


@contextmanager
def opened(
    path: Path, codec: "Coded", spreadsheet: bool = False, said: Mapping[str, str] | None = None
) -> Iterator[Written]:
    """A file by its suffix. With `spreadsheet`, text that a spreadsheet would compute is marked as text.

    What is `said` about the file goes into the metadata of Parquet, by key; text has no place for it.

    Raises ConfigError for a suffix that is none of `SUFFIXES`.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"{path}: rows are written as {', '.join(SUFFIXES)}, got '{suffix}'")
    if suffix == ".parquet":
        with _parquet(path, codec, said or {}) as file:
            yield file
        return
    mark = "\t" if suffix == ".tsv" else codec.delimiter if codec.suffix == ".csv" else ","
    with path.open("w", newline="", encoding="utf-8") as stream:
        yield _Text(csv.writer(stream, delimiter=mark, lineterminator="\n"), codec, spreadsheet)


class _Text:
    """Rows of text."""

    def __init__(self, rows: Any, codec: "Coded", spreadsheet: bool):
        self.rows, self.codec, self.spreadsheet = rows, codec, spreadsheet
        names = [column.seen.name for column in codec.columns]
        if codec.header:
            rows.writerow([neutral(name) for name in names] if spreadsheet else names)

    def add(self, records: Floats, first: int) -> None:
        columns = []
        for seen, values in by_column(self.codec, records):
            words = identifiers(seen, first, len(records)) if values is None else spelled(seen, values)
            if self.spreadsheet and not (seen.numeric and seen.kind != "datetime"):
                words = [neutral(word) for word in words]
            columns.append(words)
        self.rows.writerows(zip(*columns, strict=True))


def neutral(word: str) -> str:
    """A cell that begins as a formula does, with a quote before it, so that it stays text."""
    return f"'{word}" if word.lstrip(" ").startswith(_BEGINS) or word.startswith(_BEGINS) else word


def by_column(codec: "Coded", records: Floats) -> Iterator[tuple[Seen, Floats | None]]:
    """Every column of the file, with its values; None for one that is made anew."""
    place = 0
    for column in codec.columns:
        if column.seen.learnt:
            yield column.seen, records[:, place]
            place += 1
        else:
            yield column.seen, None if column.seen.kind == "identifier" else np.zeros(len(records))


def spelled(seen: Seen, values: Floats) -> list[str]:
    """Values (N,) of one column as text, as the data spelled them."""
    gaps = np.isnan(values)
    known = np.where(gaps, 0.0, values)
    if not seen.numeric:
        words = np.array([*seen.words, seen.missing_word], object)
        found: list[str] = words[np.where(gaps, len(seen.words), known).astype(int)].tolist()
        return found
    distinct, place = np.unique(known + 0.0, return_inverse=True)  # -0 is 0
    if seen.kind == "datetime":
        written = times.spelled(distinct.tolist(), seen.format)
    elif seen.decimals is None:
        written = [f"{value:.9g}" for value in distinct.tolist()]
    else:
        written = [_trimmed(f"{value:.{seen.decimals}f}", seen) for value in distinct.tolist()]
    if seen.comma:
        written = [word.replace(".", ",") for word in written]
    words = np.array([*written, seen.missing_word], object)
    of_numbers: list[str] = words[np.where(gaps, len(written), place.reshape(-1))].tolist()
    return of_numbers


def _trimmed(word: str, seen: Seen) -> str:
    """A number without noughts at its end, but for the digits that are always spelled."""
    whole, _, digits = word.partition(".")
    digits = digits[: seen.least_decimals] + digits[seen.least_decimals :].rstrip("0")
    return f"{whole}.{digits}" if digits else whole


@contextmanager
def _parquet(path: Path, codec: "Coded", said: Mapping[str, str]) -> Iterator[Written]:
    parquet = library("pyarrow.parquet", WHY, "tabular")
    with parquet.ParquetWriter(path, _schema(codec).with_metadata(dict(said) or None)) as stream:
        yield _Typed(stream, codec)


class _Typed:
    """Columns of Parquet, a group of rows a piece."""

    def __init__(self, stream: Any, codec: "Coded"):
        self.stream, self.codec = stream, codec

    def add(self, records: Floats, first: int) -> None:
        self.stream.write_table(arrow_table(self.codec, records, first).cast(self.stream.schema))


def arrow_table(codec: "Coded", records: Floats, first: int) -> Any:
    """Rows as an Arrow table, each column of its own kind; identifiers count from `first`."""
    arrow, schema, columns = library("pyarrow", WHY, "tabular"), _schema(codec), []
    for (seen, values), field in zip(by_column(codec, records), schema, strict=True):
        if values is None:
            columns.append(arrow.array(identifiers(seen, first, len(records)), arrow.string()))
        else:
            columns.append(_array(arrow, seen, values, field.type))
    return arrow.Table.from_arrays(columns, schema=schema)


def _schema(codec: "Coded") -> Any:
    arrow = library("pyarrow", WHY, "tabular")
    return arrow.schema([(column.seen.name, _type(arrow, column.seen)) for column in codec.columns])


def _type(arrow: Any, seen: Seen) -> Any:
    if seen.kind == "datetime":
        return arrow.timestamp("us") if "%Y" in seen.format else arrow.string()
    if seen.numeric:
        return arrow.int64() if seen.decimals == 0 else arrow.float64()
    if seen.kind in {"identifier", "constant"}:
        return arrow.string()
    if _truths(seen):
        return arrow.bool_()
    return arrow.dictionary(arrow.int32(), arrow.string())


def _truths(seen: Seen) -> bool:
    return seen.kind == "boolean" and [word.strip().lower() for word in seen.words] == ["false", "true"]


def _array(arrow: Any, seen: Seen, values: Floats, kind: Any) -> Any:
    gaps = np.isnan(values)
    known = np.where(gaps, 0.0, values)
    if arrow.types.is_dictionary(kind):
        return arrow.DictionaryArray.from_arrays(
            arrow.array(known.astype(np.int32), mask=gaps), arrow.array(list(seen.words), arrow.string())
        )
    if seen.kind == "constant" or arrow.types.is_string(kind):
        words = spelled(seen, values)
        return arrow.array([None if gap else word for word, gap in zip(words, gaps, strict=True)], kind)
    if arrow.types.is_timestamp(kind):
        return arrow.array(np.rint(known * 1e6).astype("datetime64[us]"), kind, mask=gaps)
    if arrow.types.is_floating(kind):
        return arrow.array(known, kind, mask=gaps)
    return arrow.array(np.rint(known).astype(np.int64), mask=gaps).cast(kind)
