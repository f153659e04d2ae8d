"""A mark and its model -> the same file made again."""

import json
import math
from pathlib import Path

from ..domains.base import Raw
from ..domains.table.writing import SUFFIXES, opened
from ..latent import levels, search, truncate
from ..latent.where import Search
from ..model import Model
from ..provenance import Mark, Marking
from ..settings import ConfigError, DataError

MOST = 20_000
"""Samples that are made again for one file, and the longest level or search."""
NUMBERS = 1 << 28
"""The same of numbers in all samples together."""
ROWS = 5_000_000
"""The same of rows."""


class Impossible(Exception):
    """This file cannot be made again from its mark; the text is the reason."""


def again(model: Model, mark: Mark, folder: Path, name: str) -> Path:
    """Make a file again in an empty folder, of the name's kind where that matters.

    Raises Impossible with the reason: some are made of more than a mark can say. The mark may be anybody's writing, so
    whatever it asks for is bounded, and refused rather than guessed.
    """
    if mark.seed is None:
        if made_of := mark.asked.get("input"):
            raise Impossible(f"it was made of an input with SHA-256 {made_of[:64]}; put that through it again")
        raise Impossible("its mark names no seed")
    if "explore" in mark.asked:
        raise Impossible(f"it is a picture of `ganworks explore`; run that again ({mark.asked['explore']})")
    if "shards" in mark.asked:
        raise Impossible("it is one of a folder of shards, whose pictures carry marks of their own")
    if "font" in mark.asked:
        raise Impossible("its label was drawn in a font of its maker's")
    before, heat = model.marking, getattr(model.network, "temperature", None)
    try:
        model.marking = Marking(label=mark.asked.get("label"), invisible=mark.asked.get("invisible") == "yes")
        if "temperature" in mark.asked and heat is not None:
            model.network.temperature = float(mark.asked["temperature"])  # type: ignore[assignment]
        if "rows" in mark.asked:
            return _rows(model, mark, folder / f"again{Path(name).suffix.lower()}")
        return _file(model, mark, folder, Path(name).suffix.lower())
    except (ConfigError, DataError, ValueError, KeyError, RecursionError, OverflowError) as error:
        raise Impossible(f"it could not be made again ({str(error).splitlines()[0]})") from None
    finally:
        model.marking = before
        if heat is not None:
            model.network.temperature = heat


def _file(model: Model, mark: Mark, folder: Path, suffix: str) -> Path:
    asked, first = mark.asked, mark.index or 0
    if "grid" in asked:
        columns = _whole(asked, "columns", MOST) if "columns" in asked else None
        records = _records(model, mark, 0, _whole(asked, "grid", MOST))
        kind = suffix if suffix in (".png", ".bmp", ".tif", ".tiff", ".gif") else ".png"
        return model.grid(records, folder / f"again{kind}", columns)
    count = _whole(asked, "count", MOST) if "count" in asked else 1
    paths = model.write(_records(model, mark, first, count), folder, first)
    return paths[_whole(asked, "frame", len(paths) - 1, 0)] if "frame" in asked else paths[0]


def _records(model: Model, mark: Mark, first: int, count: int) -> Raw:
    """The samples `first` and on, as they were drawn."""
    asked, seed, condition = mark.asked, mark.seed, mark.condition
    assert seed is not None
    if count * math.prod(model.codec.spec.shape) > NUMBERS:
        raise ConfigError(f"{count:,} samples of this size are more than is made again for one file")
    if "levels" in asked and asked["levels"] != "raw":
        return _levels(model, mark, first + count)[first : first + count]
    if "interpolate" in asked:
        steps = _whole(asked, "interpolate", 1000, 2)
        if first > MOST:
            raise ConfigError(f"more than {MOST:,} samples are not made again")
        return model.interpolate(steps, seed, -(-(first + count) // steps), condition)[first : first + count]
    if "truncation" in asked:
        return truncate.generate(model, count, float(asked["truncation"]), seed, first, condition)
    return model.generate(count, seed, first, asked.get("engine", "exact"), condition)


def _levels(model: Model, mark: Mark, count: int) -> Raw:
    asked, seed = mark.asked, mark.seed or 0
    if asked["levels"] == "whole":
        return levels.assembled(model, _whole(asked, "length", MOST), seed)[None]
    if asked["levels"] == "searched":
        goal, steps = search.wanted(asked["goal"], model), _whole(asked, "steps", MOST)
        return search.search(model, goal, seed, steps).record[None]
    if count > MOST:
        raise ConfigError(f"more than {MOST:,} levels are not drawn again")
    return levels.kept(model, count, seed, mark.condition).records


def _rows(model: Model, mark: Mark, path: Path) -> Path:
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"rows are in {', '.join(SUFFIXES)}")
    asked = mark.asked
    wheres = [str(each) for each in json.loads(asked.get("where", "[]"))]
    found = Search(model, _whole(asked, "rows", ROWS), mark.seed or 0, wheres, engine=asked.get("engine", "exact"))
    written = 0
    with opened(path, found.codec, asked.get("spreadsheet") == "yes") as file:
        for records in found:
            file.add(records, written)
            written += len(records)
    return path


def _whole(asked: dict[str, str], key: str, most: int, least: int = 1) -> int:
    """A whole number of a mark. Raises ConfigError for one that nobody wrote in earnest."""
    text = asked[key]
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise ConfigError(f"its mark says {key} {text[:20]}, wanted {least} to {most:,}")
    return int(text)
