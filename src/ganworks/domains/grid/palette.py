"""Pictures whose every pixel is a cell and every colour a tile: sprites, maps, masks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...settings import DataError
from .legend import MOST, Codes, Legend, Tile

Cells = npt.NDArray[np.int64]
LARGEST = 1 << 24
"""Pixels of one picture."""


def read(path: Path) -> tuple[Cells, dict[str, Any]]:
    """Colours (H, W), each as one number of red, green, blue and opacity. Raises DataError when it is no picture."""
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > LARGEST:
                raise ValueError(f"it has more than {LARGEST:,} pixels")
            pixels = np.asarray(opened.convert("RGBA")).astype(np.int64)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: wanted a picture with a colour a tile, {error}") from None
    pixels[pixels[..., 3] == 0] = 0  # what cannot be seen has one colour
    cells: Cells = (pixels << np.array([24, 16, 8, 0])).sum(axis=-1)
    if (count := len(np.unique(cells))) > MOST:
        raise DataError(
            f"{path}: {count} colours, and each is a tile of which at most {MOST} fit; "
            "reduce its colours, or train on it as a picture: --set domain.name=image"
        )
    return cells, {}


def coded(pictures: Sequence[Cells], heads: Sequence[dict[str, Any]]) -> tuple[Legend, list[Codes]]:
    """A tile for each colour, called #rrggbbaa."""
    used = np.unique(np.concatenate([cells.ravel() for cells in pictures]))
    if len(used) > MOST:
        raise DataError(f"the pictures have {len(used)} colours together; at most {MOST} tiles fit")
    tiles = tuple(Tile(symbol=f"#{each:08x}", colour=_colour(int(each))) for each in used)
    return Legend(tiles=tiles), [np.searchsorted(used, cells).astype(np.uint8) for cells in pictures]


def write(codes: Codes, legend: Legend, path: Path) -> Path:
    """A PNG with the colours themselves, a pixel a cell."""
    colours = np.array([list(bytes.fromhex(tile.symbol[1:])) for tile in legend.tiles], np.uint8)
    Image.fromarray(colours[codes]).save(path)
    return path


def _colour(number: int) -> tuple[int, int, int]:
    red, green, blue, opacity = number.to_bytes(4, "big")
    return (red, green, blue) if opacity else (128, 128, 128)
