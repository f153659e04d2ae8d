"""A visible label in pictures and frames: white letters on black in the lower left corner, legible on any ground."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ..settings import ConfigError

Pixels = npt.NDArray[Any]
SHARE = 0.05
"""Of the shorter side: how high the letters are at least, as China's Labelling Measures want it (GB 45438-2025)."""
LEAST = 7
"""Pixels below which letters cannot be read, whatever the share; fewer only where the text would not fit."""


def labelled(pixels: Pixels, text: str, font: str | None = None) -> Pixels:
    """Pixels (..., H, W, C) uint8 or uint16 with the text drawn in. Two and four channels end in opacity.

    Raises ConfigError for text that has letters the font lacks, or does not fit.
    """
    height, width, channels = pixels.shape[-3:]
    box = _drawn(text, width, height, font)
    share = box[..., None].astype(np.float64) / 255
    white = np.iinfo(pixels.dtype).max
    result = pixels.copy()
    corner = result[..., height - box.shape[0] :, : box.shape[1], :]
    opaque = channels - 1 if channels in (2, 4) else channels
    corner[..., :opaque] = np.rint(share * white).astype(pixels.dtype)
    corner[..., opaque:] = white
    return result


@lru_cache(maxsize=16)
def _drawn(text: str, width: int, height: int, font: str | None) -> npt.NDArray[np.uint8]:
    """The box (H, W) with the text in it."""
    rule = max(1, int(np.ceil(SHARE * min(width, height))))
    for tall in range(max(rule, LEAST), rule - 1, -1):
        letters = _letters(text, tall, font)
        rows, columns = letters.shape
        margin = max(1, tall // 4)
        if columns + 2 * margin <= width and rows + 2 * margin <= height:
            return np.pad(letters, margin)
    raise ConfigError(f"the label '{text}' does not fit into pictures of {width} x {height}; choose a shorter one")


def _letters(text: str, tall: int, name: str | None) -> npt.NDArray[np.uint8]:
    """The ink of the text (H, W), at least so tall."""
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise ConfigError("a label is one line of 1 to 200 letters")
    for size in range(tall, 6 * tall + 20):
        font = _font(name, size)
        left, top, right, bottom = (round(each) for each in font.getbbox(text))
        if bottom - top >= tall:
            break
    else:
        raise ConfigError(f"the label '{text}' has no ink; write letters")
    missing = bytes(font.getmask("\U0010ffff"))
    if lacking := sorted({each for each in text if not each.isspace() and bytes(font.getmask(each)) == missing}):
        raise ConfigError(f"the label has letters that the font lacks ({''.join(lacking)}); name one by --label-font")
    page = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(page).text((-left, -top), text, fill=255, font=font)
    return np.asarray(page)


def _font(name: str | None, size: int) -> Any:
    try:
        return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}: no font that can be read ({error}); name a TrueType or OpenType file") from None
