"""Blurs: Gaussian, motion, out of focus, and the ringing of a sharp cut-off; each sample has a filter of its own."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from .draws import Draws, Range, ends
from .step import Change, Step


class _Filter(Change):
    """A step that is a filter; `filters` makes one for each sample."""

    @abstractmethod
    def filters(self, draws: Draws) -> Tensor:
        """Filters (B, k, k) with k odd, each of sum 1."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        return filtered(x, self.filters(draws))

    def kernel(self) -> Tensor | None:
        fixed = all(low == high for low, high in (ends(getattr(self, name)) for name in self.limits))
        return self.filters(Draws(1, torch.device("cpu")))[0] if fixed and self.chance == 1 else None


class Blur(_Filter):
    """A Gaussian, round or drawn out in one direction."""

    name: Literal["blur"] = "blur"
    limits: ClassVar = {"sigma": (0.05, 20), "stretch": (1, 10), "angle": (0, 180)}

    sigma: Range = (0.8, 2.0)
    """Standard deviation across its narrow axis; pixels."""
    stretch: Range = 1.0
    """Long axis over narrow axis; 1 is round."""
    angle: Range = 0.0
    """Of the long axis; degrees from the horizontal."""

    def filters(self, draws: Draws) -> Tensor:
        radius = math.ceil(3 * ends(self.sigma)[1] * ends(self.stretch)[1])
        sigma, stretch, angle = draws.within(self.sigma), draws.within(self.stretch), draws.within(self.angle)
        along, across = _turned(radius, angle)
        narrow = sigma[:, None, None]
        return _of_sum_one(torch.exp(-((along / stretch[:, None, None]) ** 2 + across**2) / (2 * narrow**2)))


class Motion(_Filter):
    """The straight path of a camera that moves at one speed while the shutter is open."""

    name: Literal["motion"] = "motion"
    limits: ClassVar = {"length": (1, 99), "angle": (0, 180)}

    length: Range = (5.0, 15.0)
    """Of the path; pixels."""
    angle: Range = (0.0, 180.0)
    """Of the path; degrees from the horizontal."""

    def filters(self, draws: Draws) -> Tensor:
        length, angle = draws.within(self.length)[:, None, None], draws.within(self.angle)
        along, across = _turned(math.ceil(ends(self.length)[1] / 2), angle)
        # A line of one pixel's width, its sides and ends fading over a pixel.
        return _of_sum_one((1 - across.abs()).clamp(0) * ((length + 1) / 2 - along.abs()).clamp(0, 1))


class Defocus(_Filter):
    """The disc that a point out of focus becomes."""

    name: Literal["defocus"] = "defocus"
    limits: ClassVar = {"radius": (0.5, 40)}

    radius: Range = (1.0, 3.0)
    """Of the disc; pixels."""

    def filters(self, draws: Draws) -> Tensor:
        radius = draws.within(self.radius)[:, None, None]
        along, across = _turned(math.ceil(ends(self.radius)[1]), torch.zeros(draws.count, device=draws.device))
        return _of_sum_one((radius + 0.5 - (along**2 + across**2).sqrt()).clamp(0, 1))


class Sinc(_Filter):
    """Ringing: a round low-pass filter that cuts off at once, as sharpening and strong compression leave it."""

    name: Literal["sinc"] = "sinc"
    limits: ClassVar = {"cutoff": (0.1, math.pi)}

    cutoff: Range = (math.pi / 3, math.pi)
    """Highest frequency kept; radians a pixel."""
    radius: int = Field(default=6, ge=1, le=20)
    """At which the filter is cut; pixels."""

    def filters(self, draws: Draws) -> Tensor:
        cutoff = draws.within(self.cutoff)[:, None, None]
        along, across = _turned(self.radius, torch.zeros(draws.count, device=draws.device))
        distance = (along**2 + across**2).sqrt()
        far = cutoff * torch.special.bessel_j1(cutoff * distance) / (2 * math.pi * distance.clamp(1e-6))
        return _of_sum_one(torch.where(distance > 0, far, cutoff**2 / (4 * math.pi)))


def filtered(x: Tensor, filters: Tensor) -> Tensor:
    """x (B, C, H, W), each sample by its own filter (B, k, k); beyond the edge a picture is its mirror image."""
    count, channels, height, width = x.shape
    radius = filters.shape[-1] // 2
    mode = "reflect" if radius < min(height, width) else "replicate"
    around = functional.pad(x, (radius,) * 4, mode=mode).reshape(1, count * channels, *_plus(x, 2 * radius))
    weights = filters.to(x.dtype).repeat_interleave(channels, 0)[:, None]
    return functional.conv2d(around, weights, groups=count * channels).reshape(x.shape)


def known_kernel(steps: Sequence[Step]) -> Tensor | None:
    """The one filter (k, k) that all pictures went through; None when there are several, or each drew its own.

    What a deconvolution that needs to know the blur may be given.
    """
    blurs = [step for step in steps if isinstance(step, _Filter)]
    return blurs[0].kernel() if len(blurs) == 1 else None


def _plus(x: Tensor, more: int) -> tuple[int, int]:
    return x.shape[2] + more, x.shape[3] + more


def _turned(radius: int, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Places of a grid (B, k, k), along and across an axis at `angle` degrees (B,)."""
    line = torch.arange(-radius, radius + 1, dtype=torch.float32, device=angle.device)
    down, right = torch.meshgrid(line, line, indexing="ij")
    radians = torch.deg2rad(angle)[:, None, None]
    cosine, sine = radians.cos(), radians.sin()
    return right * cosine - down * sine, right * sine + down * cosine


def _of_sum_one(filters: Tensor) -> Tensor:
    return filters / filters.sum((1, 2), keepdim=True)
