"""Small levels that tests write and change."""

from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.grid import Legend, Tile, hills
from ganworks.domains.grid.legend import Codes

LEGEND = '{"tiles": {"X": ["solid", "ground"], "-": ["passable", "empty"], "E": ["enemy"], "P": ["solid", "pipe"]}}'
SYMBOLS = "-XE<>[]"


@pytest.fixture
def legend() -> Legend:
    tags = {"-": ("empty",), "X": ("solid", "ground"), "E": ("enemy",)}
    return Legend(tiles=tuple(Tile(symbol=each, tags=tags.get(each, ("solid", "pipe"))) for each in SYMBOLS))


def drawn(*rows: str) -> Codes:
    """A level by its characters, (1, H, W)."""
    return np.array([[[SYMBOLS.index(each) for each in row] for row in rows]], np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve sound text levels of 14 x 40 with a legend."""
    place = tmp_path / "levels"
    place.mkdir()
    tiles = {tile.symbol: list(tile.tags) for tile in hills.LEGEND.tiles}
    (place / "legend.json").write_text(f'{{"tiles": {tiles}}}'.replace("'", '"'))
    symbols = hills.LEGEND.symbols
    for i, level in enumerate(hills.levels(seed=3, count=12, length=40)):
        (place / f"level-{i:02d}.txt").write_text("".join("".join(symbols[c] for c in row) + "\n" for row in level))
    return place
