"""Fewer pixels: for good, as super-resolution's input has them, or on the way, as pictures of the web had."""

import math
from functools import lru_cache
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from .draws import Draws, Range
from .noise import field
from .step import Change, Step


class Downscale(Step):
    """A smaller picture, without aliasing."""

    name: Literal["downscale"] = "downscale"

    factor: int = Field(default=2, ge=2, le=16)
    """Pixels of the clean picture for one of the small one, on each axis."""
    method: Literal["bicubic", "area"] = "bicubic"
    """Bicubic as Pillow has it (a = -0.5, widened by the factor), or the mean of what a pixel covers."""

    @property
    def shrinks(self) -> int:
        return self.factor

    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        if self.method == "area":
            return functional.avg_pool2d(x, self.factor)
        size = (x.shape[2] // self.factor, x.shape[3] // self.factor)
        return functional.interpolate(x, size=size, mode="bicubic", antialias=True)


class ResizeNoise(Change):
    """Made smaller, given noise, and enlarged again: blurred pictures whose noise has a coarser grain."""

    name: Literal["resize-noise"] = "resize-noise"
    limits: ClassVar = {"factor": (0.1, 1), "sigma": (0, 255)}

    factor: Range = (0.4, 1.0)
    """Side of the small picture over that of the whole."""
    sigma: Range = (1.0, 20.0)
    """Standard deviation of the noise, where white is 255."""
    grey: float = Field(default=0.4, ge=0, le=1)
    """Share of the samples whose noise is the same in all channels."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        factors: list[float] = draws.at_hand().within(self.factor).tolist()
        sigma = (draws.within(self.sigma) / 255)[:, None, None, None]
        down, right = (
            [_there_and_back(side, _small(side, each), x.device) for each in factors] for side in x.shape[2:]
        )
        noise = field(x, draws, self.grey) * sigma
        # Both ways are linear, so that each sample can have a size of its own: two matrices, whatever that size.
        return _both(x, [each[0] for each in down], [each[0] for each in right]) + _both(
            noise, [each[1] for each in down], [each[1] for each in right]
        )


def _small(side: int, factor: float) -> int:
    return max(2, round(side * factor))


def _both(x: Tensor, down: list[Tensor], right: list[Tensor]) -> Tensor:
    return torch.stack(down)[:, None] @ x @ torch.stack(right)[:, None].transpose(-1, -2)


@lru_cache(maxsize=256)
def _there_and_back(side: int, small: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """What one axis goes through, (side, side) each: a picture made small and large again, and noise made large.

    Of the noise only the first `small` numbers are used, which are as random as any.
    """
    identity = torch.eye(side, dtype=torch.float64)
    shrunk, grown = _resized(identity, small), _resized(torch.eye(small, dtype=torch.float64), side)
    noise = functional.pad(grown, (0, side - small))
    return (grown @ shrunk).float().to(device), noise.float().to(device)


def _resized(columns: Tensor, size: int) -> Tensor:
    """Each column (N, M) at another length -> (size, M): bicubic, without aliasing."""
    length = columns.shape[0]
    if length == size:
        return columns
    scale = length / size
    reach = max(scale, 1.0)
    centres = (torch.arange(size, dtype=torch.float64) + 0.5) * scale - 0.5
    places = torch.arange(math.floor(-2 * reach) - 1, length + math.ceil(2 * reach) + 1, dtype=torch.float64)
    weights = _cubic((places - centres[:, None]) / reach)
    weights = weights / weights.sum(1, keepdim=True)
    matrix = torch.zeros(size, length, dtype=torch.float64)
    matrix.index_add_(1, places.clamp(0, length - 1).long(), weights)
    return matrix @ columns


def _cubic(x: Tensor) -> Tensor:
    """Keys (1981), equation 15: the cubic kernel with a = -0.5."""
    x = x.abs()
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
