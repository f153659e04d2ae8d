"""Restoration without learning: what a trained model has to beat. Pictures are (B, C, H, W) in 0..1.

Enlarging, brightening and the colour of holes need nothing. The rest is scikit-image's and OpenCV's; what needs one of
them that is not installed raises ConfigError.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from ...settings import ConfigError

SHARPENING_STEPS = 30
RADIUS = 3
"""Pixels around a hole that its filling looks at."""
DARKEST = 1e-6
"""What is below it is not divided by."""


def bicubic(x: Tensor, scale: int, sharp: bool = False) -> Tensor:
    """Enlarged by Keys' cubic (1981) with a = -1/2, as Pillow and MATLAB do; sharp: with a = -3/4, as OpenCV does."""
    if scale == 1:
        return x
    size = [side * scale for side in x.shape[2:]]
    # torch has one filter with antialiasing, which does nothing here but that, and the other without.
    return interpolate(x, size, mode="bicubic", align_corners=False, antialias=not sharp).clamp(0, 1)


def total_variation(x: Tensor, weight: float) -> Tensor:
    """Each channel as the u of the least |u - x|^2 / 2 + weight * variation of u. Chambolle (2004)."""
    return _planes(x, _skimage("restoration").denoise_tv_chambolle(_stack(x), weight, channel_axis=0))


def gaussian(deviation: float) -> Tensor:
    """A kernel (S, S) that sums to 1 and reaches three deviations."""
    radius = max(1, math.ceil(3 * deviation))
    places = torch.arange(-radius, radius + 1, dtype=torch.float32)
    line = torch.exp(-places.square() / (2 * deviation**2))
    kernel = torch.outer(line, line)
    return kernel / kernel.sum()


def richardson_lucy(x: Tensor, kernel: Tensor, steps: int = SHARPENING_STEPS) -> Tensor:
    """The likeliest picture whose blur is x, were the noise that of counting. Richardson (1972), Lucy (1974)."""
    undo = _skimage("restoration").richardson_lucy
    rows, columns = (2 * (side // 2) for side in kernel.shape)
    around = pad(x, (columns, columns, rows, rows), mode="replicate").clamp(min=DARKEST)
    # It takes all outside for black, so let the border fade as a blur with black beside it would.
    light = conv2d(torch.ones_like(around[:1, :1]), kernel.flip(0, 1)[None, None].to(x), padding="same")
    # All planes at once: a kernel that is one deep mixes none.
    undone = undo(_stack(around * light), kernel.cpu().numpy()[None], num_iter=steps, filter_epsilon=DARKEST)
    return _planes(around, undone)[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]].clamp(0, 1)


def unsharp(x: Tensor, amount: float, deviation: float = 1.5) -> Tensor:
    """What a blur takes away is added once more, `amount` times."""
    return _planes(x, _skimage("filters").unsharp_mask(_stack(x), deviation, amount, channel_axis=0))


def brightened(x: Tensor, exponent: float) -> Tensor:
    """Stretched to the full range, but for the brightest hundredth, and raised to a power."""
    white = x.flatten(1).quantile(0.99, dim=1).clamp(min=1 / 255).view(-1, 1, 1, 1)
    return (x / white).clamp(0, 1) ** exponent


def equalised(x: Tensor) -> Tensor:
    """Brightness spread evenly over its range, the proportions of the colours kept."""
    grey = x.mean(1, keepdim=True)
    even = np.stack([_skimage("exposure").equalize_hist(each) for each in _stack(grey)])
    return (x * (_planes(grey, even) / grey.clamp(min=1 / 255))).clamp(0, 1)


def mean_colour(x: Tensor, mask: Tensor) -> Tensor:
    """Holes in the mean of the known pixels. mask (B, 1, H, W) bool, True in holes."""
    known = (~mask).to(x)
    mean = (x * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1)
    return torch.where(mask, mean, x)


def inpainted(x: Tensor, mask: Tensor, method: str) -> Tensor:
    """Holes filled from their surroundings by `telea` (2004) or `navier-stokes` (Bertalmio et al., 2001), in 8 bits."""
    try:
        import cv2  # noqa: PLC0415  an extra
    except ImportError:
        raise ConfigError("no OpenCV: pip install 'ganworks[imaging]'") from None
    way = cv2.INPAINT_TELEA if method == "telea" else cv2.INPAINT_NS
    filled = []
    for picture, hole in zip(x, mask, strict=True):
        pixels = (picture * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
        where = hole[0].cpu().numpy().astype(np.uint8)
        channels = [cv2.inpaint(np.ascontiguousarray(each), where, RADIUS, way) for each in pixels]
        filled.append(torch.from_numpy(np.stack(channels)).to(x) / 255)
    return torch.where(mask, torch.stack(filled), x)


def _skimage(part: str) -> Any:
    """A part of scikit-image. Raises ConfigError when that is not installed."""
    try:
        import skimage  # noqa: PLC0415  an extra
    except ImportError:
        raise ConfigError("no scikit-image: pip install 'ganworks[imaging]'") from None
    return getattr(skimage, part)


def _stack(x: Tensor) -> Any:
    """Channels of pictures as planes (B C, H, W) of numpy's."""
    return x.detach().flatten(0, 1).cpu().numpy()


def _planes(x: Tensor, found: Any) -> Tensor:
    """Planes (B C, H, W) as pictures like x."""
    return torch.from_numpy(np.ascontiguousarray(found)).to(x).view_as(x)
