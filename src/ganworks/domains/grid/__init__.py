"""Levels and other grids of tiles: text, Tiled maps, palettes, piano-rolls, compositions; and the rules they keep."""

from .asked import Counts, Left
from .codec import Tiles
from .crops import Crops
from .domain import Grid
from .legend import Legend, Tile
from .rules import Broken, Checker, Rules

__all__ = ["Broken", "Checker", "Counts", "Crops", "Grid", "Left", "Legend", "Rules", "Tile", "Tiles"]
