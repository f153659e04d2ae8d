"""Verdicts from readings alone: plain numbers in, a word and a cause out."""

import math

import numpy as np
import pytest

from ganworks.training.closeness import GROUPS
from ganworks.training.signals import Reading
from ganworks.training.verdicts import FINE, NO_REMEDY, broken_by, judge

HEALTHY = {"diversity": 1.0, "missing": 0.0, "order": 0.6, "live": 0.2, "held-out gap": 0.0, "held-out sigma": 0.0,
           "copied": 0.0, "generator step": 1e-2, "discriminator step": 1e-2, "generator rate": 1e-3,
           "discriminator rate": 1e-3, "generator pace": 1e-2, "discriminator pace": 1e-2}  # fmt: skip
COUNT = 32


def series(distances, seed: int = 0, noise: float = 0.0, **numbers) -> list[Reading]:
    """Readings with these distances, measured on the same latents: most of a group's error is common to all."""
    draw = np.random.default_rng(seed)
    common = 0.002 * draw.standard_normal(GROUPS)
    readings = []
    for i, distance in enumerate(distances):
        own = noise * draw.standard_normal(GROUPS)
        groups = tuple(distance + common - common.mean() + own)
        value = float(distance + own.mean())
        readings.append(Reading(1000 * i, i / (2 * COUNT), value, groups, {**HEALTHY, **numbers}))
    return readings


def drawn(kind: str, seed: int) -> list[Reading]:
    """A series of one kind, its height, speed and noise drawn at random."""
    draw = np.random.default_rng(seed)
    time, height, noise = np.arange(COUNT), draw.uniform(0.1, 0.6), draw.uniform(0.0003, 0.003)
    settled = height * draw.uniform(0.02, 0.1)
    falls = settled + (height - settled) * np.exp(-time / draw.uniform(1.0, 2.5))
    match kind:
        case "improving":
            distances = height * np.exp(-time / draw.uniform(8, 20))
        case "converged":
            distances = falls
        case "oscillating":
            swings = settled * draw.uniform(1.0, 1.8) * np.sin(time * draw.uniform(1.4, 2.6) + draw.uniform(0, 6))
            distances = falls + settled + np.where(time > 4, swings, 0)
        case "diverged":
            begun = draw.integers(8, 16)
            distances = falls + np.where(time > begun, draw.uniform(0.08, 0.3) * height * (time - begun), 0)
    return series(distances, seed, noise)


def test_series_of_known_kinds_get_their_word() -> None:
    kinds = ("improving", "converged", "oscillating", "diverged")
    words = [(kinds[seed % 4], judge(drawn(kinds[seed % 4], seed), {}).word) for seed in range(200)]
    wrong = [pair for pair in words if pair[0] != pair[1]]
    assert len(wrong) <= 0.05 * len(words), wrong


def falling(count: int = 4) -> list[float]:
    return [0.4 * 0.8**i for i in range(count)]


@pytest.mark.parametrize(
    ("word", "cause", "numbers"),
    [
        ("plateau-unhealthy", "generator-frozen", {"generator step": 0.0}),
        ("plateau-unhealthy", "discriminator-frozen", {"discriminator step": 1e-12}),
        ("oscillating", "generator-rate", {"generator pace": 0.4}),
        ("oscillating", "discriminator-rate", {"discriminator pace": 0.4}),
        ("diverged", "swapped", {"order": 0.01}),
        ("diverged", "scattered", {"diversity": 5.0}),
        ("diverged", "scattered", {"live": 20.0}),
        ("collapsed", "no-diversity", {"diversity": 0.01}),
        ("discriminator-overfitting", "held-out-gap", {"held-out gap": 0.8, "held-out sigma": 9.0}),
        ("memorising", "copies", {"copied": 0.3}),
    ],
)
def test_a_signal_that_fires_at_two_judgements_in_a_row_is_a_verdict(word, cause, numbers) -> None:
    readings = series(falling(6), **numbers)
    assert judge(readings, {})[:2] == (word, cause)
    assert judge([*series(falling(5)), readings[-1]], {}).word == "improving"  # once is chance


