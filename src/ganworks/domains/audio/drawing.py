"""Sound to look at: spectra in colours from dark blue to yellow, with the waveform under each."""

import math

import numpy as np
import numpy.typing as npt

from ..base import Raw

COLOURS = np.array(
    [(68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99),
     (170, 220, 50), (253, 231, 37)], np.float64,
)  # fmt: skip
"""From quiet to loud, evenly bright: what colour-blind eyes and grey printers keep apart."""
GAP, STRIP, WIDEST = 4, 32, 1100
"""Pixels between cells, of a waveform's height, and of a sheet's width at most, where cells allow it."""
INK, PAPER = (58, 82, 139), 255


def coloured(shares: Raw) -> npt.NDArray[np.uint8]:
    """Numbers in 0..1 (...) -> colours (..., 3)."""
    place = np.clip(shares, 0, 1) * (len(COLOURS) - 1)
    below = np.minimum(place.astype(np.int64), len(COLOURS) - 2)
    part = (place - below)[..., None]
    shown: npt.NDArray[np.uint8] = np.rint(COLOURS[below] * (1 - part) + COLOURS[below + 1] * part).astype(np.uint8)
    return shown


def sheet(spectra: Raw, waves: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
    """Spectra (N, bands, frames) in 0..1 and their waveforms (N, T) in -1..1 -> (H, W, 3)."""
    count = len(spectra)
    if not count:
        raise ValueError("a preview needs at least one record")
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    bands, frames = spectra.shape[1:]
    factor = max(1, round(WIDEST / columns / frames))
    across = frames * factor
    tall = max(1, round(factor * min(1.0, 64 / bands)))
    high = bands * tall
    rows = -(-count // columns)
    page = np.full((rows * (high + STRIP + GAP) - GAP, columns * (across + GAP) - GAP, 3), PAPER, np.uint8)
    for index in range(count):
        top, left = index // columns * (high + STRIP + GAP), index % columns * (across + GAP)
        drawn = coloured(spectra[index, ::-1]).repeat(tall, 0).repeat(factor, 1)
        page[top : top + high, left : left + across] = drawn
        page[top + high : top + high + STRIP, left : left + across] = strip(waves[index], across)
    return page


def strip(wave: Raw, across: int) -> npt.NDArray[np.uint8]:
    """A waveform (T,) as the span between its lowest and highest sample in each column. (STRIP, across, 3)"""
    edges = np.linspace(0, len(wave), across + 1).astype(np.int64)
    spans = np.stack([edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)], 1)
    low = np.array([wave[a:b].min() if a < len(wave) else 0.0 for a, b in spans])
    high = np.array([wave[a:b].max() if a < len(wave) else 0.0 for a, b in spans])
    middle = (STRIP - 1) / 2
    down = np.arange(STRIP)[:, None]
    inked = (down >= np.rint(middle - high * middle)) & (down <= np.rint(middle - low * middle))
    page = np.full((STRIP, across, 3), PAPER, np.uint8)
    page[inked] = INK
    return page
