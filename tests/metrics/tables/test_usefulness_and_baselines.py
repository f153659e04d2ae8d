"""What rows teach, and the rows that need no network."""

import math

import numpy as np
import pytest

from ganworks.metrics.tables import (
    MEAN,
    GaussianCopula,
    IndependentColumns,
    column_shapes,
    pair_trends,
    task_of,
    train_on_synthetic,
)
from ganworks.settings import DataError

from .conftest import KINDS


def test_real_rows_teach_a_class_and_rows_without_ties_do_not(
    real: np.ndarray, fresh: np.ndarray, loose: np.ndarray
) -> None:
    taught, untaught = (train_on_synthetic(each, real, KINDS, 2) for each in (fresh, loose))
    assert list(taught) == [MEAN, "decision tree", "AdaBoost", "logistic regression", "network", "boosted trees"]
    assert all(score > 0.8 for score in taught.values())
    assert untaught[MEAN] < 0.5
    assert taught[MEAN] == pytest.approx(sum(list(taught.values())[1:5]) / 4)


def test_the_rarer_of_two_classes_is_the_one_that_is_found() -> None:
    test = np.array([[0.0, 1.0]] * 3 + [[1.0, 0.0]])
    task = task_of(test, ("number", "category"), 1)
    assert (task.problem, task.positive, task.score) == ("binary", 0.0, "F1")


def test_a_number_is_predicted_by_its_logarithm_where_it_is_positive_and_skewed() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 1))
    price, level = np.hstack([x, np.exp(2 * x)]), np.hstack([x, 2 * x])
    tasks = [task_of(each, ("number", "number"), 1) for each in (price, level)]
    assert tasks[0].least > 0 and tasks[1].least == 0
    for rows in (price, level):
        found = train_on_synthetic(rows[:300], rows[300:], ("number", "number"), 1)
        assert found["linear regression"] == pytest.approx(1.0) and found["network"] > 0.9


def test_more_classes_are_scored_by_the_mean_over_those_that_are_held_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 3, (600, 1))
    rows = np.hstack([x, np.floor(x)])
    found = train_on_synthetic(rows[:450], rows[450:], ("number", "category"), 1)
    assert list(found) == [MEAN, "decision tree", "network", "boosted trees"]
    assert found["decision tree"] > 0.95


def test_rows_of_one_class_can_only_say_that_one(real: np.ndarray, fresh: np.ndarray) -> None:
    one = fresh[fresh[:, 2] == 0]
    assert set(train_on_synthetic(one, real, KINDS, 2).values()) == {0.0}


def test_rows_without_the_target_are_left_out(real: np.ndarray, fresh: np.ndarray) -> None:
    gone, real, fresh = np.full((1, 5), math.nan), real[:300], fresh[:300]
    assert train_on_synthetic(np.concatenate([fresh, gone]), real, KINDS, 2) == train_on_synthetic(
        fresh, np.concatenate([real, gone]), KINDS, 2
    )
    with pytest.raises(DataError, match="column 3 is missing in every row"):
        train_on_synthetic(gone, real, KINDS, 2)


def test_a_target_with_one_value_is_refused(real: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"column 3 cannot be predicted.*choose another target"):
        task_of(real[real[:, 2] == 0], KINDS, 2)


@pytest.mark.parametrize("model", [IndependentColumns, GaussianCopula])
def test_what_needs_no_network_keeps_every_column_and_its_gaps(model: type, real: np.ndarray) -> None:
    rows = model.fit(real, KINDS).draw(20_000, 0)
    found = column_shapes(real, rows, KINDS)
    assert min(found.columns) > 0.96 and min(found.missing) > 0.99
    for i in range(5):
        assert set(rows[~np.isnan(rows[:, i]), i]) <= set(real[~np.isnan(real[:, i]), i])
    assert (model.fit(real, KINDS).draw(50, 7) == model.fit(real, KINDS).draw(50, 7))[:, :4].all()


def test_the_copula_ties_columns_together_and_independent_columns_do_not(real: np.ndarray) -> None:
    copula, alone = (each.fit(real, KINDS).draw(20_000, 0) for each in (GaussianCopula, IndependentColumns))
    assert abs(np.corrcoef(alone[:, 0], alone[:, 1])[0, 1]) < 0.03
    assert np.corrcoef(copula[:, 0], copula[:, 1])[0, 1] == pytest.approx(
        np.corrcoef(real[:, 0], real[:, 1])[0, 1], abs=0.02
    )
    assert pair_trends(real, copula, KINDS).mean > pair_trends(real, alone, KINDS).mean + 0.05


def test_the_copula_keeps_what_missing_values_go_with() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(3000)
    rows = np.stack([x, np.where(x > 0.5, np.nan, rng.standard_normal(3000))], 1)
    drawn = GaussianCopula.fit(rows, ("number", "number")).draw(3000, 0)
    gap = np.isnan(drawn[:, 1])
    assert gap.mean() == pytest.approx(np.isnan(rows[:, 1]).mean(), abs=0.03)
    assert drawn[gap, 0].mean() > 0.6 and drawn[~gap, 0].mean() < 0


def test_a_copula_of_odd_columns_still_draws() -> None:
    empty, constant = np.full(40, np.nan), np.full(40, 3.0)
    twin = np.arange(40.0)
    rows = np.stack([empty, constant, twin, twin, constant], 1)
    drawn = GaussianCopula.fit(rows, ("number", "number", "number", "number", "category")).draw(200, 0)
    assert np.isnan(drawn[:, 0]).all() and (drawn[:, [1, 4]] == 3).all()
    assert np.corrcoef(drawn[:, 2], drawn[:, 3])[0, 1] > 0.999


def test_adult_teaches_real_rows_what_was_published(real_data) -> None:
    """Published for real rows: 0.669. Source: Xu et al. (2019), table 2, by SDGym."""
    columns = np.genfromtxt(
        real_data("adult") / "adult.csv", str, delimiter=",", skip_header=1, max_rows=6000, autostrip=True
    )
    numbers = {0, 2, 4, 10, 11, 12}
    codes = [
        columns[:, i].astype(float) if i in numbers else np.unique(columns[:, i], return_inverse=True)[1]
        for i in range(15)
    ]
    rows = np.random.default_rng(0).permutation(np.stack(codes, 1).astype(float))
    kinds = ["number" if i in numbers else "category" for i in range(15)]
    found = train_on_synthetic(rows[:4000], rows[4000:], kinds, 14)
    assert found[MEAN] == pytest.approx(0.669, abs=0.03)
