"""How far one set of numbers has to be moved to become another."""

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def wasserstein(one: Values, other: Values) -> float:
    """Wasserstein-1 distance of two sets of numbers, NaN left out, in their own unit: how far a number has to be moved
    on average. NaN where a set is empty."""
    one, other = (each[~np.isnan(each)] for each in (one, other))
    if not len(one) or not len(other):
        return math.nan
    from scipy.stats import wasserstein_distance  # noqa: PLC0415  slow to import

    return float(wasserstein_distance(one, other))
