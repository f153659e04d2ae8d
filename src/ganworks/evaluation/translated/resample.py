"""How sure a mean over pictures is: pictures drawn again with replacement.

For means of one number a picture this is sound, as it is not for distances between sets (see metrics/intervals.py).
The numbers of two methods are of the same pictures, so their differences are resampled, and not the two means.
"""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..bench import CONFIDENCE

TIMES, SEED, FEWEST = 2000, 0, 5
"""Resamples, what they are drawn with, and the pictures below which they would say nothing."""


class Estimate(NamedTuple):
    value: float
    low: float | None = None
    high: float | None = None
    """None where there are too few pictures for an interval."""

    @property
    def sign(self) -> int:
        """1 above zero, -1 below it, 0 where the interval holds zero or there is none."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return 0
        return 1 if self.value > 0 else -1


def estimate(values: Tensor) -> Estimate:
    """The mean of values (B,) with its percentile interval; the same for the same values. Efron (1979)."""
    numbers = values.double().cpu().numpy()
    if len(numbers) < FEWEST:
        return Estimate(float(numbers.mean()))
    rows = np.random.default_rng(SEED).integers(0, len(numbers), (TIMES, len(numbers)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(numbers[rows].mean(1), [tail, 1 - tail])
    return Estimate(float(numbers.mean()), float(low), float(high))
