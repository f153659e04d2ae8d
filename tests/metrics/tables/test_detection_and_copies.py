"""Telling rows apart, and finding rows that were there already."""

import math

import numpy as np
import pytest

from ganworks.metrics.tables import boosted_detection, logistic_detection, new_rows
from ganworks.metrics.tables.rows import Coding
from ganworks.settings import DataError

from .conftest import KINDS, drawn


def test_fresh_rows_cannot_be_told_from_real_ones(real: np.ndarray, fresh: np.ndarray) -> None:
    assert logistic_detection(real, fresh, KINDS) > 0.9
    assert boosted_detection(real, fresh, KINDS) > 0.9


def test_a_shift_of_one_column_is_seen_by_both(real: np.ndarray, fresh: np.ndarray) -> None:
    moved = fresh + np.array([8, 0, 0, 0, 0])
    assert logistic_detection(real, moved, KINDS) < 0.01
    assert boosted_detection(real, moved, KINDS) < 0.01


def test_what_ties_columns_together_is_seen_by_trees_alone(real: np.ndarray, loose: np.ndarray) -> None:
    assert logistic_detection(real, loose, KINDS) > 0.9
    assert boosted_detection(real, loose, KINDS) < 0.3


def test_a_shift_known_in_closed_form_scores_what_its_area_says() -> None:
    # Two normals a deviation apart: AUC = P(Z < 1 / sqrt 2) = 0.760.
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((8000, 1)), rng.standard_normal((8000, 1)) + 1
    area = 0.5 * (1 + math.erf(0.5))
    assert logistic_detection(real, fake, ("number",)) == pytest.approx(2 - 2 * area, abs=0.02)


def test_gaps_that_only_one_set_has_give_it_away() -> None:
    rng = np.random.default_rng(0)
    real = rng.standard_normal((300, 1))
    fake = np.where(rng.random((300, 1)) < 0.5, np.nan, rng.standard_normal((300, 1)))
    assert logistic_detection(real, fake, ("number",)) < 0.65


def test_the_same_seed_gives_the_same_score_and_sets_may_differ_in_size(real: np.ndarray) -> None:
    fake = drawn(200, 5)
    assert boosted_detection(real, fake, KINDS, 3) == boosted_detection(real, fake, KINDS, 3)
    with pytest.raises(DataError, match="at least 6"):
        logistic_detection(real, fake[:5], KINDS)


def test_copies_are_counted_exactly(real: np.ndarray, fresh: np.ndarray) -> None:
    mixed = np.concatenate([real[:30], fresh[:70]])
    found = new_rows(real, mixed, KINDS)
    assert found.exact == pytest.approx(0.3)
    assert found.exact < found.near < 0.7


def test_near_means_a_hundredth_of_the_range_in_every_number_and_all_categories() -> None:
    train = np.array([[0.0, 0.0, 5.0], [100.0, 1.0, 5.0]])
    fake = np.array([[0.9, 0.0, 5.0], [1.1, 0.0, 5.0], [0.5, 1.0, 5.0], [100.0, 1.0, 5.0], [0.0, 0.0, math.nan]])
    found = new_rows(train, fake, ("number", "category", "number"))
    assert found == (pytest.approx(1 / 5), pytest.approx(2 / 5))


def test_a_gap_equals_a_gap() -> None:
    rows = np.array([[math.nan, 1.0], [2.0, math.nan]])
    assert new_rows(rows, rows, ("number", "category")) == (1.0, 1.0)
    assert new_rows(rows, rows[:, [1, 0]], ("number", "category")).near == 0.0


def test_a_matrix_for_classifiers_is_learnt_from_one_set_alone() -> None:
    train = np.array([[1.0, 7.0], [3.0, 7.0], [math.nan, 2.0]])
    coding = Coding.of(train, ("number", "category"))
    # Standardised number, where it is missing, category 7, category 2.
    assert coding.matrix(train).tolist() == [[-1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1]]
    assert coding.matrix(np.array([[5.0, 99.0]])).tolist() == [[3, 0, 0, 0]]
    assert coding.ranks(np.array([[5.0, 2.0]])).tolist() == [[5, 1]]
