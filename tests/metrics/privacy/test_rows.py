"""Rows of tables: distances of mixed columns, singling out, attribute inference, and distances to the closest."""

import numpy as np
import torch

from ganworks.metrics.privacy.closest import closest
from ganworks.metrics.privacy.inference import inferred
from ganworks.metrics.privacy.rows import Places, Rows
from ganworks.metrics.privacy.singling import Part, by_chance, matches, multivariate, singled_out, univariate

NUMBERS = [True, True, False, False, True]


def draw(count: int, seed: int) -> Rows:
    """Ages, incomes that follow them, two categories, and a number that is often missing."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, count).astype(np.float64)
    job = rng.integers(0, 6, count).astype(np.float64)
    income = np.round(1000 * age + 5000 * job + rng.normal(0, 8000, count))
    other = np.where(rng.random(count) < 0.3, np.nan, rng.exponential(50, count))
    return np.stack([age, income, job, rng.integers(0, 40, count).astype(np.float64), other], 1)


def test_columns_of_any_kind_differ_by_at_most_one() -> None:
    rows = draw(200, 0)
    rows[0, 1] = 1e12
    for block in Places.of(rows, NUMBERS).blocks(rows):
        far = torch.cdist(block, block)
        assert far.max() <= 2**0.5 + 1e-9 and far.max() > 0.5
    ages = Places.of(rows, NUMBERS).blocks(rows)[0]
    assert ages[:, 0].argsort().tolist() and (ages[:, 0] <= 1).all()


def test_categories_beyond_those_told_apart_and_new_ones_are_no_trouble() -> None:
    rows = np.stack([np.arange(500.0), np.full(500, np.nan)], 1)
    places = Places.of(rows, [False, True])
    found = places.features(np.array([[499.0, 1.0], [7000.0, np.nan], [np.nan, 2.0]]))
    assert found.isfinite().all() and len(found) == 3


def test_copied_rows_are_at_no_distance_and_fresh_ones_as_far_as_held_out_ones() -> None:
    train, held_out, fresh = (draw(400, seed) for seed in range(3))
    places = Places.of(np.concatenate([train, held_out]), NUMBERS)
    sets = [places.features(each) for each in (train, held_out)]
    copied, calm = (closest(*sets, places.features(each)) for each in (train[:100], fresh))
    assert copied.same == 1 and copied.median < 1e-6 and copied.overfitting_protection == 0
    assert calm.same == 0 and abs(calm.nearer - 0.5) < 0.1 and calm.overfitting_protection > 0.8
    rng = np.random.default_rng(0)
    noise = np.stack([rng.uniform(np.nanmin(each), np.nanmax(each), 400) for each in train.T], 1)
    assert copied.baseline_protection(closest(*sets, places.features(noise))) < 0.01
    assert 0.2 < calm.baseline_protection(closest(*sets, places.features(noise))) <= 1


def test_a_predicate_holds_for_the_rows_it_describes() -> None:
    rows = np.array([[1.0, 5.0], [2.0, np.nan], [3.0, 7.0]])
    assert (
        matches((Part(0, ">=", 2.0),), rows) == 2 and matches((Part(0, ">=", 2.0), Part(1, "missing", 0.0)), rows) == 1
    )
    assert matches((Part(1, "<=", 6.0),), rows) == 1 and matches((Part(1, "=", 7.0),), rows) == 1


def test_samples_that_are_training_rows_single_them_out_and_fresh_ones_do_not() -> None:
    train, control, fresh = (draw(600, seed) for seed in (0, 1, 2))
    chance = by_chance(fresh, NUMBERS, 300, (2, 4))
    told = singled_out(multivariate(train, NUMBERS, 300), chance, train, control)
    calm = singled_out(multivariate(fresh, NUMBERS, 300), chance, train, control)
    assert told is not None and told.risk.low > 0.5 and told.risk.attack.value == 1
    assert calm is not None and calm.risk.low < 0 < calm.risk.high and calm.chance.tries == 300
    one = singled_out(univariate(train, NUMBERS, 200), chance, train, control)
    assert one is not None and one.risk.low > 0.5


def test_predicates_repeat_for_a_seed_and_one_column_or_none_gives_none() -> None:
    rows = draw(200, 0)
    assert multivariate(rows, NUMBERS, 20, seed=1) == multivariate(rows, NUMBERS, 20, seed=1)
    assert multivariate(rows[:, :1], NUMBERS[:1], 20) == [] and univariate(rows[:, 2:3], [False], 20) == []
    assert singled_out([], [], rows, rows) is None
    assert by_chance(np.full((5, 1), np.nan), [True], 5, (1, 1)) == []


def test_secrets_of_copied_rows_are_inferred_and_what_columns_share_is_no_risk() -> None:
    train, control, fresh = (draw(500, seed) for seed in (0, 1, 2))
    places = Places.of(np.concatenate([train, control]), NUMBERS)
    told = inferred(train, control, train, NUMBERS, places, [2, 3])
    assert all(each.risk.low > 0.5 and each.risk.attack.value > 0.95 for each in told)
    calm = inferred(train, control, fresh, NUMBERS, places, [2, 3])
    assert all(each.risk.low < 0.02 for each in calm)
    assert calm[0].risk.attack.low > calm[0].chance.value  # a job follows from age and income, for everybody
