"""A picture of a table: a small histogram a column."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from .cells import Floats
from .layout import Learnt

MOST = 24
"""Columns that are shown."""
WIDTH, HEIGHT, BARS = 160, 96, 24
_INK, _GAP, _PAPER, _TEXT = (52, 90, 140), (190, 90, 60), (255, 255, 255), (60, 60, 60)


def histograms(records: Floats, columns: tuple[Learnt, ...]) -> npt.NDArray[np.uint8]:
    """Records (N, columns) as one picture (H, W, 3); what is missing is the red bar at the right of its panel."""
    shown = columns[:MOST]
    across = min(len(shown), 6)
    picture = Image.new("RGB", (across * WIDTH, math.ceil(len(shown) / across) * HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    for i, column in enumerate(shown):
        left, top = i % across * WIDTH, i // across * HEIGHT
        draw.text((left + 6, top + 3), _short(column.seen.name), fill=_TEXT)
        heights, gap = _heights(records[:, i], column)
        most = max(float(heights.max(initial=0)), gap, 1e-9)
        wide = (WIDTH - 24) / max(len(heights), 1)
        for k, height in enumerate([*heights, gap]):
            at = left + 8 + (k * wide if k < len(heights) else WIDTH - 20)
            tall = 70 * float(height) / most
            ink = _INK if k < len(heights) else _GAP
            if tall > 0:
                box = (at, top + HEIGHT - 6 - tall, at + max(min(wide, 18) - 1, 1), top + HEIGHT - 6)
                draw.rectangle(box, fill=ink)
    return np.asarray(picture)


def _heights(values: Floats, column: Learnt) -> tuple[Floats, float]:
    """Shares of the values in each bar, and of those that are missing."""
    count = max(len(values), 1)
    gaps = np.isnan(values)
    known = values[~gaps]
    if column.numbers is None:
        words = len(column.seen.words)
        counts = np.bincount(known.astype(int), minlength=words).astype(np.float64)
        order = np.argsort([-share for share in column.categories.shares] if column.categories else [0])
        return counts[order[:BARS]] / count, float(gaps.sum()) / count
    low, high = column.numbers.minimum, column.numbers.maximum
    counts = np.histogram(known, BARS, (low, high if high > low else low + 1))[0]
    return counts / count, float(gaps.sum()) / count


def _short(name: str) -> str:
    plain = name.encode("latin-1", "replace").decode("latin-1")
    return plain if len(plain) <= 24 else f"{plain[:22]}.."
