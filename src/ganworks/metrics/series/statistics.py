"""What two sets of windows (N, C, T) have in common as time series: memory, shared moves, and the facts of finance.

Every number is a mean over channels or pairs of an absolute difference, so 0 is best. Channels are taken one by one;
gaps (NaN) are left out. Deviations and means are of all windows together: within a short window they mean little.
"""

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Windows = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float64]


def autocorrelation(windows: Windows, lags: int) -> Numbers:
    """(C, lags + 1): how a channel's value goes with the one so many steps later. Lag 0 is 1."""
    away, deviation = _away(windows)
    found = [
        np.nanmean(away[..., : away.shape[2] - lag] * away[..., lag:], axis=(0, 2)) / deviation**2
        for lag in range(lags + 1)
    ]
    return np.asarray(np.nan_to_num(np.stack(found, 1)))


def crosscorrelation(windows: Windows) -> Numbers:
    """(C, C): how channels go together at one step."""
    away, deviation = _away(windows)
    flat = (away / deviation[:, None]).transpose(1, 0, 2).reshape(windows.shape[1], -1)
    known = ~np.isnan(flat)
    filled = np.where(known, flat, 0.0)
    counts = known.astype(np.float64) @ known.T
    found: Numbers = (filled @ filled.T) / np.maximum(counts, 1)
    return found


def autocorrelation_error(real: Windows, fake: Windows, lags: int | None = None) -> float:
    """Mean distance of autocorrelations over channels and lags from 1 on, by default up to 64 or the whole window.

    Source: as in Liao et al. (2020) and Quant GANs, Wiese et al. (2020), section 6.
    """
    lags = min(lags or 64, real.shape[2] - 1)
    if lags < 1:
        raise DataError(f"an autocorrelation needs windows of at least 2 steps, got {real.shape[2]}")
    return float(np.abs(autocorrelation(real, lags) - autocorrelation(fake, lags))[:, 1:].mean())


def crosscorrelation_error(real: Windows, fake: Windows) -> float | None:
    """Mean distance of the correlations of pairs of channels; None of one channel."""
    if real.shape[1] < 2:
        return None
    pairs = np.triu_indices(real.shape[1], 1)
    return float(np.abs(crosscorrelation(real) - crosscorrelation(fake))[pairs].mean())


def marginal_error(real: Windows, fake: Windows) -> float:
    """Mean over channels of the Kolmogorov-Smirnov distance between values at any step, 0 to 1."""
    return float(np.mean([_kolmogorov(real[:, i].ravel(), fake[:, i].ravel()) for i in range(real.shape[1])]))


def move_error(real: Windows, fake: Windows) -> float:
    """The same of moves from one step to the next: what smooth or restless samples cannot hide."""
    return marginal_error(np.diff(real, axis=2), np.diff(fake, axis=2))


def tail_index(values: Numbers, share: float = 0.05) -> float:
    """Hill's estimate of how heavy the tail of |values| is: about 3 of stock returns, above 10 of a Gaussian.

    Source: Hill (1975), of the largest `share`. NaN where fewer than 10 values are so large.
    """
    size = np.sort(np.abs(values[np.isfinite(values)]))[::-1]
    count = int(len(size) * share)
    if count < 10 or size[count] <= 0:
        return float("nan")
    return float(1 / np.mean(np.log(size[:count] / size[count])))


def leverage(returns: Windows, lags: int) -> Numbers:
    """(lags,) correlation of a return with the squared one so many steps later: below 0 in stocks. Bouchaud (2001).

    returns (N, T).
    """
    away = returns - np.nanmean(returns)
    squares = away**2 - np.nanmean(away**2)
    scale = max(float(np.sqrt(np.nanmean(away**2) * np.nanmean(squares**2))), 1e-12)
    count = away.shape[1]
    return np.array([np.nanmean(away[:, : count - lag] * squares[:, lag:]) / scale for lag in range(1, lags + 1)])


def drawdown(prices: Windows) -> Numbers:
    """(N,) largest fall from a former high within each window, in shares of that high. prices (N, T), above 0."""
    high = np.maximum.accumulate(prices, axis=1)
    return np.asarray(np.nanmax(1 - prices / high, axis=1))


def returns(prices: Windows) -> Windows:
    """(N, T - 1) differences of logarithms. Raises DataError where a price is not above 0."""
    if np.nanmin(prices) <= 0:
        raise DataError("returns are of prices above 0; name a channel of prices")
    return np.diff(np.log(prices), axis=1)


def _away(windows: Windows) -> tuple[Windows, Numbers]:
    """From each channel's mean, and its deviation (C,)."""
    away = windows - np.nanmean(windows, axis=(0, 2), keepdims=True)
    return away, np.maximum(np.sqrt(np.nanmean(away**2, axis=(0, 2))), 1e-12)


def _kolmogorov(one: Numbers, other: Numbers) -> float:
    one, other = np.sort(one[~np.isnan(one)]), np.sort(other[~np.isnan(other)])
    if not len(one) or not len(other):
        return 1.0
    every = np.concatenate([one, other])
    below = [np.searchsorted(each, every, side="right") / len(each) for each in (one, other)]
    return float(np.abs(below[0] - below[1]).max())
