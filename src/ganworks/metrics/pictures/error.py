"""Errors of pixels: the peak signal-to-noise ratio and the mean absolute error."""

import math
from typing import Literal

import torch
from torch import Tensor

from ...settings import DataError
from .measured import Measured, checked, holes, over, phrase, where

_LUMA = (65.481, 128.553, 24.966)


def psnr(
    x: Tensor,
    y: Tensor,
    *,
    on: Literal["channels", "y"] = "channels",
    crop: int = 0,
    mask: Tensor | None = None,
    most: float = math.inf,
) -> Measured:
    """10 log10(1 / mean squared error) of each picture, in decibels. Higher is better.

    x and y (B, C, H, W) in 0..1. The error is over all channels, or over their luma alone; over the whole picture less
    `crop` pixels at each border, or over the holes of `mask` (B, H, W), True in holes. Equal pictures have `most`.
    Raises DataError as `checked` and `luma` do.
    """
    x, y = checked(x, y, crop)
    area = None if mask is None else holes(mask, x, crop)
    if on == "y":
        x, y = luma(x), luma(y)
    decibels = -10 * over((x - y).square(), area).log10()
    kind = "luma of BT.601 in 16..235, peak 255" if on == "y" else "all channels together, peak = full range"
    ceiling = "" if math.isinf(most) else f"at most {most:g} dB"
    return Measured(decibels.clamp(max=most), phrase("mean over pictures", kind, where(crop, mask), ceiling))


def absolute(x: Tensor, y: Tensor, *, crop: int = 0, mask: Tensor | None = None) -> Measured:
    """Mean absolute error of each picture, as a share of the full range. 0 is best. Arguments as of `psnr`."""
    x, y = checked(x, y, crop)
    area = None if mask is None else holes(mask, x, crop)
    return Measured(over((x - y).abs(), area), phrase("share of the full range", where(crop, mask)))


def luma(x: Tensor) -> Tensor:
    """Y of ITU-R BT.601 from colours (B, 3 or 4, H, W) in 0..1, scaled to 16/255..235/255; (B, 1, H, W).

    As MATLAB's rgb2ycbcr computes it, without its rounding of 8-bit pictures. Raises DataError for pictures without
    colour.
    """
    if x.shape[1] < 3:
        raise DataError(f"luma is of pictures with three colours, got {x.shape[1]} channels; compare their channels")
    weights = torch.tensor(_LUMA, dtype=x.dtype, device=x.device).view(1, 3, 1, 1)
    return ((x[:, :3] * weights).sum(1, keepdim=True) + 16) / 255
