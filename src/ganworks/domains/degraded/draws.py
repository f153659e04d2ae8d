"""Draws: the chance in a degradation, one row a sample."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..base import Raw

Range = float | tuple[float, float]
"""One number, or the two ends between which each sample draws its own, evenly."""
_LARGEST_SEED = (1 << 63) - 1


def ends(value: Range) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)


class Draws:
    """Random numbers for `count` samples on `device`: from torch's global generator of the CPU, or one of its own."""

    def __init__(self, count: int, device: torch.device, generator: torch.Generator | None = None):
        self.count, self.device, self.generator = count, device, generator

    def at_hand(self) -> "Draws":
        """The same chance, for numbers that are wanted on the CPU."""
        return Draws(self.count, torch.device("cpu"), self.generator)

    def among(self, count: int) -> "Draws":
        """The same chance, for so many of the samples."""
        return Draws(count, self.device, self.generator)

    def within(self, value: Range) -> Tensor:
        """A number a sample (B,), even between the ends of `value`. Nothing is drawn for one number."""
        low, high = ends(value)
        if low == high:
            return torch.full((self.count,), low, device=self.device)
        return (low + (high - low) * torch.rand(self.count, generator=self.generator)).to(self.device)

    def flags(self, chance: float) -> Tensor:
        """True a sample (B,) with this probability. Nothing is drawn for certainty."""
        if chance in (0, 1):
            return torch.full((self.count,), chance == 1, device=self.device)
        return (torch.rand(self.count, generator=self.generator) < chance).to(self.device)

    def seeds(self) -> list[int]:
        """A seed a sample, for what is drawn number by number."""
        seeds: list[int] = torch.randint(_LARGEST_SEED, (self.count,), generator=self.generator).tolist()
        return seeds

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers (B, *shape)."""
        sizes = (self.count, *shape)
        if self.generator is not None or self.device.type == "cpu":
            return torch.randn(sizes, generator=self.generator).to(self.device)
        # Whole fields are drawn where they are needed, from a seed that the CPU's generator gave.
        seed = int(torch.randint(_LARGEST_SEED, ()))
        return torch.randn(sizes, device=self.device, generator=torch.Generator(self.device).manual_seed(seed))

    def offsets(self, room: int) -> list[int]:
        """A whole number a sample, 0 to `room` with both ends."""
        numbers: list[int] = torch.randint(room + 1, (self.count,), generator=self.generator).tolist()
        return numbers


def follows(record: Raw, device: torch.device) -> Draws:
    """Draws for one sample that follow from its own numbers (C, H, W), whatever stands beside it in a batch."""
    digest = hashlib.sha256(np.ascontiguousarray(record).astype("<i4").tobytes()).digest()
    seed = int.from_bytes(digest[:8], "big") >> 1
    return Draws(1, device, torch.Generator().manual_seed(seed))
