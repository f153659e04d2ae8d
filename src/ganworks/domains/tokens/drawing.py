"""A page of lines, for people to look at."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ...settings import printable

WIDE, SIZE, MARGIN, LEADING = 96, 13, 8, 5
"""Characters of a row, points of a letter, and pixels around and between rows."""


def page(lines: list[str]) -> npt.NDArray[np.uint8]:
    """One picture (H, W, 3): a line a row, cut where it is too wide; grey rows tell them apart."""
    font = ImageFont.load_default(SIZE)
    shown = [printable(line) for line in lines]
    shown = [line if len(line) <= WIDE else f"{line[: WIDE - 1]}…" for line in shown]
    height = SIZE + LEADING
    widest = max((font.getlength(line) for line in shown), default=0.0)
    canvas = Image.new("RGB", (int(widest) + 2 * MARGIN + 40, height * len(shown) + 2 * MARGIN), "white")
    draw = ImageDraw.Draw(canvas)
    for i, line in enumerate(shown):
        top = MARGIN + i * height
        if i % 2:
            draw.rectangle((0, top, canvas.width, top + height - 1), fill=(243, 243, 246))
        draw.text((MARGIN, top + 1), line, fill=(20, 20, 30), font=font)
    return np.asarray(canvas)
