"""How far sets of numbers are apart."""

import math

import numpy as np
import pytest

from ganworks.metrics.transport import wasserstein


def test_numbers_that_are_moved_are_as_far_apart_as_they_were_moved() -> None:
    numbers = np.random.default_rng(0).normal(size=200)
    assert wasserstein(numbers, numbers + 3) == pytest.approx(3)
    assert wasserstein(np.array([0.0, 1.0]), np.array([0.0, 1.0, math.nan, 3.0])) == pytest.approx(5 / 6)


def test_an_empty_set_is_no_distance_away() -> None:
    assert math.isnan(wasserstein(np.array([math.nan]), np.array([1.0])))
