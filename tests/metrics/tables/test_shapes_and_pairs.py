"""Columns and pairs against closed forms, and against the definitions of SDMetrics spelled out by hand."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from ganworks.metrics.tables import column_shapes, pair_trends
from ganworks.metrics.tables.pairs import correlations
from ganworks.settings import DataError

from .conftest import KINDS

NAN = math.nan


def test_equal_tables_are_perfect_and_disjoint_columns_score_nothing() -> None:
    real = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 1.0]])
    same, other = (column_shapes(real, fake, ("number", "category")) for fake in (real, real + 10))
    assert same.columns == (1.0, 1.0) and same.mean == 1.0
    assert other.columns == (0.0, 0.0)


def test_a_number_scores_one_minus_the_largest_gap_of_the_two_distribution_functions() -> None:
    real, fake = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[2.0], [2.0], [2.0], [9.0]])
    # Up to 2 lie half of the real values and three quarters of the generated; below 2 a quarter and none.
    assert column_shapes(real, fake, ("number",)).mean == pytest.approx(1 - 0.25)


def test_a_category_scores_one_minus_the_total_variation() -> None:
    real, fake = np.array([[0.0]] * 3 + [[1.0]]), np.array([[0.0], [1.0], [2.0], [2.0]])
    assert column_shapes(real, fake, ("category",)).mean == pytest.approx(1 - (0.5 + 0 + 0.5) / 2)


def test_missing_values_are_told_apart_from_the_shape() -> None:
    real, fake = np.array([[1.0], [2.0], [NAN], [NAN]]), np.array([[1.0], [2.0], [1.0], [2.0]])
    found = column_shapes(real, fake, ("number",))
    assert found.columns == (1.0,) and found.missing == (0.5,)
    empty = np.full((4, 1), NAN)
    assert column_shapes(real, empty, ("number",)).mean == 0.0
    assert column_shapes(empty, empty, ("number",)).mean == 1.0


def test_shapes_are_those_of_a_count_by_hand(real: np.ndarray, fresh: np.ndarray) -> None:
    found = column_shapes(real, fresh, KINDS)
    for i, kind in enumerate(KINDS):
        first, second = (each[~np.isnan(each[:, i]), i] for each in (real, fresh))
        if kind == "category":
            counts = [Counter(each.tolist()) for each in (first, second)]
            values = counts[0].keys() | counts[1].keys()
            gap = sum(abs(counts[0][v] / len(first) - counts[1][v] / len(second)) for v in values) / 2
        else:
            gap = max(abs((first <= v).mean() - (second <= v).mean()) for v in np.concatenate([first, second]))
        assert found.columns[i] == pytest.approx(1 - gap, abs=1e-12)


def test_two_numbers_score_by_the_difference_of_their_correlations() -> None:
    x = np.arange(10.0)
    real, fake = np.stack([x, x], 1), np.stack([x, -x], 1)
    assert pair_trends(real, fake, ("number", "number")).mean == pytest.approx(0.0)
    assert pair_trends(real, real * [1e9, 1e-9], ("number", "number")).mean == pytest.approx(1.0)


def test_correlations_are_over_the_rows_that_have_both(real: np.ndarray) -> None:
    found, numbers = correlations(real[:, [0, 1, 4]]), real[:, [0, 1, 4]]
    for i, j in combinations(range(3), 2):
        both = ~np.isnan(numbers[:, [i, j]]).any(1)
        assert found[i, j] == pytest.approx(np.corrcoef(numbers[both, i], numbers[both, j])[0, 1], abs=1e-12)


def test_a_number_that_is_constant_has_no_correlation_and_a_generated_one_has_none_left() -> None:
    x = np.arange(10.0)
    real, flat = np.stack([x, x], 1), np.stack([x, np.full(10, 3.0)], 1)
    assert math.isnan(pair_trends(flat, real, ("number", "number")).mean)
    assert pair_trends(real, flat, ("number", "number")).mean == pytest.approx(0.5)


def test_two_categories_score_one_minus_the_variation_of_their_table_with_missing_as_a_cell() -> None:
    real = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, NAN], [1.0, NAN]])
    fake = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, NAN], [0.0, NAN]])
    counts = [Counter((a, None if math.isnan(b) else b) for a, b in each.tolist()) for each in (real, fake)]
    gap = sum(abs(counts[0][cell] - counts[1][cell]) for cell in counts[0].keys() | counts[1].keys()) / 4 / 2
    assert pair_trends(real, fake, ("category", "category")).mean == pytest.approx(1 - gap) == pytest.approx(0.5)


def test_a_number_is_held_against_a_category_in_parts_by_real_quantiles(real: np.ndarray, fresh: np.ndarray) -> None:
    edges = np.quantile(real[:, 0], np.arange(1, 10) / 10, method="lower")
    cells = [[(sum(x > e for e in edges), c) for x, c in each[:, [0, 2]].tolist()] for each in (real, fresh)]
    counts = [Counter(each) for each in cells]
    gap = sum(abs(counts[0][c] - counts[1][c]) for c in counts[0].keys() | counts[1].keys()) / len(real) / 2
    assert pair_trends(real, fresh, KINDS).pairs[0, 2] == pytest.approx(1 - gap, abs=1e-12)


def test_a_frequent_value_is_a_part_of_its_own() -> None:
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(400) < 0.9, 0.0, rng.random(400) + 1)
    tied, loose = (np.stack([gain, each], 1) for each in ((gain > 0) * 1.0, rng.permutation((gain > 0) * 1.0)))
    assert pair_trends(tied, loose, ("number", "category")).mean < 0.9


def test_many_categories_are_counted_alike(real: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 1500, (3000, 2)).astype(float)
    other = rng.integers(0, 1500, (3000, 2)).astype(float)
    cells = [Counter(map(tuple, each.tolist())) for each in (wide, other)]
    gap = sum(abs(cells[0][c] - cells[1][c]) for c in cells[0].keys() | cells[1].keys()) / 3000 / 2
    assert pair_trends(wide, other, ("category", "category")).mean == pytest.approx(1 - gap, abs=1e-12)


def test_columns_that_lost_what_ties_them_keep_their_shapes_and_lose_their_trends(
    real: np.ndarray, fresh: np.ndarray, loose: np.ndarray
) -> None:
    assert column_shapes(real, loose, KINDS) == column_shapes(real, fresh, KINDS)
    assert pair_trends(real, fresh, KINDS).mean > 0.95
    assert pair_trends(real, loose, KINDS).mean < 0.88


def test_the_larger_sample_scores_as_its_share_does(real: np.ndarray) -> None:
    assert pair_trends(real, np.repeat(real, 3, 0), KINDS).mean == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("fake", "told"),
    [
        (np.zeros((3, 2)), "generated rows must be a table of 1 columns, got shape (3, 2)"),
        (np.zeros((0, 1)), "generated rows: at least 1 are needed, got 0"),
        (np.array([[1.0], [math.inf]]), "generated rows: column 1 holds infinite numbers"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused_in_a_line(fake: np.ndarray, told: str) -> None:
    with pytest.raises(DataError) as error:
        column_shapes(np.zeros((3, 1)), fake, ("number",))
    assert told in str(error.value)
