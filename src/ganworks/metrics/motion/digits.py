"""Does a digit stay the digit that it is: each frame cut out, brought upright, and read."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as PILImage
from torch import Tensor

INK = 64
"""Brightness from which on a pixel belongs to a digit; bytes."""
SIDE, INNER = 28, 20
"""Of MNIST: the side of a picture, and the longer side of the ink in it."""
PART = 512


class Identity(NamedTuple):
    """What digits were read in a set of clips. Shares from 0 to 1."""

    labels: npt.NDArray[np.int64]
    """(N, T); -1 where a frame has no ink."""
    kept: float
    """Share of frames that show the digit that most frames of their clip show."""
    whole: float
    """Share of clips that show one digit in all frames."""
    sure: float
    """How sure the reader is, mean over frames."""


def identities(clips: npt.NDArray[np.uint8], read: Callable[[Tensor], Tensor]) -> Identity:
    """Clips (N, T, H, W) of one white digit each on black.

    `read` gives class probabilities of pictures (B, 1, 28, 28) in -1..1.
    """
    count, frames = clips.shape[:2]
    cut = np.stack([upright(frame) for clip in clips for frame in clip])
    x = torch.from_numpy(cut)[:, None].float() / 127.5 - 1
    found = torch.cat([read(part) for part in torch.split(x, PART)])
    sure, labels = found.max(1)
    labels[torch.from_numpy(~cut.any((1, 2)))] = -1
    shown = labels.view(count, frames).numpy()
    same = [np.unique(each[each >= 0], return_counts=True)[1].max(initial=0) / frames for each in shown]
    whole = float(np.mean([each == 1 for each in same]))
    return Identity(shown, float(np.mean(same)), whole, float(sure.mean()))


def upright(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The ink of a frame (H, W) as MNIST has it: its longer side 20 pixels, its middle of brightness in that of 28."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    ink = frame >= INK
    if not ink.any():
        return canvas
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    cut = np.ascontiguousarray(frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    factor = INNER / max(cut.shape)
    height, width = (max(1, round(each * factor)) for each in cut.shape)
    scaled = np.asarray(PILImage.fromarray(cut).resize((width, height), PILImage.Resampling.BILINEAR))
    weight = scaled.astype(np.float64)
    middle = [float((weight.sum(1 - axis) @ np.arange(weight.shape[axis])) / weight.sum()) + 0.5 for axis in (0, 1)]
    top, left = (
        min(max(0, round(SIDE / 2 - at)), SIDE - length) for at, length in zip(middle, scaled.shape, strict=True)
    )
    canvas[top : top + height, left : left + width] = scaled
    return canvas
