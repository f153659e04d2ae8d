"""Do columns go together as they should?"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .rows import Kind, Kinds, Rows, checked, present
from .shapes import variation

BINS = 10
"""Parts of a number that is held against a category, each with as many real values where ties allow it."""
MOST_PAIRS = 5_000
"""Pairs looked at; of more, so many are drawn."""
WIDE = 1 << 20
"""Cells of a contingency table up to which it is counted as a whole."""
Codes = npt.NDArray[np.int64]


class Trends(NamedTuple):
    pairs: Rows
    """(columns, columns), symmetric: similarity of each pair, 1 is best; NaN where it means nothing or was not looked
    at."""
    mean: float
    """Over the pairs; NaN without any."""


def pair_trends(real: Rows, fake: Rows, kinds: Kinds, seed: int = 0) -> Trends:
    """Compare pair by pair: 1 - |difference of the correlations| / 2 of two numbers, 1 - the total variation of the
    contingency tables of two categories; of a number and a category the same, the number in BINS parts by real
    quantiles. Missing is a category of its own, and left out of correlations.

    real (N, columns), fake (M, columns). A number that is constant in the real rows has no correlation, one that is
    constant only in the generated rows one of 0. Definitions: CorrelationSimilarity and ContingencySimilarity of
    SDMetrics, which cuts numbers into parts of equal width instead and fills missing ones with 0.
    Raises DataError as `checked` does, and for fewer than two rows.
    """
    real, fake = checked(real, kinds, "real", 2), checked(fake, kinds, "generated", 2)
    number = np.array([kind == "number" for kind in kinds])
    found = np.full((len(kinds), len(kinds)), np.nan)
    true, drawn = correlations(real[:, number]), correlations(fake[:, number])
    found[np.ix_(number, number)] = 1 - np.abs(true - np.nan_to_num(drawn)) / 2
    cells = [_cells(real[:, i], fake[:, i], kind) for i, kind in enumerate(kinds)]
    first, second = np.triu_indices(len(kinds), 1)
    mixed = np.flatnonzero(~(number[first] & number[second]))
    if len(mixed) > MOST_PAIRS:
        mixed = np.random.default_rng(seed).choice(mixed, MOST_PAIRS, replace=False)
    for i, j in zip(first[mixed], second[mixed], strict=True):
        found[i, j] = found[j, i] = 1 - _contingency(cells[i], cells[j])
    np.fill_diagonal(found, np.nan)
    return Trends(found, float(np.nanmean(found)) if np.isfinite(found).any() else float("nan"))


def correlations(numbers: Rows) -> Rows:
    """Pearson's, (columns, columns), each over the rows that have both values; NaN where one of them is constant."""
    there = ~np.isnan(numbers)
    centre = np.where(there.any(0), np.where(there, numbers, 0).sum(0) / np.maximum(there.sum(0), 1), 0)
    deviation = np.where(there, numbers - centre, 0)
    scale = np.abs(deviation).max(0, initial=0)
    x = deviation / np.where(scale > 0, scale, 1)  # squares of large numbers must not drown the products
    mask = there.astype(np.float64)
    count, sums, squares = np.maximum(mask.T @ mask, 1), x.T @ mask, np.square(x).T @ mask
    covariance = x.T @ x / count - sums * sums.T / count**2
    variance = squares / count - np.square(sums / count)
    variance = np.where(variance > 1e-12, variance, np.nan)
    found: Rows = np.clip(covariance / np.sqrt(variance * variance.T), -1, 1)
    return found


def _cells(real: Rows, fake: Rows, kind: Kind) -> tuple[Codes, Codes, int]:
    """Cell of each value among both sets of rows, and how many cells there are; missing is the last."""
    both = np.concatenate([real, fake])
    if kind == "number":
        values = present(real)
        inner = np.quantile(values, np.arange(1, BINS) / BINS, method="lower") if len(values) else np.zeros(0)
        codes = np.searchsorted(np.unique(inner), both)  # a part ends with its edge, so that a frequent value is one
        width = BINS
    else:
        known, codes = np.unique(both, return_inverse=True)  # all NaN are one, and the last
        width = len(known)
    codes = np.where(np.isnan(both), width, codes)
    return codes[: len(real)], codes[len(real) :], width + 1


def _contingency(first: tuple[Codes, Codes, int], second: tuple[Codes, Codes, int]) -> float:
    """Total variation between two contingency tables."""
    cells = first[2] * second[2]
    real, fake = first[0] * second[2] + second[0], first[1] * second[2] + second[1]
    if cells > WIDE:
        return variation(real, fake)
    shares = [np.bincount(each, minlength=cells) / len(each) for each in (real, fake)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
