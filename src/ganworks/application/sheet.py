"""Before and after, side by side, a row for each file."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as PILImage

from ..domains.base import Raw
from ..domains.image.sheet import sheet
from ..training.folder import write_atomic
from .drawer import fitted
from .writing import shallow

ROWS = 8
"""On one sheet."""
SIDE = 256
"""Pixels of a picture's longer side on a sheet."""
_BEHIND = 128


def names(out: Path, many: bool, count: int) -> list[Path]:
    """Where the sheets of `count` files go: into the folder of the outputs, or beside the one output."""
    if not many:
        return [out.with_name(f"{out.name.split('.')[0]}-before-after.png")]
    return [out / f"before-after-{page:03d}.png" for page in range(-(-count // ROWS))]


class Sheets:
    """Rows as they come, written page by page."""

    def __init__(self, places: list[Path]):
        self.places, self.written, self._rows = places, list[Path](), list[Raw]()

    def add(self, before: Raw, after: Raw) -> None:
        """Pixels (H, W, 1 or 3) uint8 or uint16, of any sizes."""
        if not self.places:
            return
        self._rows += [_small(before), _small(after)]
        if len(self._rows) == 2 * ROWS:
            self.finish()

    def finish(self) -> None:
        """Write what has come since the last page."""
        if not self._rows:
            return
        height, width = (max(row.shape[axis] for row in self._rows) for axis in (0, 1))
        cells = np.full((len(self._rows), height, width, 3), _BEHIND, np.uint8)
        for cell, row in zip(cells, self._rows, strict=True):
            cell[: row.shape[0], : row.shape[1]] = row
        buffer = io.BytesIO()
        PILImage.fromarray(sheet(cells, "RGB", columns=2)).save(buffer, "png")
        place = self.places[len(self.written)]
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, buffer.getvalue())
        self.written.append(place)
        self._rows = []


def _small(pixels: Raw) -> npt.NDArray[np.uint8]:
    picture = PILImage.fromarray(np.ascontiguousarray(fitted(shallow(pixels), 3)))
    factor = SIDE / max(picture.size)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return np.asarray(picture.resize(size, PILImage.Resampling.BOX if factor < 1 else PILImage.Resampling.NEAREST))
