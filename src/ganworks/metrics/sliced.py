"""Sliced Wasserstein distance: the mean over directions of what it costs to move one set onto the other."""

import torch
from torch import Tensor

from .sets import matched


def sliced_wasserstein(real: Tensor, fake: Tensor, projections: int = 256, seed: int = 0) -> float:
    """Root of the mean squared 2-Wasserstein distance along random directions. 0 is best.

    real (N, F), fake (M, F); unequal counts are compared at the quantiles of the larger. Unit: that of the features.
    It needs no covariance, so few samples do. Raises DataError when a set is empty or holds a number not finite.
    Source: Rabin et al. (2011); Bonneel et al. (2015).
    """
    real, fake = matched(real, fake, least=1)
    generator = torch.Generator().manual_seed(seed)
    directions = torch.randn(real.shape[1], projections, generator=generator, dtype=torch.float64)
    directions /= directions.norm(dim=0)
    x, y = ((each @ directions).sort(0).values for each in (real, fake))
    if len(x) != len(y):
        x, y = (_stretched(each, max(len(x), len(y))) for each in (x, y))
    return float((x - y).square().mean().sqrt())


def _stretched(ordered: Tensor, count: int) -> Tensor:
    """The quantiles of ordered (N, P) at the middles of `count` equal shares."""
    places = (torch.arange(count, dtype=torch.float64) + 0.5) * len(ordered) / count
    return ordered[places.long()]
