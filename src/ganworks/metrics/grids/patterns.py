"""Which small patterns of tiles occur, and how often."""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from ...settings import DataError

Codes = npt.NDArray[np.uint8]
EPSILON = 1e-5
"""Added to every count, so that a pattern that is never drawn costs much and not infinitely much."""


def pattern_divergence(real: Codes, fake: Codes, side: int) -> float:
    """Kullback-Leibler divergence, in nats, of the side x side patterns of fake (M, H, W) from those of real (N, H, W).

    0 is best. Patterns that only fake has cost nothing here; swap the two to see them.
    Raises DataError when a map is smaller than a pattern. Source: Lucas & Volz (2019), equations 1 and 2.
    """
    for levels in (real, fake):
        if levels.ndim != 3 or not len(levels) or min(levels.shape[1:]) < side:
            raise DataError(f"patterns of {side} x {side} need maps (N, H, W) at least as large, got {levels.shape}")
    both = np.concatenate([_patterns(real, side), _patterns(fake, side)])
    _, numbers = np.unique(both, return_inverse=True)
    numbers = numbers.reshape(-1)
    cut = len(_patterns(real, side))
    kinds = int(numbers.max()) + 1
    mine = np.bincount(numbers[:cut], minlength=kinds)
    other = np.bincount(numbers[cut:], minlength=kinds)[mine > 0]
    mine = mine[mine > 0]
    p, q = (
        (counts + EPSILON) / ((total + EPSILON) * (1 + EPSILON))
        for counts, total in ((mine, cut), (other, len(both) - cut))
    )
    return float((p * np.log(p / q)).sum())


def _patterns(levels: Codes, side: int) -> npt.NDArray[np.void]:
    """Every pattern as one value that can be sorted, (count,)."""
    windows = sliding_window_view(levels, (side, side), axis=(1, 2))
    rows = np.ascontiguousarray(windows.reshape(-1, side * side))
    return rows.view(np.dtype((np.void, rows.shape[1]))).reshape(-1)
