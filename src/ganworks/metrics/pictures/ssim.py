"""Structural similarity of pictures, at one scale and at several. Wang et al. (2004), Wang et al. (2003)."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from ...settings import DataError
from .measured import Measured, checked, holes, over, phrase, where

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, the finest first: Wang et al. (2003), table 1."""
WINDOW, DEVIATION = 11, 1.5
"""The Gaussian that local statistics are taken with."""
SMALLEST = 3


def ssim(x: Tensor, y: Tensor, *, crop: int = 0, mask: Tensor | None = None) -> Measured:
    """Similarity of each picture to its other, mean over channels and places. 1 is equal.

    x and y (B, C, H, W) in 0..1. Local statistics are Gaussian, 11 pixels of deviation 1.5, fewer where a side is below
    11, in all windows within the picture; with a `mask` (B, H, W), True in holes, in those around each pixel of a hole,
    the picture continued by its edge. Raises DataError when a side is below 3, and as `checked` does.
    """
    x, y = checked(x, y, crop)
    window = _window(x)
    area = None if mask is None else holes(mask, x, crop)
    if area is not None:
        x, y = (pad(each, [window // 2] * 4, mode="replicate") for each in (x, y))
    luminance, structure = _similarity(x, y, window)
    edge = "edge repeated" if mask is not None else "windows within the picture"
    kind = f"Gaussian window of {window} pixels, deviation {DEVIATION}, mean over channels, range 1"
    return Measured(over(luminance * structure, area), phrase(kind, edge, where(crop, mask)))


def ms_ssim(x: Tensor, y: Tensor, *, crop: int = 0) -> Measured:
    """Similarity of each picture to its other over up to five scales. 1 is equal.

    As many scales as fit a window of 11 (five from a side of 176 on, two from 22), their weights made to sum to 1; so
    values compare only at one size. Raises DataError as `ssim` does.
    """
    x, y = checked(x, y, crop)
    window, scales = _window(x), scales_of(x)
    weights = torch.tensor(WEIGHTS[:scales], dtype=torch.float64)
    weights /= weights.sum()
    product = torch.ones(len(x), dtype=torch.float64)
    for scale, weight in enumerate(weights):
        luminance, structure = _similarity(x, y, window)
        last = scale == scales - 1
        # Structure may be negative in pictures that are opposite; its root would not be a number.
        product *= over(luminance * structure if last else structure, None).clamp(min=0) ** weight
        if not last:
            x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
    kind = f"{scales} scales, Gaussian window of {window} pixels, deviation {DEVIATION}, range 1"
    return Measured(product, phrase(kind, where(crop, None)))


def scales_of(x: Tensor) -> int:
    """Scales of `ms_ssim` that fit pictures x (B, C, H, W). Raises DataError when a side is below 3."""
    side, window = min(x.shape[2:]), _window(x)
    return next(each for each in range(len(WEIGHTS), 0, -1) if side >> (each - 1) >= window)


def _window(x: Tensor) -> int:
    side = min(x.shape[2:])
    if side < SMALLEST:
        raise DataError(f"structural similarity needs pictures of at least {SMALLEST} a side, got {side}")
    return min(WINDOW, side - 1 + side % 2)


def _similarity(x: Tensor, y: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Luminance, and contrast times structure, around each place (B, C, h, w). Wang et al. (2004), equation 13."""
    small, smaller = 0.01**2, 0.03**2
    mean_x, mean_y, square_x, square_y, both = (_blurred(each, window) for each in (x, y, x * x, y * y, x * y))
    variance_x, variance_y, shared = square_x - mean_x.square(), square_y - mean_y.square(), both - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + small) / (mean_x.square() + mean_y.square() + small)
    return luminance, (2 * shared + smaller) / (variance_x + variance_y + smaller)


def _blurred(x: Tensor, window: int) -> Tensor:
    places = torch.arange(window, dtype=x.dtype) - window // 2
    line = torch.exp(-places.square() / (2 * DEVIATION**2))
    line /= line.sum()
    flat = x.reshape(-1, 1, *x.shape[2:])
    rows = conv2d(conv2d(flat, line.view(1, 1, -1, 1)), line.view(1, 1, 1, -1))
    return rows.view(*x.shape[:2], *rows.shape[2:])
