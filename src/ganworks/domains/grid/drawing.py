"""Levels as pictures: a plain shape and colour a tile, by what its legend says it is."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from .legend import Codes, Legend, Mask, Tile

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
CELL = 12
"""Pixels of a cell when nothing else is asked."""
NARROWEST, MOST_PIXELS = 640, 6000
_SKY: Colour = (226, 236, 245)
_LINE: Colour = (70, 78, 92)
_WRONG: Colour = (220, 30, 60)
_BY_TAG: dict[str, tuple[Colour, str]] = {
    "enemy": ((196, 64, 72), "round"), "monster": ((196, 64, 72), "round"), "pipe": ((86, 152, 106), "block"),
    "cannon": ((84, 88, 104), "block"), "full question block": ((236, 178, 60), "mark"),
    "question block": ((214, 190, 140), "mark"), "breakable": ((206, 132, 88), "brick"),
    "collectable": ((236, 196, 60), "dot"), "ground": ((150, 112, 84), "block"), "solid": ((150, 112, 84), "block"),
    "door": ((120, 84, 160), "block"), "hazard": ((226, 112, 60), "round"), "empty": (_SKY, "none"),
    "passable": (_SKY, "none"),
}  # fmt: skip
"""What a tile with a tag looks like; the first that fits."""
_OTHERS: Sequence[Colour] = (
    (112, 144, 188), (188, 144, 112), (128, 176, 132), (176, 128, 172), (200, 188, 120), (120, 184, 188),
    (160, 160, 168), (208, 140, 148), (104, 116, 140), (148, 168, 96),
)  # fmt: skip


def tiles(legend: Legend, cell: int = CELL) -> Picture:
    """Every tile as it is drawn, (K, cell, cell, 3)."""
    return np.stack([_tile(tile, i, cell) for i, tile in enumerate(legend.tiles)])


def drawn(level: Codes, legend: Legend, cell: int = CELL) -> Picture:
    """One level (H, W) as a picture (H * cell, W * cell, 3)."""
    height, width = level.shape
    return tiles(legend, cell)[level].transpose(0, 2, 1, 3, 4).reshape(height * cell, width * cell, 3)


def sheet(levels: Codes, legend: Legend, columns: int | None = None, marks: Mask | None = None) -> Picture:
    """Levels (N, H, W) beside and below each other, as large as is good to look at; cells in `marks` are framed in red.

    Raises ValueError without levels.
    """
    if not len(levels):
        raise ValueError("a preview needs at least one record")
    count, height, width = levels.shape
    columns = min(columns or max(1, round(math.sqrt(count * height / width))), count)
    rows = -(-count // columns)
    cell = max(1, min(CELL, MOST_PIXELS // (columns * width), MOST_PIXELS // (rows * height)))
    cell = max(cell, min(CELL, -(-NARROWEST // (columns * width))))
    gap = max(2, cell // 2)
    canvas = np.full((rows * (height * cell + gap) - gap, columns * (width * cell + gap) - gap, 3), 120, np.uint8)
    for i, level in enumerate(levels):
        picture = drawn(level, legend, cell)
        if marks is not None:
            _framed(picture, marks[i], cell)
        top, left = i // columns * (height * cell + gap), i % columns * (width * cell + gap)
        canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas


def _framed(picture: Picture, marks: Mask, cell: int) -> None:
    for row, column in np.argwhere(marks) * cell:
        square = picture[row : row + cell, column : column + cell]
        inside = square[2:-2, 2:-2].copy()
        square[:] = _WRONG
        square[2:-2, 2:-2] = inside


def _tile(tile: Tile, number: int, cell: int) -> Picture:
    colour, shape = _look(tile, number)
    image = Image.new("RGB", (cell, cell), colour if shape in ("block", "brick", "mark", "plain") else _SKY)
    if cell >= 6 and shape != "plain":
        _shaped(ImageDraw.Draw(image), colour, shape, cell, tile)
    return np.asarray(image)


def _look(tile: Tile, number: int) -> tuple[Colour, str]:
    if tile.colour is not None:
        return tile.colour, "plain"
    for tag, look in _BY_TAG.items():
        if tag in tile.tags:
            return look
    return _OTHERS[number % len(_OTHERS)], "none" if tile.symbol in ("-", " ", ".", "0") else "plain"


def _shaped(pen: ImageDraw.ImageDraw, colour: Colour, shape: str, cell: int, tile: Tile) -> None:
    low, high, dark = cell // 6, cell - 1 - cell // 6, _shade(colour, 0.72)
    if shape == "round":
        pen.ellipse((low, low, high, high), fill=colour, outline=_LINE)
    elif shape == "dot":
        pen.ellipse((2 * low, low, high - low, high), fill=colour, outline=dark)
    elif shape in ("block", "brick", "mark"):
        left, right = "right" not in " ".join(tile.tags), "left" not in " ".join(tile.tags)
        pen.line((0, 0, cell, 0), fill=_shade(colour, 1.15))
        pen.line((0, cell - 1, cell, cell - 1), fill=dark)
        if left:
            pen.line((0, 0, 0, cell), fill=dark)
        if right:
            pen.line((cell - 1, 0, cell - 1, cell), fill=dark)
    if shape == "brick":
        pen.line((0, cell // 2, cell, cell // 2), fill=dark)
        pen.line((cell // 2, 0, cell // 2, cell // 2), fill=dark)
    if shape == "mark":
        pen.rectangle((cell // 3, cell // 3, cell - 1 - cell // 3, cell - 1 - cell // 3), fill=dark)


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (min(255, round(each * by)) for each in colour)
    return red, green, blue
