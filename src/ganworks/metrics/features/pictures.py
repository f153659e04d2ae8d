"""Pictures of any size and channels -> what an extractor reads, without aliasing."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ...settings import DataError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, by channel, in 0..1."""
Filter = Literal["bilinear", "bicubic"]


def resized(x: Tensor, side: int, filter: Filter = "bilinear") -> Tensor:
    """Pictures (B, C, H, W) -> (B, C, side, side), by a filter as wide as the pixels that fall together.

    The values stay as the filter leaves them: a bicubic one may go a little beyond -1..1. Both agree with Pillow's
    filters on pictures of floats. Source: Parmar et al. (2022), on what other resizing does to the distance.
    """
    if x.shape[-2:] == (side, side):
        return x
    return interpolate(x, (side, side), mode=filter, align_corners=False, antialias=True)


def coloured(x: Tensor) -> Tensor:
    """Pictures of 1, 2, 3 or 4 channels -> (B, 3, H, W). Grey is repeated; opacity, the last of 2 or 4, is left out."""
    return x[:, :3] if x.shape[1] >= 3 else x[:, :1].expand(-1, 3, -1, -1)


def as_imagenet(x: Tensor) -> Tensor:
    """Colours in -1..1 -> 0..1, less the mean of ImageNet, over its deviation."""
    mean, deviation = (torch.tensor(each, device=x.device).view(1, 3, 1, 1) for each in (MEAN, DEVIATION))
    return ((x + 1) / 2 - mean) / deviation


def need_pictures(name: str, shape: tuple[int, ...], most: int) -> None:
    """Raise DataError unless samples (C, H, W) have at most so many channels."""
    if len(shape) != 3 or not 1 <= shape[0] <= most:
        kind = f"pictures of {shape[0]} channels" if len(shape) == 3 else f"samples of shape {shape}"
        raise DataError(
            f"{name} reads pictures of 1 to {most} channels, got {kind}; the extractors random and pixels read any"
        )
