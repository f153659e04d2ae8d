"""Differentiable augmentation: what the discriminator sees, real and fake alike. Zhao et al. (2020).

Every augmentation acts on samples (B, C, *axes) and is drawn anew for each sample. Its strength is the share of
samples it is applied to, constant or a schedule over the run.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..schedule import Number, at
from ..settings import Settings
from .chance import normal_like, uniform, whole


class Augmentation(Settings, ABC):
    strength: Number = 1.0
    """Share of samples it is applied to, 0 to 1; may be a schedule over the run."""

    @abstractmethod
    def change(self, x: Tensor, progress: float) -> Tensor:
        """Every sample changed."""

    def __call__(self, x: Tensor, progress: float) -> Tensor:
        strength = at(self.strength, progress)
        if strength <= 0:
            return x
        changed = self.change(x, progress)
        return changed if strength >= 1 else torch.where(_draw(x) < strength, changed, x)


class Flip(Augmentation):
    """Mirrors half of the samples along their last axis. Not for text, digits or anything with a handedness."""

    name: Literal["flip"] = "flip"

    def change(self, x: Tensor, progress: float) -> Tensor:
        return torch.where(_draw(x) < 0.5, x.flip(-1), x)


class Translate(Augmentation):
    """Moves each sample along every axis; what comes in from outside is zero, the middle of the range."""

    name: Literal["translate"] = "translate"
    reach: float = Field(default=0.125, gt=0, lt=1)
    """Farthest move, as a share of the axis."""

    def change(self, x: Tensor, progress: float) -> Tensor:
        for axis in range(2, x.ndim):
            size = x.shape[axis]
            reach = round(size * self.reach)
            shift = whole(-reach, reach + 1, (len(x), 1), x.device)
            index = torch.arange(size, device=x.device) + shift
            view = [len(x), *[1] * (axis - 1), size, *[1] * (x.ndim - axis - 1)]
            inside = ((index >= 0) & (index < size)).view(view)
            x = x.gather(axis, index.clamp(0, size - 1).view(view).expand_as(x)) * inside
        return x


class Affine(Augmentation):
    """Turns, slants and stretches each sample about the middle of its last two axes; beyond the edge is the edge.

    The frames of a clip move as one; a sample without two axes stays as it is. Four reads and a weighted sum, so that a
    penalty on slopes can be differentiated through it.
    """

    name: Literal["affine"] = "affine"
    turn: float = Field(default=15.0, ge=0, le=180)
    """Largest angle, in degrees."""
    slant: float = Field(default=0.3, ge=0, le=1)
    """Largest shift of a column, as a share of its distance from the middle row."""
    stretch: float = Field(default=0.2, ge=0, lt=1)
    """Each side is scaled by 1 - s to 1 + s."""

    def change(self, x: Tensor, progress: float) -> Tensor:
        if x.ndim < 4:
            return x
        if x.ndim > 4:
            return self.change(x.flatten(1, -3), progress).view_as(x)
        height, width = x.shape[2:]
        angle = _between(x, -self.turn, self.turn) * (torch.pi / 180)
        slant = _between(x, -self.slant, self.slant)
        rows = (torch.arange(height, device=x.device) - (height - 1) / 2).view(1, 1, -1, 1)
        columns = (torch.arange(width, device=x.device) - (width - 1) / 2).view(1, 1, 1, -1)
        rows = rows * _between(x, 1 - self.stretch, 1 + self.stretch)
        columns = columns * _between(x, 1 - self.stretch, 1 + self.stretch) + slant * rows
        down = rows * angle.cos() + columns * angle.sin() + (height - 1) / 2
        along = columns * angle.cos() - rows * angle.sin() + (width - 1) / 2
        return _read(x, down.clamp(0, height - 1), along.clamp(0, width - 1))


class Cutout(Augmentation):
    """Sets a block of each sample to zero, the middle of the range. DeVries & Taylor (2017)."""

    name: Literal["cutout"] = "cutout"
    reach: float = Field(default=0.5, gt=0, le=1)
    """Side of the block, as a share of the axis."""

    def change(self, x: Tensor, progress: float) -> Tensor:
        outside = torch.zeros((), dtype=torch.bool, device=x.device)
        for axis in range(2, x.ndim):
            size = x.shape[axis]
            side = max(1, round(size * self.reach))
            # The centre may lie anywhere, so blocks are cut off at the border as in the paper.
            start = whole(0, size + (1 - side % 2), (len(x), 1), x.device) - side // 2
            place = torch.arange(size, device=x.device)
            view = [len(x), *[1] * (axis - 1), size, *[1] * (x.ndim - axis - 1)]
            outside = outside | ((place < start) | (place >= start + side)).view(view)
        return x * outside


class Colour(Augmentation):
    """Moves brightness, contrast and, where there is colour, saturation.

    One channel, and any number that is not 2, 3 or 4: brightness and contrast. Two: the second is alpha and kept.
    Three: all of it. Four: the fourth is alpha and kept.
    """

    name: Literal["colour"] = "colour"
    brightness: float = Field(default=0.5, ge=0)
    """Farthest shift of all values, in units of half the range."""
    saturation: float = Field(default=1.0, ge=0, le=1)
    """Colour is scaled by 1 - s to 1 + s."""
    contrast: float = Field(default=0.5, ge=0, lt=1)
    """Distance from the mean is scaled by 1 - c to 1 + c."""

    def change(self, x: Tensor, progress: float) -> Tensor:
        kept = x[:, -1:] if x.shape[1] in (2, 4) else x[:, :0]
        x = x[:, : x.shape[1] - kept.shape[1]]
        x = x + _between(x, -self.brightness, self.brightness)
        if x.shape[1] == 3:
            grey = x.mean(1, keepdim=True)
            x = grey + (x - grey) * _between(x, 1 - self.saturation, 1 + self.saturation)
        mean = x.flatten(1).mean(1).view(-1, *[1] * (x.ndim - 1))
        x = mean + (x - mean) * _between(x, 1 - self.contrast, 1 + self.contrast)
        return torch.cat([x, kept], 1) if kept.shape[1] else x


class Noise(Augmentation):
    """Instance noise: widens both distributions until they overlap. Arjovsky & Bottou (2017), section 3."""

    name: Literal["noise"] = "noise"
    deviation: Number = 0.1
    """Standard deviation of the noise; may be a schedule over the run, usually down to 0."""

    def change(self, x: Tensor, progress: float) -> Tensor:
        return x + at(self.deviation, progress) * normal_like(x)


def augment(x: Tensor, augmentations: Sequence[Augmentation], progress: float) -> Tensor:
    for each in augmentations:
        x = each(x, progress)
    return x


def _read(x: Tensor, down: Tensor, along: Tensor) -> Tensor:
    """x (B, C, H, W) at places (B, 1, H, W) given in pixels, between four neighbours."""
    height, width = x.shape[2:]
    top, left = down.floor().clamp(max=max(0, height - 2)), along.floor().clamp(max=max(0, width - 2))
    flat, read = x.flatten(2), torch.zeros_like(x)
    for below in (0, 1):
        for right in (0, 1):
            share = (1 - (down - top - below).abs()) * (1 - (along - left - right).abs())
            place = (top + below).clamp(max=height - 1) * width + (left + right).clamp(max=width - 1)
            read = read + share * flat.gather(2, place.long().flatten(2).expand_as(flat)).view_as(x)
    return read


def _draw(x: Tensor) -> Tensor:
    """One uniform number a sample, shaped to broadcast over it."""
    return uniform([len(x), *[1] * (x.ndim - 1)], x.device)


def _between(x: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * _draw(x)


AUGMENTATIONS: dict[str, type[Augmentation]] = {
    "flip": Flip,
    "translate": Translate,
    "affine": Affine,
    "cutout": Cutout,
    "colour": Colour,
    "noise": Noise,
}
