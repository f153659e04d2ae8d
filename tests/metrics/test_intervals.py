"""How sure a number is, against values worked out by hand and from tables."""

import math

import numpy as np
import pytest

from ganworks.metrics.intervals import MARGIN, across, halved, interval, paired
from ganworks.settings import ConfigError, DataError


def test_an_interval_is_students() -> None:
    value, low, high = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    half = 2.7764451051977934 * math.sqrt(2.5 / 5)  # t of 4 degrees, 97.5 %
    assert (value, low, high) == pytest.approx((3.0, 3 - half, 3 + half), abs=1e-12)
    wide = interval([1.0, 2.0, 3.0, 4.0, 5.0], 0.99)
    assert wide.low < low and wide.high > high


def test_an_interval_needs_three_finite_scores() -> None:
    with pytest.raises(ConfigError, match="at least 3 independent scores, got 2"):
        interval([1.0, 2.0])
    with pytest.raises(DataError, match="finite scores, got 1, nan, 2"):
        interval([1.0, math.nan, 2.0])
    with pytest.raises(ConfigError, match="between 0 and 1"):
        interval([1.0, 2.0, 3.0], 95)


def test_scores_that_move_together_are_told_apart_and_the_sign_follows_the_metric() -> None:
    common = np.array([0.0, 3.0, -2.0, 1.0, 5.0])
    first, second = 10 + common, 11 + common + [0.01, 0, -0.01, 0.02, -0.02]
    assert paired(first, second, "lower").verdict == "better"
    assert paired(first, second, "higher").verdict == "worse"
    assert paired(second, first, "lower").verdict == "worse"
    assert across(first, second, "lower").verdict == "inconclusive"  # without the pairs the scatter hides it


def test_a_gap_below_the_margin_is_inconclusive_however_sure() -> None:
    first = [10.0, 10.001, 9.999]
    assert paired(first, [each * (1 + MARGIN * 0.9) for each in first], "lower").verdict == "inconclusive"
    assert paired(first, [each * (1 + MARGIN * 1.1) for each in first], "lower").verdict == "better"


def test_equal_scores_are_inconclusive() -> None:
    assert paired([0.0] * 3, [0.0] * 3, "higher") == ("inconclusive", (0.0, 0.0, 0.0), 0.0)
    with pytest.raises(ConfigError, match="as many scores of each, got 3 and 4"):
        paired([1.0] * 3, [1.0] * 4, "lower")


def test_across_training_seeds_is_welchs_test() -> None:
    from scipy.stats import ttest_ind  # noqa: PLC0415

    first, second = [4.1, 4.5, 3.9], [5.2, 6.0, 5.1, 5.6]
    found = across(first, second, "lower")
    expected = ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert (found.difference.low, found.difference.high) == pytest.approx((expected.low, expected.high), abs=1e-10)
    assert found.verdict == "better"


def test_halves_tell_how_sure_a_score_of_a_whole_set_is() -> None:
    """For a mean the truth is known: the standard error of the differences."""
    random = np.random.default_rng(0)
    common = random.normal(size=200)
    first, second = (gain + common + 0.3 * random.normal(size=200) for gain in (5.1, 5.0))
    rows = [random.permutation(200)[:100] for _ in range(400)]
    halves = [[float(each[some].mean()) for some in rows] for each in (first, second)]
    whole = float(first.mean()), float(second.mean())
    found = halved(whole, *halves, "higher").difference
    error = float((first - second).std(ddof=1)) / 200**0.5
    assert found.value == pytest.approx(whole[0] - whole[1])
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.15)
    assert halved((5.0, 1.0), [5.1, 4.9, 5.0], [1.0, 1.1, 0.9], "lower").verdict == "worse"
    assert halved((1.0, 1.001), [1.0, 1.01, 0.99], [1.001, 1.011, 0.991], "lower").verdict == "inconclusive"
    with pytest.raises(ConfigError, match="as many scores of each, got 1 and 2"):
        halved((1.0, 1.0), [1.0], [1.0, 1.0], "lower")


def test_what_share_means_nothing_may_be_told_apart_by_any_gap() -> None:
    first, second = [30.1, 30.2, 30.1, 30.3], [30.0, 30.1, 30.0, 30.2]
    assert paired(first, second, "higher").verdict == "inconclusive"
    assert paired(first, second, "higher", margin=0.0).verdict == "better"
