"""Legend: the tiles that levels are made of, by number, with what each is called and tagged."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ...settings import DataError, Settings, no_such

MOST = 256
"""Tiles of one alphabet: a code is a byte."""
TAG = "tag:"
"""Begins the name of all tiles with a tag, such as `tag:solid`."""
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Tile(Settings):
    """One kind of cell."""

    symbol: str = Field(min_length=1)
    """The character in a text level, the number in a Tiled map, the colour of a palette picture."""
    tags: tuple[str, ...] = ()
    """What the legend says about it, such as solid or enemy."""
    colour: tuple[int, int, int] | None = None
    """What it is drawn in; by its tags where none is given."""


class Legend(Settings):
    """All tiles, in the order of their codes."""

    tiles: tuple[Tile, ...] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="after")
    def _once_each(self) -> "Legend":
        if len({tile.symbol for tile in self.tiles}) < len(self.tiles):
            raise ValueError("a tile stands in the legend twice")
        return self

    def __len__(self) -> int:
        return len(self.tiles)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(tile.symbol for tile in self.tiles)

    @property
    def names(self) -> list[str]:
        """Everything that `codes` understands."""
        return [*self.symbols, *(TAG + tag for tag in sorted({tag for tile in self.tiles for tag in tile.tags}))]

    def knows(self, name: str) -> bool:
        return name in self.names

    def codes(self, names: Iterable[str], what: str = "tile") -> tuple[int, ...]:
        """Codes of the tiles that these symbols and `tag:...` mean. Raises DataError for one that is not known."""
        found: set[int] = set()
        for name in names:
            if not self.knows(name):
                raise DataError(no_such(what, name, self.names))
            found |= {
                i for i, tile in enumerate(self.tiles) if tile.symbol == name or name[len(TAG) :] in _if(tile, name)
            }
        return tuple(sorted(found))

    def mask(self, names: Iterable[str]) -> Mask:
        """Which codes these names mean, (K,)."""
        chosen = np.zeros(len(self), bool)
        chosen[list(self.codes(names))] = True
        return chosen

    def used(self, levels: Sequence[Codes]) -> "tuple[Legend, list[Codes]]":
        """The legend without tiles that no level has, and the levels in its codes."""
        counts = sum(np.bincount(each.ravel(), minlength=len(self)) for each in levels)
        kept = np.flatnonzero(counts)
        renumbered = np.zeros(len(self), np.uint8)
        renumbered[kept] = np.arange(len(kept))
        return Legend(tiles=tuple(self.tiles[i] for i in kept)), [renumbered[each] for each in levels]


def _if(tile: Tile, name: str) -> tuple[str, ...]:
    return tile.tags if name.startswith(TAG) else ()


def read_legend(path: Path) -> Legend:
    """A legend as the Video Game Level Corpus writes it: {"tiles": {"X": ["solid", "ground"], ...}}.

    Raises DataError with one line when the file is not that.
    """
    try:
        page: Any = json.loads(path.read_text(encoding="utf-8"))
        tiles = page["tiles"]
        made = tuple(Tile(symbol=_character(symbol), tags=tuple(map(str, tags))) for symbol, tags in tiles.items())
        return Legend(tiles=made)
    except (OSError, UnicodeDecodeError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).splitlines()[-1]
        raise DataError(
            f'{path}: wanted a legend such as {{"tiles": {{"X": ["solid"], "-": ["empty"]}}}}, {reason}; '
            "name another with --set domain.legend=FILE"
        ) from None


def plain_legend(levels: Sequence[Sequence[str]]) -> Legend:
    """A legend of every character that stands in the levels, without tags."""
    symbols = sorted({character for level in levels for row in level for character in row})
    if len(symbols) > MOST:
        raise DataError(
            f"levels of {len(symbols)} different characters; at most {MOST} tiles fit: is it a level at all?"
        )
    return Legend(tiles=tuple(Tile(symbol=symbol) for symbol in symbols))


def _character(symbol: str) -> str:
    if len(symbol) != 1:
        raise ValueError(f"a tile is one character, got '{symbol}'")
    return symbol
