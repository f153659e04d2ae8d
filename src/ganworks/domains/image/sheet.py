"""Many pictures on one sheet, for people to look at."""

import math

import numpy as np
import numpy.typing as npt

from ..base import Raw

_GAP = 2
_BETWEEN = 128
_NARROWEST = 512
_LIGHT, _DARK = 230, 190


def sheet(records: Raw, mode: str, columns: int | None = None) -> npt.NDArray[np.uint8]:
    """records (B, H, W, C) uint8 or uint16 -> (H, W, 3): rows of pictures with grey lines of 2 pixels between.

    Small pictures are enlarged by a whole factor until the sheet is about 512 wide. Transparency shows a checkerboard.
    Raises ValueError without records.
    """
    if not len(records):
        raise ValueError("a preview needs at least one record")
    count, height, width, _ = records.shape
    columns = columns or max(1, round(math.sqrt(count * height / width)))
    columns = min(columns, count)
    factor = max(1, math.ceil((_NARROWEST / columns - _GAP) / width))
    tiles = _shown(records, mode).repeat(factor, axis=1).repeat(factor, axis=2)
    if mode in ("LA", "RGBA"):
        tiles = _over_checkers(tiles, max(4, min(tiles.shape[1:3]) // 8))
    rows = -(-count // columns)
    down, across = tiles.shape[1] + _GAP, tiles.shape[2] + _GAP
    canvas = np.full((rows * down - _GAP, columns * across - _GAP, 3), _BETWEEN, np.uint8)
    for index, tile in enumerate(tiles):
        y, x = index // columns * down, index % columns * across
        canvas[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    return canvas


def _shown(records: Raw, mode: str) -> npt.NDArray[np.uint8]:
    """(B, H, W, 3), or 4 with opacity; of pictures that are neither grey nor colour the first channels."""
    if records.dtype == np.uint16:
        records = ((records.astype(np.uint32) + 128) // 257).astype(np.uint8)
    channels = records.shape[-1]
    if mode == "n":
        return records[..., :3] if channels >= 3 else records[..., [0, 0, 0]]
    return records[..., {"L": [0, 0, 0], "LA": [0, 0, 0, 1], "RGB": [0, 1, 2], "RGBA": [0, 1, 2, 3]}[mode]]


def _over_checkers(tiles: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    rows, columns = np.indices(tiles.shape[1:3]) // side
    behind = np.where((rows + columns) % 2 == 0, _LIGHT, _DARK)[..., None]
    opacity = tiles[..., 3:].astype(np.int32)
    mixed = (tiles[..., :3].astype(np.int32) * opacity + behind * (255 - opacity) + 127) // 255
    return mixed.astype(np.uint8)
