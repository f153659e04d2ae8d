"""Parquet files and data frames -> columns of text, as a CSV of them would spell it."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from ...extras import library
from ...settings import DataError, printable
from .cells import Cells
from .writing import WHY


def of_parquet(path: Path) -> list[Cells]:
    """The columns of a Parquet file. Raises DataError."""
    arrow, parquet = library("pyarrow", WHY, "tabular"), library("pyarrow.parquet", WHY, "tabular")
    try:
        table = parquet.ParquetFile(path).read()
    except (arrow.ArrowInvalid, arrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a Parquet file that can be read: {printable(str(error))[:120]}") from None
    return of_arrow(table, str(path))


def of_frame(frame: Any) -> list[Cells]:
    """The columns of a pandas DataFrame. Raises DataError."""
    arrow = library("pyarrow", WHY, "tabular")
    try:
        table = arrow.Table.from_pandas(frame, preserve_index=False)
    except (arrow.ArrowInvalid, arrow.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"this data frame mixes types in a column: {printable(str(error))[:120]}") from None
    return of_arrow(table, "data frame")


def of_arrow(table: Any, where: str) -> list[Cells]:
    """The columns of an arrow table."""
    names = [str(name).strip() for name in table.column_names]
    for i, name in enumerate(names):
        if not name or name in names[:i]:
            what = f"a second column is called '{printable(name)}'" if name else "it has no name"
            raise DataError(f"{where}: column {i + 1}: {what}; rename it")
    if not names or not table.num_rows:
        raise DataError(f"{where}: wanted rows and columns, got {table.num_rows} rows of {len(names)} columns")
    return [_cells(name, column, where) for name, column in zip(names, table.columns, strict=True)]


def _cells(name: str, column: Any, where: str) -> Cells:
    arrow = library("pyarrow", WHY, "tabular")
    compute = library("pyarrow.compute", WHY, "tabular")
    kinds, kind = arrow.types, column.type
    if kinds.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if kinds.is_null(kind):
        column, kind = column.cast(arrow.string()), arrow.string()
    if kinds.is_decimal(kind):
        column, kind = column.cast(arrow.float64()), arrow.float64()
    if kinds.is_date(kind):
        column, kind = column.cast(arrow.timestamp("us")), arrow.timestamp("us")
    single = (
        kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_timestamp, kinds.is_string,
        kinds.is_large_string,
    )  # fmt: skip
    if not any(each(kind) for each in single) and str(kind) != "string_view":
        raise DataError(
            f"{where}: column '{printable(name)}' holds {kind}, not single values; take it apart or leave it out"
        )
    if kinds.is_timestamp(kind) and kind.tz:
        column = column.cast(arrow.timestamp("us", "UTC")).cast(arrow.timestamp("us"))
    coded = compute.dictionary_encode(column).combine_chunks()
    coded = coded.chunk(0) if hasattr(coded, "chunk") else coded
    codes = coded.indices.to_numpy(zero_copy_only=False)
    words = [_spelled(each) for each in coded.dictionary.to_pylist()]
    gaps = np.isnan(codes.astype(np.float64))
    return Cells(name, *_merged([*words, ""], np.where(gaps, len(words), codes).astype(np.int64)))


def _merged(words: list[str], codes: Any) -> tuple[list[str], Any]:
    """Words each once, in the order in which they stand; those that stand nowhere left out."""
    memo: dict[str, int] = {}
    there = np.bincount(codes, minlength=len(words)) > 0
    place = np.array([memo.setdefault(word, len(memo)) if here else 0 for word, here in zip(words, there, strict=True)])
    return list(memo), place[codes].astype(np.int32)


def _spelled(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat(sep=" ")).split("+", 1)[0]
    return repr(value) if isinstance(value, float) else str(value)