@pytest.mark.parametrize(
    ("word", "cause", "facts"),
    [
        ("diverged", "data", {"not finite": 0.01}),
        ("plateau-unhealthy", "unscaled", {"outside": 0.9}),
        ("plateau-unhealthy", "unscaled", {"deviation": 50.0, "mean": 0.0}),
        ("plateau-unhealthy", "unscaled", {"deviation": 0.002, "mean": 0.0, "reach": 0.004}),
        ("memorising", "few-records", {"distinct": 10.0, "looked at": 10.0}),
        ("memorising", "duplicates", {"distinct": 60.0, "looked at": 1200.0}),
        ("collapsed", "latents", {"latent deviation": 0.0}),
    ],
)
def test_what_the_data_gives_away_is_told_at_once_and_is_no_remedys_business(word, cause, facts) -> None:
    verdict = judge(series(falling(1)), facts)
    assert verdict[:2] == (word, cause) and cause in NO_REMEDY and verdict.alarming


def test_sound_that_is_quiet_most_of_the_time_is_scaled_all_the_same() -> None:
    assert judge(series(falling(6)), {"deviation": 0.05, "mean": 0.0, "reach": 0.9}).word == "improving"


def test_a_learning_rate_scheduled_to_nothing_is_not_a_frozen_player() -> None:
    readings = series(falling(6))
    still = {**HEALTHY, "generator step": 0.0, "generator rate": 1e-6}
    ended = [Reading(each.samples, each.progress, each.distance, each.groups, still) for each in readings[-2:]]
    assert judge([*readings[:-2], *ended], {}).word == "improving"


def test_a_tiny_generator_is_named_only_where_it_loses() -> None:
    facts = {"generator weights": 12.0, "discriminator weights": 33_000.0}
    assert judge(series(falling(6), order=0.97), facts).cause == "tiny"
    assert judge(series(falling(6), order=0.6), facts).word == "improving"
    assert judge(series(falling(6), order=0.97), {**facts, "generator weights": 3e4}).word == "improving"


def test_a_lost_mode_is_a_collapse_and_a_distance_that_rises_alone_a_divergence() -> None:
    assert judge([*series(falling(8)), *series([0.4, 0.5], missing=0.4)], {})[:2] == ("collapsed", "missing-modes")
    assert judge([*series(falling(8)), *series([0.4, 0.5])], {})[:2] == ("diverged", "rising")


def test_standing_still_with_a_red_signal_is_no_convergence() -> None:
    flat = [*falling(5), *[0.16] * 14]
    assert judge(series(flat, missing=0.4), {})[:2] == ("plateau-unhealthy", "stuck")
    assert judge(series([*falling(8), *[0.08] * 6]), {}).word == "converged"


def test_a_schedule_that_still_moves_is_waited_for() -> None:
    readings = series([*falling(8), *[0.08] * 6])
    moving = [
        Reading(each.samples, each.progress, each.distance, each.groups, {**HEALTHY, "generator rate": 1 / (i + 1)})
        for i, each in enumerate(readings)
    ]
    assert judge(moving, {}).word == "improving" and "still moves" in judge(moving, {}).reason


def test_numbers_that_are_not_finite_are_a_divergence_at_once() -> None:
    readings = [*series(falling(3)), Reading(3000, 0.1, math.inf, (), {"finite": 0.0})]
    assert judge(readings, {})[:2] == ("diverged", "not-finite")
    assert broken_by(["generator/objective is nan"], []).cause == "not-finite"
    assert "training records 17" in broken_by(["generator/objective is nan"], [17]).reason


def test_the_end_of_the_budget_is_told_from_the_end_of_learning() -> None:
    readings = series(falling(8))
    last = readings[-1]
    ended = Reading(last.samples, 1.0, last.distance, last.groups, last.numbers)
    assert judge([*readings[:-1], ended], {}).word == "budget-reached"
    assert set(FINE) == {"improving", "converged", "budget-reached"}


def test_after_a_remedy_the_signals_have_to_show_themselves_again() -> None:
    readings = series(falling(6), order=0.01)
    assert judge(readings, {}).cause == "swapped"
    assert judge(readings, {}, since=4).word == "improving"
