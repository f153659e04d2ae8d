"""The room Sheets: rows, series, sounds, clips, levels and lines of any model, to be looked at and taken home."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from ...domains.base import Raw
from ...domains.grid import Tiles
from ...domains.series import Steps
from ...domains.table import Coded
from ...domains.table.writing import opened
from ...latent import levels, where
from ...model import Model
from ...provenance import CARRIERS, Mark, stamp, words
from ...settings import ConfigError, Settings
from .. import media
from ..conditions import asked
from . import points, shown
from .described import kind
from .explore import bounded, named
from .marks import marked
from .points import Drawing, Seed

router = APIRouter(prefix="/api/sheets", tags=["studio"])
Tree = dict[str, Any]
ROWS, ITEMS = 200, 64
"""Rows of a table that are shown; of anything else."""
MOST, MOST_ITEMS = 100_000, 1000
"""Rows of one download; of anything else."""
_QUOTES = "\"'"


class Asked(Settings):
    """What is asked of one column: some of its values, or a range; ends left out are open."""

    column: str = Field(max_length=1000)
    values: tuple[Annotated[str, Field(max_length=1000)], ...] = Field(default=(), max_length=200)
    """Of which a row has one."""
    least: str | None = Field(default=None, max_length=100)
    """As the column spells its numbers or times."""
    most: str | None = Field(default=None, max_length=100)

    @model_validator(mode="after")
    def _says_something(self) -> "Asked":
        if not self.values and self.least is None and self.most is None:
            raise ValueError(f"nothing is asked of column '{self.column}'; choose values or a range, or leave it out")
        return self

    @property
    def wheres(self) -> list[str]:
        """As the command line says it."""
        name = _quoted(self.column)
        found = [f"{name} in ({', '.join(map(_quoted, self.values))})"] if self.values else []
        found += [f"{name}>={self.least}"] if self.least is not None else []
        return found + ([f"{name}<={self.most}"] if self.most is not None else [])


class Sheet(Drawing):
    """What a sheet shows."""

    seed: Seed = 0
    first: int = Field(default=0, ge=0, lt=1 << 31)
    """Number of the first; rows begin with the first of their seed."""
    count: int = Field(default=16, ge=1, le=MOST)
    asked: tuple[Asked, ...] = Field(default=(), max_length=100)
    """Of columns of a table."""
    sound: bool = False
    """Of levels: only such as break no rule."""
    format: Literal["csv", "parquet", "zip"] | None = None
    """Of the file."""

    @property
    def wheres(self) -> list[str]:
        return [line for each in self.asked for line in each.wheres]


@router.post("/{name}/draw")
async def draw(request: Request, name: str, body: Sheet) -> Tree:
    """A sheet to look at."""
    served = await request.app.state.hosted.open(name)
    bounded(request, served, body.count)
    found: Tree = await served.run(lambda model: drawn(model, body), min(body.count, ROWS))
    return found


@router.post("/{name}/file")
async def file(request: Request, name: str, body: Sheet) -> Response:
    """The same as a file, with its mark."""
    served = await request.app.state.hosted.open(name)

    bounded(request, served, body.count)
    rows = isinstance(served.model.codec, Coded)
    records, _ = await served.run(lambda model: _records(model, body, MOST if rows else MOST_ITEMS), body.count)
    told = body.told() | ({"where": json.dumps(body.wheres)} if body.asked else {})
    told |= {"levels": "kept"} if body.sound else {}
    if rows:
        told["rows"] = str(body.count)
    indices = [0] if rows else [body.first + i for i in range(len(records))]
    marks = [marked(served, body.seed, index, body.condition, told) for index in indices]
    codec = served.model.codec
    if isinstance(codec, Coded):
        data, form = await asyncio.to_thread(rows_file, codec, records, body.format, marks[0])
    else:
        data, form = await asyncio.to_thread(media.encoded, served, records, "", marks)
    return Response(data, media_type=form, headers=named(name, f"seed{body.seed}", form))


def rows_file(codec: Coded, records: Raw, form: str | None, mark: Mark) -> tuple[bytes, str]:
    """Rows as the data spelled them: Parquet with its mark inside, or an archive of CSV with the mark beside it."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / ("rows.parquet" if form == "parquet" else "rows.csv")
        with opened(path, codec, said=words(mark)) as file:
            file.add(records, 0)
        if path.suffix not in CARRIERS:
            stamp(path, mark)
        if form == "parquet":
            return path.read_bytes(), "application/vnd.apache.parquet"
        files = [(each.name, each.read_bytes()) for each in sorted(Path(place).iterdir())]
        return media.archive(files), "application/zip"


def drawn(model: Model, body: Sheet) -> Tree:
    """The sheet as plain values: a table, or items with a picture of them all where that says more."""
    codec = model.codec
    if isinstance(codec, Coded):
        records, line = _records(model, body, MOST)
        columns, rows = shown.table(codec, records[:ROWS])
        return {"kind": "rows", "columns": columns, "rows": rows, "found": len(records), "line": line}
    records, line = _records(model, body, ITEMS)
    items = shown.items(codec, records)
    tree: Tree = {"kind": kind(codec), "items": items if body.sound else shown.counted(items, body.first, body.seed)}
    tree |= {"line": line, "together": shown.together(codec, records)}
    return tree | ({"channels": shown.channels(codec)} if isinstance(codec, Steps) else {})


def _records(model: Model, body: Sheet, most: int) -> tuple[Raw, str]:
    """Records as asked for, and in words what it took. Raises ConfigError for what this model cannot be asked."""
    if body.count > most:
        raise ConfigError(
            f"at most {most:,} at once here, got {body.count:,}; more with ganworks sample RUN -n {body.count}"
        )
    if isinstance(model.codec, Coded):
        if body.condition or body.first:
            raise ConfigError("rows are asked for by their columns, from the first row of a seed on")
        if body.truncation == 1:
            found = where.draw(model, body.count, body.seed, body.wheres)
            return found.records, found.line if body.asked else f"{len(found.records):,} rows"
    if body.asked:
        raise ConfigError("only rows of a table are asked for by column; this model is asked otherwise")
    if body.sound:
        if not isinstance(model.codec, Tiles):
            raise ConfigError("only levels keep rules; leave that out")
        if body.first or body.truncation != 1:
            raise ConfigError("levels that keep the rules are drawn plainly, from the first of a seed on")
        kept = levels.kept(model, body.count, body.seed, asked(model.codec, body.condition))
        return kept.records, f"{body.count} levels that keep the rules, of {kept.drawn:,} drawn"
    records = points.drawn(model, body, body.count, body.seed, body.first)
    return records, _said(model, records)


def _said(model: Model, records: Raw) -> str:
    """What is worth saying of records as they come."""
    codec = model.codec
    if isinstance(codec, Tiles) and codec.checker is not None:
        whole = int(np.sum(~codec.checker.broken(records).any))
        return f"{whole} of {len(records)} levels keep all rules"
    return f"{len(records):,} samples"


def _quoted(word: str) -> str:
    """A word in quotes that it does not hold. Raises ConfigError where it holds both kinds."""
    mark = next((each for each in _QUOTES if each not in word), None)
    if mark is None:
        raise ConfigError(f"'{word}' holds both kinds of quotes and cannot be asked for here")
    return f"{mark}{word}{mark}"
