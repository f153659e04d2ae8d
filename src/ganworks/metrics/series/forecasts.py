"""How good forecasts are that are samples: (N, S, C, T), S of each of N, against what came, (N, C, T)."""

import math

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Numbers = npt.NDArray[np.float64]


def crps(samples: Numbers, came: Numbers) -> Numbers:
    """(C,) continuous ranked probability score, mean over forecasts and steps, in the channel's own unit. 0 is best.

    E|X - y| - E|X - X'| / 2 over pairs of different samples, which is unbiased at any S. For one sample it is the
    absolute error. Source: Gneiting & Raftery (2007), equation 21.
    Raises DataError where the shapes do not go together.
    """
    _check(samples, came)
    count = samples.shape[1]
    off = np.abs(samples - came[:, None]).mean(1)
    if count > 1:
        ranks = 2 * np.arange(1, count + 1) - count - 1
        ordered = np.sort(samples, axis=1)
        spread = (ordered * ranks[None, :, None, None]).sum(1) / (count * (count - 1))
        off = off - spread
    return np.asarray(np.nanmean(off, axis=(0, 2)))


def coverage(samples: Numbers, came: Numbers, level: float = 0.9) -> Numbers:
    """(C,) share of values that came within the samples' central `level`; `level` itself is best.

    The interval is between order statistics, so that S samples of the law itself reach it: with k of S left out on a
    side, a new value falls inside with 1 - 2 k / (S + 1), and what that lacks of `level` is made up between two k.
    """
    _check(samples, came)
    count = samples.shape[1]
    out = round((1 - level) / 2 * (count + 1), 9)
    if out < 1:
        least = math.ceil(round(2 / (1 - level) - 1, 9))
        raise DataError(f"coverage of {level:.0%} needs at least {least} samples, got {count}")
    ordered = np.sort(samples, axis=1)
    inside = [
        ((came >= ordered[:, k - 1]) & (came <= ordered[:, count - k])).astype(float)
        for k in (int(out), min(int(out) + 1, (count + 1) // 2))
    ]
    mixed = inside[0] + (out - int(out)) * (inside[1] - inside[0])
    return np.asarray(np.nanmean(np.where(np.isnan(came), np.nan, mixed), axis=(0, 2)))


def _check(samples: Numbers, came: Numbers) -> None:
    if samples.ndim != 4 or samples.shape[:1] + samples.shape[2:] != came.shape:
        raise DataError(f"forecasts (N, S, C, T) must go with (N, C, T), got {samples.shape} and {came.shape}")
