"""Masks of holes: drawn, or read from files. White is a hole: whatever is above 127 of 255."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ...settings import DataError, printable
from ..base import Raw
from ..image.decode import SUFFIXES, Unreadable, decode
from .light import LUMINANCE

Mask = npt.NDArray[np.bool_]
"""(H, W), True where there is a hole."""
THRESHOLD = 127
"""A mask's values above this one are holes, out of 255."""
_PIECES = (3, 11)
"""Straight pieces of one stroke, at least and below."""
_LONGEST = 0.35
"""Of a stroke's piece, and of a box's side; share of the picture's shorter side."""

Paint = Callable[[ImageDraw.ImageDraw, np.random.Generator, float], None]
"""Paints one piece, its size times the number given."""


def irregular(
    seed: int,
    height: int,
    width: int,
    share: tuple[float, float] = (0.1, 0.4),
    thickness: tuple[float, float] = (0.03, 0.2),
) -> Mask:
    """Strokes of a brush that wanders and turns, until they cover a share of the picture drawn from `share`.

    `thickness` of a stroke is a share of the picture's shorter side, drawn for each stroke. The same seed gives the
    same mask. In the manner of Suvorov et al. (2022), section 2.3.
    """
    side = min(height, width)
    stroke = {"left": 0, "x": 0.0, "y": 0.0, "angle": 0.0, "thick": 0.0}

    def paint(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: float) -> None:
        if stroke["left"] < 1:
            stroke.update(left=int(rng.integers(*_PIECES)), x=rng.uniform(0, width), y=rng.uniform(0, height))
            stroke.update(angle=rng.uniform(0, 2 * math.pi), thick=rng.uniform(*thickness) * side)
        stroke["left"] -= 1
        stroke["angle"] += rng.uniform(-math.pi / 2, math.pi / 2)
        length, radius = rng.uniform(0.05, _LONGEST) * side * size, stroke["thick"] * size / 2
        x = min(max(stroke["x"] + length * math.cos(stroke["angle"]), 0.0), width - 1.0)
        y = min(max(stroke["y"] + length * math.sin(stroke["angle"]), 0.0), height - 1.0)
        draw.line((stroke["x"], stroke["y"], x, y), fill=1, width=max(1, round(2 * radius)))
        if radius >= 1:
            for middle in ((stroke["x"], stroke["y"]), (x, y)):
                draw.circle(middle, radius, fill=1)
        stroke["x"], stroke["y"] = x, y

    return _covered(seed, height, width, share, paint)


def box(seed: int, height: int, width: int, share: tuple[float, float] = (0.1, 0.4)) -> Mask:
    """Upright boxes, until they cover a share of the picture drawn from `share`. The same seed gives the same mask."""

    def paint(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: float) -> None:
        across, down = (max(1, round(side * rng.uniform(0.1, 2 * _LONGEST) * size)) for side in (width, height))
        left, top = int(rng.integers(width - across + 1)), int(rng.integers(height - down + 1))
        draw.rectangle((left, top, left + across - 1, top + down - 1), fill=1)

    return _covered(seed, height, width, share, paint)


def read_mask(path: Path, height: int, width: int) -> Mask:
    """The mask in a picture file of any kind; of colours the brightness counts, and what is transparent is black.

    Raises DataError when it cannot be read, has another size, or leaves nothing to fill or nothing to go by.
    """
    name = printable(str(path))
    try:
        pixels, alpha = decode(path.read_bytes())
    except Unreadable as error:
        raise DataError(f"{name}: wanted a mask picture, {error}") from None
    except OSError as error:
        raise DataError(f"{name}: wanted a mask picture, it cannot be read ({error.strerror})") from None
    hole = _bright(pixels, alpha) > THRESHOLD
    check(hole, height, width, name)
    return hole


def check(hole: Mask, height: int, width: int, name: str) -> None:
    """Raises DataError when a mask (H, W) does not fit the picture, or leaves nothing to fill or nothing to go by."""
    if hole.shape != (height, width):
        got = " x ".join(map(str, hole.shape))
        raise DataError(f"{name}: wanted a mask of the picture's size, {height} x {width}, got {got}; resize it")
    if not hole.any():
        raise DataError(f"{name}: the mask is all black, so there is nothing to fill; white marks the holes")
    if hole.all():
        raise DataError(f"{name}: the mask is all white, so there is nothing to go by; white marks the holes")


@lru_cache(maxsize=4)
def masks_in(folder: str, height: int, width: int) -> Mask:
    """All masks (N, H, W) of a folder, by name. Raises DataError when there are none, or one cannot be used."""
    place = Path(folder).expanduser()
    paths = sorted(each for each in place.iterdir() if each.suffix.lower() in SUFFIXES) if place.is_dir() else []
    if not paths:
        raise DataError(f"{printable(folder)}: wanted a folder of mask pictures, there are none; white marks the holes")
    return np.stack([read_mask(path, height, width) for path in paths])


def _bright(pixels: Raw, alpha: bool) -> npt.NDArray[np.float64]:
    """(H, W), 0..255."""
    values = pixels.astype(np.float64) * (255 / np.iinfo(pixels.dtype).max)
    colours = values[..., :-1] if alpha else values
    light = colours @ np.array(LUMINANCE if colours.shape[-1] == 3 else [1.0])
    # Rounded, because equal colours of 127 must not come out a hair above it.
    bright: npt.NDArray[np.float64] = np.rint(light * values[..., -1] / 255 if alpha else light)
    return bright


def _covered(seed: int, height: int, width: int, share: tuple[float, float], paint: Paint) -> Mask:
    rng = np.random.default_rng(seed)
    pixel = 1 / (height * width)
    wanted = max(pixel, rng.uniform(*share))
    most = max(share[1], wanted + pixel)
    canvas, size = Image.new("L", (width, height)), 1.0
    while True:
        before = canvas.copy()
        paint(ImageDraw.Draw(canvas), rng, size)
        covered = canvas.histogram()[1] * pixel
        if covered > most:  # taken back, and a smaller piece tried
            canvas, size = before, size / 2
        elif covered >= wanted:
            return np.asarray(canvas) > 0
