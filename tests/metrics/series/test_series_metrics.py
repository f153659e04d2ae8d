"""Metrics of series against laws whose answers are known."""

import numpy as np
import pytest

from ganworks.domains.series.windows import autoregressive
from ganworks.metrics.series import (
    Predicting,
    Telling,
    autocorrelation,
    autocorrelation_error,
    blocked,
    coverage,
    crosscorrelation,
    crosscorrelation_error,
    crps,
    discriminative,
    drawdown,
    leverage,
    marginal_error,
    move_error,
    predictive,
    shuffled,
    tail_index,
)
from ganworks.settings import DataError

RNG = np.random.default_rng


def law(count: int, seed: int, channels: int = 2) -> np.ndarray:
    """Independent pairs of AR(1) windows, (count, channels, 12), scaled to about 0..1."""
    pairs = [autoregressive(count, 12, 100 * seed + i) for i in range(channels // 2)]
    return np.concatenate(pairs, axis=2).transpose(0, 2, 1) / 8 + 0.5


def test_correlations_are_those_of_the_law() -> None:
    windows = autoregressive(20_000, 12, 0).transpose(0, 2, 1)
    np.testing.assert_allclose(autocorrelation(windows, 6), np.stack([0.8 ** np.arange(7)] * 2), atol=0.02)
    np.testing.assert_allclose(crosscorrelation(windows), [[1, 0.5], [0.5, 1]], atol=0.02)


def test_windows_of_one_law_differ_little_and_of_others_much() -> None:
    one, other = law(4000, 0), law(4000, 1)
    restless = RNG(2).permuted(other, axis=2)
    assert autocorrelation_error(one, other) < 0.02 and autocorrelation_error(one, restless) > 0.2
    assert marginal_error(one, other) < 0.02 and marginal_error(one, restless) < 0.02
    assert move_error(one, other) < 0.02 and move_error(one, restless) > 0.1
    apart = np.stack([one[:, 0], other[:, 1]], 1)
    assert crosscorrelation_error(one, apart) == pytest.approx(0.5, abs=0.03)
    assert crosscorrelation_error(one[:, :1], one[:, :1]) is None


def test_gaps_are_left_out() -> None:
    windows = law(4000, 0)
    holed = np.where(RNG(3).random(windows.shape) < 0.2, np.nan, windows)
    assert autocorrelation_error(windows, holed) < 0.03 and crosscorrelation_error(windows, holed) < 0.03


def test_crps_of_a_gaussian_is_the_closed_form() -> None:
    # Of a standard normal forecast at 0: 2 phi(0) - 1 / sqrt(pi).
    samples = RNG(0).standard_normal((400, 200, 1, 1))
    assert crps(samples, np.zeros((400, 1, 1)))[0] == pytest.approx(
        2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi), abs=0.01
    )
    assert crps(np.full((3, 1, 1, 1), 2.0), np.zeros((3, 1, 1)))[0] == 2.0


def test_coverage_of_the_right_law_is_its_level_at_any_number_of_samples() -> None:
    for count in (20, 50):
        samples, came = RNG(count).standard_normal((4000, count, 1, 2)), RNG(9).standard_normal((4000, 1, 2))
        assert coverage(samples, came)[0] == pytest.approx(0.9, abs=0.01)
    with pytest.raises(DataError, match="at least 19 samples, got 5"):
        coverage(np.zeros((4, 5, 1, 1)), np.zeros((4, 1, 1)))


def test_forecasts_of_another_shape_are_refused() -> None:
    with pytest.raises(DataError, match=r"must go with \(N, C, T\)"):
        crps(np.zeros((4, 5, 1, 2)), np.zeros((4, 1, 3)))


def test_heavy_tails_and_falls_are_measured() -> None:
    assert tail_index(RNG(0).standard_t(3, 200_000), 0.005) == pytest.approx(3, abs=0.4)
    assert tail_index(RNG(0).standard_normal(200_000)) > 4.5
    assert np.isnan(tail_index(np.ones(20)))
    np.testing.assert_allclose(drawdown(np.array([[1.0, 2.0, 1.5, 3.0, 1.5]])), [0.5])


def test_leverage_is_below_zero_where_falls_unsettle() -> None:
    rng = RNG(0)
    moves, restless = np.zeros((2000, 20)), np.ones(2000)
    for i in range(20):
        moves[:, i] = restless * rng.standard_normal(2000)
        restless = np.where(moves[:, i] < 0, 1.5, 0.5)
    assert leverage(moves, 1)[0] < -0.2 < -0.05 < leverage(rng.permuted(moves, axis=1), 1)[0]


def test_a_classifier_is_at_a_loss_between_windows_of_one_law_and_not_between_others() -> None:
    one, other = law(600, 0, 6)[..., :6], law(600, 1, 6)[..., :6]
    same, moved = discriminative([Telling(one, other), Telling(one, other + 0.3)], steps=300)
    assert same < 0.12 and moved > 0.25


def test_a_network_learns_the_same_whoever_learns_beside_it() -> None:
    one, other = law(200, 0), law(200, 1) + 0.2
    tasks = [Telling(one, other, 3), Telling(other, one, 4)]
    together, alone = discriminative(tasks, steps=30), discriminative(tasks[1:], steps=30)
    assert together[1] == pytest.approx(alone[0], abs=1e-6)


def test_prediction_is_better_from_the_law_than_from_nothing() -> None:
    real, other, noise = law(600, 0)[..., :6], law(600, 1)[..., :6], RNG(2).random((600, 2, 6))
    (from_law,), (from_noise,) = predictive([Predicting(other, (real,)), Predicting(noise, (real,))], steps=150)
    assert from_law < from_noise


def test_blocks_keep_a_window_of_time_between() -> None:
    starts = RNG(0).permutation(2000)
    split = blocked(starts, 24, seed=1)
    learn, judge = starts[split.learn], starts[split.judge]
    assert len(judge) == pytest.approx(400, abs=2) and len(learn) > 1300
    apart = np.abs(learn[:, None] - judge).min()
    assert apart >= 2 * 24  # the window itself, and one more between
    every = shuffled(100, 0)
    assert sorted([*every.learn, *every.judge]) == list(range(100))
    with pytest.raises(DataError, match="too few for 10 blocks"):
        blocked(np.arange(60), 24, 0)


def test_too_few_windows_and_other_shapes_are_refused() -> None:
    with pytest.raises(DataError, match="at least 20 windows of each kind are needed, got 5"):
        discriminative([Telling(law(5, 0), law(30, 0))])
    with pytest.raises(DataError, match="must be of one shape"):
        predictive([Predicting(law(30, 0), (law(30, 0)[:, :1],))])
