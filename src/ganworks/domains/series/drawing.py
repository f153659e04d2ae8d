"""Series as one picture: small charts side by side, a line a channel."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw

from ..base import Raw

COLOURS = ("#1f6fb4", "#d9642b", "#2a9257", "#8a5bb0", "#b3882c", "#c04a72", "#4a8f9c", "#6b6b6b")
CELL, EDGE = (150, 90), 6
"""Width and height of one chart, and its margin, in pixels of the picture."""
FINE = 2
"""Times as large as it is drawn, so that lines come out smooth."""


def chart(records: Raw, low: Raw, high: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
    """records (N, C, T); each channel between its own low and high (C,). -> (H, W, 3)."""
    count = max(1, len(records))
    columns = columns or math.ceil(math.sqrt(count))
    width, height = CELL[0] * FINE, CELL[1] * FINE
    page = Pillow.new("RGB", (columns * width, -(-count // columns) * height), "white")
    pen = ImageDraw.Draw(page)
    for number, record in enumerate(records):
        left, top = number % columns * width, number // columns * height
        pen.rectangle((left, top, left + width, top + height), outline="#dddddd")
        _lines(pen, record, low, high, left + EDGE * FINE, top + EDGE * FINE)
    return np.asarray(page.resize((page.width // FINE, page.height // FINE), Pillow.Resampling.BOX))


def _lines(pen: ImageDraw.ImageDraw, record: Raw, low: Raw, high: Raw, left: int, top: int) -> None:
    width, height = (CELL[0] - 2 * EDGE) * FINE, (CELL[1] - 2 * EDGE) * FINE
    steps = record.shape[1]
    across = left + width * (np.arange(steps) / max(1, steps - 1))
    for i, values in enumerate(record):
        share = (values - low[i]) / max(high[i] - low[i], 1e-12)
        down = top + height * (1 - np.clip(share, -0.05, 1.05))
        colour = COLOURS[i % len(COLOURS)]
        for run in _runs(~np.isnan(values)):
            points = list(zip(across[run].tolist(), down[run].tolist(), strict=True))
            if len(points) > 1:
                pen.line(points, fill=colour, width=FINE)
            else:
                pen.point(points, fill=colour)


def _runs(known: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int64]]:
    """Stretches without a gap."""
    places = np.flatnonzero(known)
    return [each for each in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(each)]
