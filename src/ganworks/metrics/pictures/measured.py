"""What a measure of pictures returns, and what it demands of them."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...settings import DataError


class Measured(NamedTuple):
    """One number a picture, and how it was taken."""

    values: Tensor
    """(B,) float64."""
    protocol: str
    """A phrase that somebody else could repeat the numbers from."""

    @property
    def mean(self) -> float:
        """Over pictures: the mean of their values, not the value of their mean error."""
        return float(self.values.mean())


def checked(x: Tensor, y: Tensor, crop: int = 0) -> tuple[Tensor, Tensor]:
    """Both sets (B, C, H, W) as float64 on the CPU, without `crop` pixels at each border.

    Raises DataError when the shapes differ, nothing is left of them, or a number is not finite.
    """
    if x.shape != y.shape or x.ndim != 4 or not len(x):
        raise DataError(f"pictures in pairs must have one shape (B, C, H, W), got {tuple(x.shape)}, {tuple(y.shape)}")
    if min(x.shape[2:]) <= 2 * crop:
        raise DataError(f"nothing is left of pictures of {x.shape[2]} x {x.shape[3]} without {crop} pixels a border")
    if not (x.isfinite().all() and y.isfinite().all()):
        raise DataError("pictures to compare hold numbers that are not finite; the generator has diverged")
    both = (each.detach().to("cpu", torch.float64) for each in (x, y))
    x, y = (each[:, :, crop : each.shape[2] - crop, crop : each.shape[3] - crop] for each in both)
    return x, y


def holes(mask: Tensor, x: Tensor, crop: int = 0) -> Tensor:
    """A mask (B, H, W) or (B, 1, H, W), True in holes, as float64 (B, 1, h, w) of the cropped pictures x.

    Raises DataError when it has another size than the pictures, or one of them has no hole.
    """
    given = tuple(mask.shape)
    mask = (mask[:, None] if mask.ndim == 3 else mask).to("cpu", torch.float64)
    mask = mask[:, :, crop : mask.shape[2] - crop, crop : mask.shape[3] - crop]
    if mask.shape != (len(x), 1, *x.shape[2:]):
        raise DataError(f"masks must be (B, H, W) of the pictures' size {tuple(x.shape[2:])}, got {given}")
    if not mask.flatten(1).any(1).all():
        raise DataError("a picture without a hole has no error in its holes; leave it out")
    return mask


def over(map: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of a map (B, C, h, w) for each picture, over everything or over the holes alone; (B,)."""
    if mask is None:
        return map.flatten(1).mean(1)
    return (map * mask).flatten(1).sum(1) / (mask.flatten(1).sum(1) * map.shape[1])


def phrase(*parts: str) -> str:
    return ", ".join(each for each in parts if each)


def where(crop: int, mask: Tensor | None) -> str:
    """How a protocol names what of the picture was looked at."""
    return phrase(
        "holes alone" if mask is not None else "", f"{crop} pixels cut at each border" if crop else "no border cut"
    )
