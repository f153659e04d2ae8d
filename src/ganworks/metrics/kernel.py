"""Kernel distance: the squared maximum mean discrepancy under a cubic kernel, unbiased."""

from typing import NamedTuple

import torch
from torch import Tensor

from .sets import matched


class Estimate(NamedTuple):
    value: float
    deviation: float
    """Of the subsets' values: their scatter, not the error of the mean, since subsets overlap."""


def kernel_distance(real: Tensor, fake: Tensor, subsets: int = 100, size: int = 1_000, seed: int = 0) -> Estimate:
    """Mean of `squared_mmd` over random subsets of `size` samples of each set, drawn without replacement.

    real (N, F), fake (M, F); sets smaller than `size` give all they have. 0 is best; unbiased, so small ones may be
    negative. Raises DataError as `squared_mmd` does. Source: Binkowski et al. (2018).
    """
    real, fake = matched(real, fake)
    size = min(size, len(real), len(fake))
    generator = torch.Generator().manual_seed(seed)
    drawn = [
        [each[torch.randperm(len(each), generator=generator)[:size]] for each in (real, fake)] for _ in range(subsets)
    ]
    values = torch.tensor([squared_mmd(*pair) for pair in drawn], dtype=torch.float64)
    return Estimate(float(values.mean()), float(values.std(correction=0)))


def squared_mmd(real: Tensor, fake: Tensor) -> float:
    """Squared maximum mean discrepancy with k(x, y) = (x.y / F + 1)^3, of all samples.

    real (N, F), fake (M, F); N and M from 2. Unbiased: a sample is not compared with itself.
    Raises DataError below two samples, or when a number is not finite.
    Source: Gretton et al. (2012), lemma 6; the kernel of Binkowski et al. (2018).
    """
    real, fake = matched(real, fake)
    return _within(real) + _within(fake) - 2 * _across(real, fake)


def _within(x: Tensor) -> float:
    """Mean kernel of pairs of different samples."""
    total = _sum(x, x) - float((x.square().sum(1) / x.shape[1] + 1).pow(3).sum())
    return total / (len(x) * (len(x) - 1))


def _across(x: Tensor, y: Tensor) -> float:
    return _sum(x, y) / (len(x) * len(y))


def _sum(x: Tensor, y: Tensor) -> float:
    """Of the kernel over all pairs, some rows at a time."""
    return sum(float((part @ y.T / x.shape[1] + 1).pow_(3).sum()) for part in torch.split(x, 4_096))
