"""Bouncing digits: clips whose physics is known, made from pictures of digits or from drawn characters.

A digit moves with constant speed in a straight line and is thrown back by the walls, as in Moving MNIST (Srivastava et
al., 2015), whose whole-pixel places are kept. One digit a clip, so that every clip has one label and one path.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image as PILImage

from ...settings import DataError
from ..base import Raw

SLOWEST, FASTEST = 1.0, 3.0
"""Pixels a frame, in any direction, in a frame of 32 pixels; in proportion in others."""


class Bouncing(NamedTuple):
    """Clips with their truth."""

    clips: npt.NDArray[np.uint8]
    """(N, T, H, W, 1)."""
    labels: npt.NDArray[np.int64]
    """(N,)"""
    places: npt.NDArray[np.float32]
    """(N, T, 2): where the box is, right and down, in pixels, before it is rounded to whole ones."""
    side: int
    """Of the box in which a digit is thrown about."""


def bouncing(
    digits: Raw, labels: Raw, count: int, frames: int = 16, size: int = 32, seed: int = 0, box: int | None = None
) -> Bouncing:
    """Clips (count, frames, size, size, 1) of digits (M, h, w) uint8, white on black, each thrown at random.

    A digit's ink is scaled so that its longer side is that of the box, half of the frame where nothing is said.
    Raises DataError when there is no digit with ink on it.
    """
    box = box or size // 2
    chance = np.random.default_rng(seed)
    chosen = chance.integers(0, len(digits), count) if len(digits) else np.empty(0, np.int64)
    small = {int(i): boxed(digits[i], box) for i in np.unique(chosen)}
    if not small:
        raise DataError("bouncing digits are made of pictures of digits (N, H, W), got none")
    room = size - box
    angle, speed = chance.uniform(0, 2 * np.pi, count), chance.uniform(SLOWEST, FASTEST, count) * size / 32
    way = np.stack([np.cos(angle), np.sin(angle)], 1) * speed[:, None]
    start = chance.uniform(0, room, (count, 2))
    places = folded(start[:, None] + way[:, None] * np.arange(frames)[:, None], room)
    clips = np.zeros((count, frames, size, size, 1), np.uint8)
    corners = np.rint(places).astype(np.int64)
    for i, number in enumerate(chosen):
        for t, (x, y) in enumerate(corners[i]):
            clips[i, t, y : y + box, x : x + box, 0] = small[int(number)]
    return Bouncing(clips, np.asarray(labels, np.int64)[chosen], places.astype(np.float32), box)


def folded(way: Raw, room: float) -> Raw:
    """A straight way, thrown back at 0 and at `room`."""
    turned: Raw = room - np.abs(np.mod(way, 2 * room) - room)
    return turned


def boxed(digit: Raw, side: int) -> npt.NDArray[np.uint8]:
    """The ink of a digit (h, w), scaled to a longer side of `side` and put in the middle of a box (side, side)."""
    ink = digit > 32
    if not ink.any():
        raise DataError("a picture of a digit is empty; wanted white on black")
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = side / max(cut.shape)
    height, width = (max(1, round(each * factor)) for each in cut.shape)
    scaled = np.asarray(PILImage.fromarray(cut).resize((width, height), PILImage.Resampling.BILINEAR))
    box = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    box[top : top + height, left : left + width] = scaled
    return box
