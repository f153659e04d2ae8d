"""A file -> its series: one line of values a step, entity after entity, each in the order of its times."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError, no_such, printable
from .cells import Cells, Column, Values, column, is_time, times
from .files import Arrays, Sheet, arrays, sheet

Times = Literal["strict", "sort", "merge"]
_TIMES = ("date", "time", "timestamp", "datetime", "step")


class Wanted(NamedTuple):
    """Which columns are what; see the settings of `Series`."""

    layout: Literal["long", "wide"] = "long"
    time: str | None = None
    entity: str | None = None
    columns: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    times: Times = "strict"


@dataclass(frozen=True)
class Reading:
    """All series of a file, one after the other."""

    values: Values
    """(steps of all, C): the channels, then the attributes, repeated; categories as numbers; NaN for a gap."""
    starts: npt.NDArray[np.int64]
    """(E + 1,) where each series begins in it; last, where all end."""
    entities: tuple[str, ...]
    columns: tuple[Column, ...]
    """Of each of C; their `values` are empty."""
    static: int
    """How many of C, the last ones, are attributes."""
    notes: tuple[str, ...] = ()

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        return np.diff(self.starts)


def read(path: Path, wanted: Wanted) -> Reading:
    """Raises DataError, in one line that names the column and the line of the file."""
    if path.suffix.lower() == ".npz":
        return _of_arrays(arrays(path), wanted)
    found = sheet(path)
    for role, names in (
        ("domain.time", [wanted.time]), ("domain.entity", [wanted.entity]), ("domain.columns", wanted.columns),
        ("domain.attributes", wanted.attributes), ("domain.categories", wanted.categories),
    ):  # fmt: skip
        for name in names:
            if name is not None and name not in found.names:
                raise DataError(f"{path}: {role}: {no_such('column', name, found.names)}")
    return _wide(found, wanted) if wanted.layout == "wide" else _long(found, wanted)


def _of_arrays(found: Arrays, wanted: Wanted) -> Reading:
    count, steps, channels = found.series.shape
    chosen = wanted.columns or found.names[:channels]
    for name in chosen:
        if name not in found.names[:channels]:
            raise DataError(f"domain.columns: {no_such('channel', name, found.names[:channels])}")
    kept = found.series[:, :, [found.names.index(name) for name in chosen]]
    whole = np.concatenate([kept, np.repeat(found.attributes[:, None], steps, axis=1)], axis=2)
    values = np.concatenate([each[:length] for each, length in zip(whole, found.lengths, strict=True)])
    names = (*chosen, *found.names[channels:])
    columns = [_coded(name, values[:, i], name in wanted.categories) for i, name in enumerate(names)]
    values = np.stack([each.values for each in columns], 1)
    starts = np.concatenate([[0], np.cumsum(found.lengths)])
    entities = tuple(str(i) for i in range(count))
    return Reading(values, starts, entities, _named(columns), found.attributes.shape[1])


def _coded(name: str, values: Values, category: bool) -> Column:
    """A channel of an array; of categories its different numbers are the words."""
    if not category:
        return Column(name, values)
    known = np.unique(values[~np.isnan(values)])
    codes = np.searchsorted(known, np.nan_to_num(values, nan=known[0])).astype(np.float64)
    return Column(name, np.where(np.isnan(values), np.nan, codes), tuple(f"{each:g}" for each in known))


def _wide(found: Sheet, wanted: Wanted) -> Reading:
    """A series a row, its steps in the columns; what ends before the last column ends there."""
    beside = {wanted.entity, wanted.time, *wanted.attributes}
    steps = [name for name in wanted.columns or found.names if name not in beside]
    table = np.stack([_numeric(found.cells(name)) for name in steps], 1)
    known = ~np.isnan(table)
    lengths = table.shape[1] - known[:, ::-1].argmax(1)
    if not known.any(1).all():
        i = int(np.flatnonzero(~known.any(1))[0])
        raise DataError(f"{found.place}, line {found.lines[i]}: the series has no value at all; leave the line out")
    static = [column(found.cells(name), name in wanted.categories) for name in wanted.attributes]
    rows = [
        np.column_stack([table[i, :length], *(np.full(length, each.values[i]) for each in static)])
        for i, length in enumerate(lengths)
    ]
    names = found.columns[found.names.index(wanted.entity)] if wanted.entity else tuple(map(str, found.lines))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    columns = _named([Column("value", np.empty(0)), *static])
    return Reading(np.concatenate(rows), starts, names, columns, len(static))


def _numeric(cells: Cells) -> Values:
    found = (
        column(cells) if any(text.strip() for text in cells.texts) else Column("", np.full(len(cells.texts), np.nan))
    )
    if found.categories:
        raise cells.refused(
            0, f"'{printable(cells.texts[0])}' is no number; in a wide table every column is a step, others are named "
            "in domain.entity or domain.attributes"
        )  # fmt: skip
    return found.values


def _long(found: Sheet, wanted: Wanted) -> Reading:
    _need_names(found)
    time = wanted.time or _time_of(found, wanted)
    beside = {wanted.entity, time, *wanted.attributes}
    names = [name for name in wanted.columns or found.names if name not in beside]
    if not names:
        raise DataError(f"{found.place}: no column of values is left beside the time, the entity and the attributes")
    columns = [column(found.cells(name), name in wanted.categories) for name in (*names, *wanted.attributes)]
    values = np.stack([each.values for each in columns], 1)
    groups = _groups(found, wanted.entity)
    notes = []
    if time is not None:
        when = times(found.cells(time))
        groups = {name: _in_time(found, time, name, rows, when, wanted) for name, rows in groups.items()}
        notes = [f"times from column '{printable(time)}'"]
        if wanted.times == "merge":
            values, groups = _merged(values, groups, when, columns)
    for i, each in enumerate(columns[len(names) :], len(names)):
        _need_static(found, each, values[:, i], groups)
    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in groups.values()])])
    order = np.concatenate(list(groups.values()))
    return Reading(values[order], starts, tuple(groups), _named(columns), len(wanted.attributes), tuple(notes))


def _need_names(found: Sheet) -> None:
    try:
        [float(name) for name in found.names]
    except ValueError:
        return
    raise DataError(
        f"{found.place}, line 1: wanted names of columns, got numbers; add a line of names, or set domain.layout=wide"
    )


def _time_of(found: Sheet, wanted: Wanted) -> str | None:
    """The column that is called so, or holds dates; None where the order of lines is the time."""
    used = {wanted.entity, *wanted.columns, *wanted.attributes, *wanted.categories}
    free = [name for name in found.names if name not in used]
    called = [name for name in free if name.lower() in _TIMES]
    dated = [name for name in free if is_time(found.cells(name).texts)]
    return next(iter([*called, *dated]), None)


def _groups(found: Sheet, entity: str | None) -> dict[str, npt.NDArray[np.int64]]:
    """Rows of each series, in the order of the file."""
    if entity is None:
        return {"": np.arange(len(found.lines))}
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(found.cells(entity).texts):
        if not name.strip():
            raise found.cells(entity).refused(i, "the cell that says whose line this is is empty; fill it")
        groups.setdefault(name.strip(), []).append(i)
    return {name: np.array(rows, np.int64) for name, rows in groups.items()}


def _in_time(
    found: Sheet, time: str, entity: str, rows: npt.NDArray[np.int64], when: Values, wanted: Wanted
) -> npt.NDArray[np.int64]:
    """Rows in the order of their times. A series whose lines all run backwards is turned round."""
    moves = np.diff(when[rows])
    if len(moves) and (moves < 0).all():
        rows, moves = rows[::-1], -moves[::-1]
    if wanted.times != "strict" and (moves <= 0).any():
        rows = rows[np.argsort(when[rows], kind="stable")]
        moves = np.diff(when[rows])
    bad = np.flatnonzero(moves < 0 if wanted.times == "merge" else moves <= 0)
    if not len(bad):
        return rows
    i, before = int(rows[bad[0] + 1]), int(rows[bad[0]])
    told = printable(found.cells(time).texts[i])
    of = f" of '{printable(entity)}'" if entity else ""
    if moves[bad[0]] == 0:
        cure = "domain.times=merge takes the mean of such lines" + (
            "" if entity else ", domain.entity names whose they are"
        )
        raise found.cells(time).refused(i, f"{told}{of} stands in line {found.lines[before]} already; {cure}")
    raise found.cells(time).refused(
        i, f"{told}{of} comes after a later time in line {found.lines[before]}; domain.times=sort puts them in order"
    )


def _merged(
    values: Values, groups: dict[str, npt.NDArray[np.int64]], when: Values, columns: Sequence[Column]
) -> tuple[Values, dict[str, npt.NDArray[np.int64]]]:
    """Lines of one time become one: the mean of numbers, the first of categories."""
    values, kept = values.copy(), {}
    numbers = np.array([not each.categories for each in columns])
    for name, rows in groups.items():
        edges = np.flatnonzero(np.diff(when[rows], prepend=-np.inf) > 0)
        for start, end in zip(edges, [*edges[1:], len(rows)], strict=True):
            if end - start > 1:
                some = values[rows[start:end]]
                count = (~np.isnan(some)).sum(0)
                mean = np.nansum(some, 0) / np.maximum(count, 1)
                values[rows[start]] = np.where(count == 0, np.nan, np.where(numbers, mean, some[0]))
        kept[name] = rows[edges]
    return values, kept


def _need_static(found: Sheet, attribute: Column, values: Values, groups: dict[str, npt.NDArray[np.int64]]) -> None:
    for entity, rows in groups.items():
        first = values[rows[0]]
        bad = np.flatnonzero((values[rows] != first) & ~(np.isnan(values[rows]) & np.isnan(first)))
        if len(bad):
            cells = found.cells(attribute.name)
            raise cells.refused(
                int(rows[bad[0]]), f"an attribute never changes in a series, that of '{printable(entity)}' began as "
                f"'{printable(cells.texts[rows[0]])}'; leave it to the columns"
            )  # fmt: skip


def _named(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(each._replace(values=np.empty(0)) for each in columns)
