"""Attacks are scored as they deserve: chance stays chance, what gives records away is seen, few records say little."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom, norm
from torch import Tensor

from ganworks.metrics.privacy.attacks import blind, likelier, near, nearer
from ganworks.metrics.privacy.membership import area, membership, newcombe
from ganworks.metrics.privacy.shares import clopper_pearson, counted, risk
from ganworks.settings import DataError


def draw(count: int, seed: int, features: int = 6) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_area_counts_pairs_in_the_right_order_and_half_of_the_equal_ones() -> None:
    members, others = torch.tensor([3.0, 2.0, 2.0]), torch.tensor([1.0, 2.0])
    pairs = [(a > b) + 0.5 * (a == b) for a in members.tolist() for b in others.tolist()]
    assert area(members, others) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_the_interval_of_the_area_covers_the_truth_about_as_often_as_it_says(shift: float) -> None:
    truth, rng, held = norm.cdf(shift / math.sqrt(2)), np.random.default_rng(0), 0
    for _ in range(300):
        members, others = (torch.from_numpy(rng.standard_normal(80) + each) for each in (shift, 0.0))
        found = membership(members, others)
        held += found.low <= truth <= found.high
    assert held >= 275  # 285 of 300 are promised


def test_an_area_of_one_still_has_an_interval() -> None:
    low, high = newcombe(1.0, 20, 20)
    assert high == 1 and 0.8 < low < 0.99
    assert newcombe(0.0, 20, 20)[0] == 0 and newcombe(0.0, 20, 20)[1] == pytest.approx(1 - low)
    assert newcombe(1.0, 20, 20, 0.99)[0] < low < newcombe(1.0, 2000, 2000)[0]


def test_exact_intervals_are_those_of_the_binomial_law() -> None:
    found = clopper_pearson(3, 50)
    assert binom.cdf(3, 50, found.high) == pytest.approx(0.025) and binom.sf(2, 50, found.low) == pytest.approx(0.025)
    assert clopper_pearson(0, 50).low == 0 and clopper_pearson(50, 50).high == 1


def test_hits_are_counted_at_a_share_of_false_alarms_and_not_where_too_few_records_bear_it() -> None:
    others = torch.arange(1000.0)
    members = torch.cat([torch.full((300,), 2000.0), torch.zeros(700)])
    found = membership(members, others)
    assert [each.found and each.found.value for each in found.hits] == [0.3, 0.3]
    few = membership(members, others[:500]).hits
    assert few[0].found is not None and few[1].found is None and few[1].needed == 1000
    assert membership(members, others[:99]).hits[0].found is None


def test_scores_that_cannot_be_judged_get_one_line() -> None:
    with pytest.raises(DataError, match="10 records of either kind at least, got 9 members and 50 others"):
        membership(draw(9, 0)[:, 0], draw(50, 1)[:, 0])
    with pytest.raises(DataError, match="no numbers"):
        membership(torch.full((20,), math.nan), torch.zeros(20))


@pytest.mark.parametrize("attack", [lambda x, fake, reference: near(x, fake), nearer, likelier])
def test_copies_give_members_away_and_fresh_samples_do_not(attack) -> None:
    calm = 0
    for seed in range(20):
        members, others, reference, fresh = draw(1_200, seed).split(300)
        copies = members + 0.01 * draw(300, 99)
        told = membership(attack(members, copies, reference), attack(others, copies, reference))
        assert told.auc > 0.8 and told.low > 0.6
        fair = membership(attack(members, fresh, reference), attack(others, fresh, reference))
        calm += fair.low <= 0.5 <= fair.high
    assert calm >= 15  # 19 are promised, chance may take a few


def test_the_blind_attacker_sees_only_what_differs_by_itself() -> None:
    calm = 0
    for seed in range(20):
        same = membership(*blind(*draw(800, seed).split(400)))
        calm += same.low <= 0.5 <= same.high
    assert calm >= 17  # 19 are promised
    assert membership(*blind(draw(400, 0), draw(400, 1) + 1)).low > 0.8
    assert membership(*blind(draw(400, 0), draw(400, 1) * 1.8)).low > 0.6


def test_a_risk_is_what_goes_beyond_the_control() -> None:
    all_told, none_told = counted(100, 100), counted(0, 100)
    assert risk(all_told, none_told).low > 0.9
    level = risk(counted(60, 100), counted(60, 100))
    assert level.value == 0 and level.low < 0 < level.high
    assert risk(none_told, counted(30, 100)).high < 0
