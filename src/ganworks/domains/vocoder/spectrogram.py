"""A mel spectrum as a picture: time to the right, low sounds below, loud ones bright."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...spectra import Mel, log_mel

RANGE = 9.0
"""From the loudest to what is black, in nats: 78 dB."""
_ANCHORS = ((0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164))
"""Colours from silence to the loudest, each as bright again as the one before."""


def spectrogram(sound: Tensor, mel: Mel, height: int = 0, loudest: float | None = None) -> npt.NDArray[np.uint8]:
    """Sound (T,) -> (H, W, 3). A band takes one row, or as many as make up the height; a frame one column.

    `loudest` is the log magnitude that is white; without it the sound's own.
    """
    bands = log_mel(sound[None].float(), mel)[0]
    top = float(bands.max()) if loudest is None else loudest
    share = ((bands - top) / RANGE + 1).clamp(0, 1).flip(0)
    colours = painted(share)
    return np.repeat(colours, max(1, round(height / len(colours))), axis=0)


def painted(share: Tensor) -> npt.NDArray[np.uint8]:
    """Numbers (H, W) in 0..1 -> colours (H, W, 3)."""
    anchors = torch.tensor(_ANCHORS, dtype=torch.float32)
    place = share * (len(anchors) - 1)
    low = place.floor().clamp(max=len(anchors) - 2).long()
    part = (place - low)[..., None]
    colours: npt.NDArray[np.uint8] = (anchors[low] * (1 - part) + anchors[low + 1] * part).round().byte().numpy()
    return colours
