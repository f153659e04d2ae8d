"""How far apart the fine structure of two pictures is, wherever exactly it lies."""

import torch
from torch import Tensor
from torch.nn.functional import unfold

from .measured import Measured, checked, phrase, where

WINDOW = 16


def spectral(x: Tensor, y: Tensor, *, crop: int = 0) -> Measured:
    """Mean absolute difference of the magnitudes of local Fourier transforms, for each picture. 0 is best.

    x and y (B, C, H, W) in 0..1; windows of 16 pixels, or of the picture where that is smaller, that overlap by half,
    under a Hann weight. It sees missing or invented texture and little of small shifts. Raises DataError as `checked`.
    """
    x, y = checked(x, y, crop)
    side = min(WINDOW, *x.shape[2:])
    first, second = (_magnitudes(each, side) for each in (x, y))
    kind = f"magnitudes in Hann windows of {side} pixels, half overlapping"
    return Measured((first - second).abs().flatten(1).mean(1), phrase(kind, where(crop, None)))


def _magnitudes(x: Tensor, side: int) -> Tensor:
    blocks = unfold(x, side, stride=max(1, side // 2)).transpose(1, 2).reshape(len(x), -1, x.shape[1], side, side)
    line = torch.hann_window(side + 2, periodic=False, dtype=x.dtype)[1:-1]
    magnitudes: Tensor = torch.fft.rfft2(blocks * torch.outer(line, line), norm="ortho").abs()
    return magnitudes
