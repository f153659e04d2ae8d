"""Features that need no training: the values themselves, and convolutions with random weights."""

import hashlib
import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    conv1d,
    conv2d,
    conv3d,
    interpolate,
    leaky_relu,
)

from ...settings import DataError
from .base import Extractor
from .pictures import resized

MOST_PIXELS = 16
"""Pixels a side above which `pixels` averages areas."""
SEED = 20150812
WIDTHS = (16, 32, 48)
"""Maps of the random convolutions, by depth."""
SPOTS = 4
"""Maps of the last depth that are kept by place, 4 x 4 places in a picture."""
SLOPE = 0.2
GAIN = 3.0
"""Of means and deviations over what is kept by place: they show blur, noise and missing classes best at about 3."""
ROW_FEATURES = 256
_BANDS = (0.25, 1.0, 4.0)

_CONVOLUTIONS = {1: conv1d, 2: conv2d, 3: conv3d}
_POOLS = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
_SIDES = {1: (128, 256), 2: (32, 64), 3: (16, 16)}
"""Axes -> the side that samples are brought to when theirs is up to 1.5 times the first, and above it."""
_PLACES = {1: 16, 2: 4, 3: 2}


class Pixels(Extractor):
    """The values themselves; pictures are averaged over areas to at most 16 a side, so that features are bounded."""

    name = "pixels"
    sha256 = hashlib.sha256(f"pixels: area-averaged to at most {MOST_PIXELS} a side, flattened".encode()).hexdigest()
    licence: ClassVar[str] = "Apache-2.0"
    reads: ClassVar[str] = "samples of any shape"

    def check(self, shape: tuple[int, ...]) -> None:
        _need_values(self.name, shape)

    def __call__(self, x: Tensor) -> Tensor:
        x = x.detach().float()
        if x.ndim == 4 and max(x.shape[2:]) > MOST_PIXELS:
            x = adaptive_avg_pool2d(x, (min(x.shape[2], MOST_PIXELS), min(x.shape[3], MOST_PIXELS)))
        return x.flatten(1)


class RandomConvolutions(Extractor):
    """Convolutions of fixed random weights: mean and deviation of maps at three depths, and a few maps by place.

    For samples with one to three axes besides channels; for rows (C,), waves of random direction and length.
    The weights come from the integers of a generator whose stream is fixed, so that the hash is the same everywhere.
    """

    name = "random"
    licence: ClassVar[str] = "Apache-2.0"
    reads: ClassVar[str] = "samples of any shape; pictures resized to 32 or 64 a side"

    def __init__(self, shape: tuple[int, ...]):
        self.check(shape)
        self.shape, self.axes = shape, len(shape) - 1
        self.weights = _waves(shape[0]) if self.axes == 0 else _kernels(shape[0], self.axes)
        digest = hashlib.sha256(
            f"random {self.axes} axes, widths {WIDTHS}, slope {SLOPE}, gain {GAIN}, sides {_SIDES}, {_PLACES}".encode()
        )
        for each in self.weights:
            digest.update(each.numpy().tobytes())
        self.sha256 = digest.hexdigest()
        if self.axes == 2:
            self.weights = [each.contiguous(memory_format=torch.channels_last) for each in self.weights]

    def check(self, shape: tuple[int, ...]) -> None:
        _need_values(self.name, shape)
        if len(shape) > 4:
            raise DataError(f"{self.name} reads samples of at most three axes besides channels, got shape {shape}")

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        if tuple(x.shape[1:2]) != self.shape[:1] or x.ndim != len(self.shape) + 1:
            raise DataError(f"random was made for samples of shape {self.shape}, got {tuple(x.shape[1:])}")
        self.weights = [each.to(x.device) for each in self.weights]
        if self.axes == 0:
            directions, phases = self.weights
            return (x.float() @ directions + phases).cos()
        return self._maps(x.float())

    def _maps(self, x: Tensor) -> Tensor:
        *kernels, spots = self.weights
        h, pool, found = _sized(x, self.axes), _POOLS[self.axes], []
        for depth, kernel in enumerate(kernels):
            if depth:
                h = pool(h, h.shape[-1] // 2)
            h = leaky_relu(_CONVOLUTIONS[self.axes](h, kernel, padding=1), SLOPE)
            flat = h.flatten(2)
            found += [flat.mean(2) * GAIN, flat.std(2) * GAIN]
        places = _CONVOLUTIONS[self.axes](h, spots)
        return torch.cat([*found, pool(places, _PLACES[self.axes]).flatten(1)], 1)


def _need_values(name: str, shape: tuple[int, ...]) -> None:
    if not shape or 0 in shape:
        raise DataError(f"{name} reads samples with at least one value, got shape {shape}")


def _sized(x: Tensor, axes: int) -> Tensor:
    """Samples brought to one of two sides; the average over areas where several values fall together."""
    small, large = _SIDES[axes]
    side = small if max(x.shape[2:]) <= 1.5 * small else large
    if axes == 2:
        return resized(x, side)
    if max(x.shape[2:]) > side:
        length, *rest = (min(each, side) for each in x.shape[2:])
        x = adaptive_avg_pool1d(x, length) if axes == 1 else adaptive_avg_pool3d(x, (length, rest[0], rest[1]))
    mode = "linear" if axes == 1 else "trilinear"
    return interpolate(x, [side] * axes, mode=mode, align_corners=False)


def _kernels(channels: int, axes: int) -> list[Tensor]:
    """Uniform weights with the deviation of He et al. (2015); half of the first see differences only."""
    stream = np.random.PCG64(SEED + 97 * axes + channels)
    kernels = []
    for width, out in zip((channels, *WIDTHS), WIDTHS, strict=False):
        shape = (out, width, *[3] * axes)
        bound = math.sqrt(6 / ((1 + SLOPE**2) * width * 3**axes))
        kernels.append(_uniform(stream, shape, bound))
    # A kernel less itself shifted sums to zero; unlike a mean, the difference is the same to the bit everywhere.
    blind = kernels[0][: WIDTHS[0] // 2]
    blind.copy_((blind - blind.flatten(2).roll(1, 2).view_as(blind)) * 0.75)
    spots = _uniform(stream, (SPOTS, WIDTHS[-1], *[1] * axes), math.sqrt(3 / WIDTHS[-1]))
    return [*kernels, spots]


def _waves(channels: int) -> list[Tensor]:
    """Random Fourier features, Rahimi and Recht (2007), over three ranges of wave length."""
    stream = np.random.PCG64(SEED + channels)
    directions = _uniform(stream, (channels, ROW_FEATURES), math.sqrt(3 / channels))
    bands = torch.tensor(_BANDS).repeat(ROW_FEATURES // len(_BANDS) + 1)[:ROW_FEATURES]
    return [directions * bands * 2, _uniform(stream, (ROW_FEATURES,), math.pi)]


def _uniform(stream: np.random.PCG64, shape: tuple[int, ...], bound: float) -> Tensor:
    """Numbers in -bound..bound from the raw integers, which numpy promises never to change."""
    raw = np.asarray(stream.random_raw(math.prod(shape)), np.uint64) >> np.uint64(40)
    unit = raw.astype(np.float64) / 2.0**23 - 1
    return torch.from_numpy((unit * bound).astype(np.float32)).view(shape)
