"""How sure a number is, and whether one model is better than another.

A model is scored several times, each time on samples drawn anew, and Student's t turns the scatter into an interval.
The reference stays as it is: it is part of the protocol, so an interval speaks of this reference and this count alone.
Resampling one set with replacement instead repeats samples, and repeated samples are farther from everything:
its interval misses the truth (`benchmarks/intervals.py` counts how often).
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ..settings import ConfigError, DataError

LEAST = 3
"""Regenerations below which an interval says nothing."""
MARGIN = 0.013
"""Relative gap that means nothing: training the same recipe again moves FID by 1 to 2 % ("The FID Lottery", 2026)."""


class Interval(NamedTuple):
    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """One model against another."""

    verdict: Literal["better", "worse", "inconclusive"]
    """Of the first."""
    difference: Interval
    """First minus second, in the metric's own unit."""
    relative: float
    """Size of the difference beside the larger of the two."""


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Mean of independent regenerations, with Student's t-interval for the expectation at this count and reference.

    Raises ConfigError below three values, DataError when one is not finite.
    """
    mean, error, freedom = _summary(values)
    half = _quantile(confidence, freedom) * error
    return Interval(mean, mean - half, mean + half)


def paired(
    first: Sequence[float],
    second: Sequence[float],
    better: Literal["lower", "higher"],
    confidence: float = 0.95,
    margin: float = MARGIN,
) -> Comparison:
    """Two models scored on the same reference with the same seeds, or on the same pictures, in the same order.

    Better or worse only if the interval of the differences excludes 0 and the gap is above `margin`; else inconclusive.
    Raises ConfigError when the lists differ in length, and as `interval` does.
    """
    if len(first) != len(second):
        raise ConfigError(f"a paired comparison needs as many scores of each, got {len(first)} and {len(second)}")
    difference = interval([a - b for a, b in zip(first, second, strict=True)], confidence)
    return _judged(difference, first, second, better, margin)


def across(
    first: Sequence[float], second: Sequence[float], better: Literal["lower", "higher"], confidence: float = 0.95
) -> Comparison:
    """Two recipes, each trained with several seeds; one score a training seed. Source: Welch (1947).

    Two scores each are enough to begin with; the interval is wide then. The rule is that of `paired`.
    """
    (a, error_a, free_a), (b, error_b, free_b) = _summary(first, least=2), _summary(second, least=2)
    variance = error_a**2 + error_b**2
    parts = error_a**4 / free_a + error_b**4 / free_b
    freedom = variance**2 / parts if parts else float(free_a + free_b)
    half = _quantile(confidence, freedom) * math.sqrt(variance)
    return _judged(Interval(a - b, a - b - half, a - b + half), first, second, better)


def halved(
    whole: tuple[float, float],
    first: Sequence[float],
    second: Sequence[float],
    better: Literal["lower", "higher"],
    confidence: float = 0.95,
) -> Comparison:
    """Two models whose scores are of whole sets of samples that belong together, such as outputs for the same inputs.

    `first` and `second` are their scores on the same random halves of the set: the delete-half jackknife, in which
    nothing is repeated and the scatter of the differences is the error of the whole. Source: Shao & Wu (1989).
    Raises as `paired` does.
    """
    if len(first) != len(second):
        raise ConfigError(f"a paired comparison needs as many scores of each, got {len(first)} and {len(second)}")
    _, error, freedom = _summary([a - b for a, b in zip(first, second, strict=True)])
    half = _quantile(confidence, freedom) * error * math.sqrt(len(first))
    gap = whole[0] - whole[1]
    return _judged(Interval(gap, gap - half, gap + half), whole[:1], whole[1:], better)


def _judged(
    difference: Interval,
    first: Sequence[float],
    second: Sequence[float],
    better: str,
    margin: float = MARGIN,
) -> Comparison:
    largest = max(abs(sum(first) / len(first)), abs(sum(second) / len(second)))
    relative = abs(difference.value) / largest if largest else 0.0
    if difference.low <= 0 <= difference.high or relative <= margin:
        return Comparison("inconclusive", difference, relative)
    ahead = (difference.value < 0) == (better == "lower")
    return Comparison("better" if ahead else "worse", difference, relative)


def _summary(values: Sequence[float], least: int = LEAST) -> tuple[float, float, int]:
    """Mean, its standard error, and the degrees of freedom."""
    if len(values) < least:
        raise ConfigError(f"an interval needs at least {least} independent scores, got {len(values)}; raise repeats")
    if not all(math.isfinite(each) for each in values):
        raise DataError(f"an interval needs finite scores, got {', '.join(f'{each:g}' for each in values)}")
    mean = math.fsum(values) / len(values)
    variance = math.fsum((each - mean) ** 2 for each in values) / (len(values) - 1)
    return mean, math.sqrt(variance / len(values)), len(values) - 1


def _quantile(confidence: float, freedom: float) -> float:
    from scipy.stats import t  # noqa: PLC0415  slow to import

    if not 0 < confidence < 1:
        raise ConfigError(f"confidence is a share between 0 and 1, got {confidence:g}")
    return float(t.ppf((1 + confidence) / 2, freedom))
