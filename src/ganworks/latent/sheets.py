"""One picture of several grids, each under its caption."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ..domains.base import Raw
from ..domains.image import Pictures
from ..settings import ConfigError, printable

LINE, SIZE, MARGIN = 22, 14, 4
_INK = (35, 38, 43)


class Grid(NamedTuple):
    """Records (N, H, W, C) in rows of so many, and what they show."""

    caption: str
    records: Raw
    columns: int


def sheet(grids: list[Grid], codec: Pictures) -> npt.NDArray[np.uint8]:
    """The grids one below the other, (H, W, 3)."""
    drawn = [(each.caption, codec.preview(each.records, each.columns)) for each in grids]
    width = max(picture.shape[1] for _, picture in drawn)
    height = sum(LINE + len(picture) + MARGIN for _, picture in drawn)
    canvas = Image.new("RGB", (width, height), "white")
    pen, font, top = ImageDraw.Draw(canvas), ImageFont.load_default(SIZE), 0
    for caption, picture in drawn:
        pen.text((MARGIN, top + 2), printable(caption), fill=_INK, font=font)
        canvas.paste(Image.fromarray(picture), (0, top + LINE))
        top += LINE + len(picture) + MARGIN
    return np.asarray(canvas)


def write(grids: list[Grid], codec: Pictures, path: Path, finish: Callable[[Raw], Raw] = lambda sheet: sheet) -> Path:
    """What `finish` makes of the sheet, as a PNG. Raises ConfigError when it cannot be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(finish(sheet(grids, codec))).save(path, "PNG")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; choose another --out") from error
    return path
