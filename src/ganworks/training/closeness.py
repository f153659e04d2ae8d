"""Closeness: how far generated samples lie from real ones, cheap enough to be asked forty times in a run.

The unbiased squared maximum mean discrepancy of Gretton et al. (2012), lemma 6, under a mixture of rational kernels
whose lengths are shares of the median distance between real samples. So it has no unit, is bounded, lies near 0 for
equal laws, and sees fine structure in raw points, where the cubic kernel of published distances sees three moments.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

LENGTHS = (0.05, 0.15, 0.5, 1.5)
"""Kernel lengths in medians of the distance between real samples."""
GROUPS = 16
"""Parts of the latents that a paired test compares."""
CRITICAL = 1.753
"""One-sided 5 % point of Student's t with GROUPS - 1 degrees of freedom."""
LEAST_GAIN = 0.01


class Closeness:
    """Distances to one set of real features (N, F), float64."""

    def __init__(self, real: Tensor):
        self.real = real
        apart = torch.cdist(real, real)
        others = apart[~torch.eye(len(real), dtype=torch.bool)]
        # Duplicates may make the median zero; the mean is zero only where all records agree.
        self.length = float(others.median()) or float(others.mean()) or 1.0
        self._real = _mean_of_others(self._kernel(apart.square())).mean()

    def of(self, fake: Tensor) -> tuple[float, list[float]]:
        """The distance of fake (M, F), M a multiple of GROUPS, and one number a group of fakes.

        Where the fakes of two generators come from the same latents, the mean difference of their groups is, to first
        order, the difference of their distances: the linear part of the statistic, kept for a paired test.
        """
        alike = _mean_of_others(self._kernel(torch.cdist(fake, fake).square()))
        near = self._kernel(torch.cdist(fake, self.real).square()).mean(1)
        value = alike.mean() - 2 * near.mean() + self._real
        return float(value), (2 * (alike - near)).view(GROUPS, -1).mean(1).tolist()

    def _kernel(self, squared: Tensor) -> Tensor:
        lengths = [length * self.length for length in LENGTHS]
        return sum((1 / (1 + squared / (2 * each**2)) for each in lengths), torch.zeros(())) / len(lengths)


def is_closer(now: float, groups: Sequence[float], best: float, best_groups: Sequence[float]) -> bool:
    """Whether one generator is closer than another: by more than a hundredth, and in a paired test at 5 %."""
    if not math.isfinite(now) or len(groups) != GROUPS:
        return False
    if not math.isfinite(best) or len(best_groups) != GROUPS:
        return True
    if best - now <= LEAST_GAIN * abs(best):
        return False
    gains = torch.tensor(best_groups, dtype=torch.float64) - torch.tensor(groups, dtype=torch.float64)
    error = float(gains.std()) / math.sqrt(GROUPS)
    return (best - now) > CRITICAL * error


def _mean_of_others(kernel: Tensor) -> Tensor:
    """Mean of each row without its diagonal."""
    return (kernel.sum(1) - kernel.diagonal()) / max(len(kernel) - 1, 1)
