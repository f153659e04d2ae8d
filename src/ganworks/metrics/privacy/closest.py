"""Distance to the closest record: what a release is often said to be safe by, and is not.

Sets that pass every test made of these distances still give members away ("The DCR Delusion", Yao et al., 2025). They
find a generator that copies outright, and nothing less: a check of sanity.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .. import neighbours
from ..sets import like, matched

ROUNDING = 1e-6
"""Distance that is none, as a share of the features' norm: what a product of matrices may leave of equal rows."""


class Closest(NamedTuple):
    """Distances of samples to the training record closest to each."""

    median: float
    fifth: float
    """One in twenty is closer."""
    same: float
    """Share at no distance at all."""
    nearer: float
    """Share closer to training than to as many held-out records; half of new samples are."""

    @property
    def overfitting_protection(self) -> float:
        """1 when no more than half are closer to training; 0 when all are."""
        return min(2 * (1 - self.nearer), 1.0)

    def baseline_protection(self, noise: "Closest") -> float:
        """How far samples keep from training beside what rows of uniform noise keep, at most 1."""
        return min(self.median / noise.median, 1.0) if noise.median else 1.0


def closest(train: Tensor, held_out: Tensor, x: Tensor) -> Closest:
    """How samples x (M, F) lie to training records (N, F), beside held-out ones (H, F); as many of both are used.

    Ties count half. Raises DataError when a set is empty.
    """
    train, x = matched(train, x, least=1)
    held_out = like(train, held_out, "held-out", 1)
    distances = neighbours.nearest(x, train)[0][:, 0]
    nothing = ROUNDING * float(train.norm(dim=1).mean())
    count = min(len(train), len(held_out))
    to_train, to_others = (neighbours.nearest(x, each[:count])[0][:, 0] for each in (train, held_out))
    equal = (to_train - to_others).abs() <= nothing
    nearer = torch.where(equal, 0.5, (to_train < to_others).double())
    low, middle = distances.quantile(torch.tensor([0.05, 0.5], dtype=torch.float64)).tolist()
    return Closest(middle, low, float((distances <= nothing).double().mean()), float(nearer.mean()))
