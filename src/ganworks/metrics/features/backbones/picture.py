"""`picture:FILE`: no network, one picture for whatever it is asked. How a term is given a picture to aim at.

`picture:waves` is drawn here, for trials.
"""

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn.functional import interpolate

from ....settings import DataError
from .base import Backbone, Maps

Values = npt.NDArray[np.uint8]
"""A picture (H, W, 3)."""


class Still(Backbone):
    """The picture in a file, one map (1, C, h, w) in the channels of x: grey for one or two, else colour.

    One much larger than x is reduced until its shorter side is x's longer one: strokes should fit the canvas.
    """

    picture: Tensor

    def __init__(self, name: str, path: Path):
        super().__init__()
        self.name, self.trained = name, False
        values = DRAWN[str(path)]() if str(path) in DRAWN else _read(path)
        self.sha256 = hashlib.sha256(values.tobytes()).hexdigest()
        self.register_buffer("picture", torch.from_numpy(values.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1)

    def maps(self, x: Tensor) -> Maps:
        picture, channels = self.picture, x.shape[1]
        if channels not in (1, 3):
            raise DataError(f"{self.name}: a picture to aim at has 1 or 3 channels, wanted are {channels}")
        if channels == 1:
            picture = picture.mean(1, keepdim=True)
        if (factor := max(x.shape[2:]) / min(picture.shape[2:])) < 1:
            sides = [max(1, round(factor * side)) for side in picture.shape[2:]]
            picture = interpolate(picture, sides, mode="bilinear", align_corners=False, antialias=True)
        return (picture,)


def _read(path: Path) -> Values:
    try:
        with Image.open(BytesIO(path.read_bytes())) as opened:
            return np.asarray(opened.convert("RGB"))
    except FileNotFoundError:
        drawn = ", ".join(DRAWN)
        raise DataError(f"{path}: wanted a picture, there is no such file; without one there is {drawn}") from None
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: wanted a picture, cannot be read ({str(error)[:120]})") from None


def waves(side: int = 256) -> Values:
    """Bands of five colours that wind about each other, each with a dark edge and fine strokes along it."""
    y, x = np.mgrid[:side, :side] / side
    winding = 0.09 * np.sin(6 * np.pi * x + 2 * np.sin(4 * np.pi * y)) + 0.05 * np.sin(14 * np.pi * x + 3)
    height = 14 * (y + winding)
    colours = np.array([(24, 44, 92), (240, 196, 64), (40, 120, 168), (236, 236, 216), (208, 84, 48)], float)
    band = colours[np.floor(height).astype(int) % len(colours)]
    edge = np.clip(np.abs(height % 1 - 0.5) - 0.36, 0, 0.14) / 0.14
    strokes = 0.16 * np.sin(2 * np.pi * (5 * height + 3 * x))
    shade = (1 - 0.75 * edge) * (1 + strokes)
    drawn: Values = np.clip(np.rint(band * shade[..., None]), 0, 255).astype(np.uint8)
    return drawn


DRAWN: dict[str, Callable[[], Values]] = {"waves": waves}
