"""Budgets, progress, and when things are due."""

import pytest

from ganworks.settings import ConfigError
from ganworks.training import marks
from ganworks.training.clock import Clock
from ganworks.training.marks import Marks, evenly
from ganworks.training.run import Budget


def test_a_budget_in_samples_is_the_plan_in_whole_rounds() -> None:
    clock = Clock(Budget(samples=1000), batch=64)
    assert clock.total == 1024 and clock.progress(512) == 0.5
    assert clock.done(1024) and not clock.done(1023)


def test_a_budget_in_minutes_is_planned_from_a_rate_and_anew_when_it_would_be_missed() -> None:
    clock = Clock(Budget(minutes=1), batch=10)
    assert not clock.planned
    clock.measure(rate=100)
    assert clock.total == 6000
    assert not clock.tick(1000, seconds=10)  # as planned
    assert clock.tick(2000, seconds=20)  # 30 s gone for 2000: half of what was planned can be done
    assert clock.total == pytest.approx(4000, abs=20)
    before = 1000 / 3000
    assert clock.progress(2000) == pytest.approx(before)
    assert clock.progress(clock.total) == 1


def test_a_resumed_clock_keeps_its_plan_and_a_changed_budget_is_planned_anew() -> None:
    clock = Clock(Budget(minutes=1), batch=10)
    clock.measure(rate=100)
    clock.tick(1000, seconds=10)
    same, longer, counted = (
        Clock(budget, 10) for budget in (Budget(minutes=1), Budget(minutes=3), Budget(samples=70_000))
    )
    for each in (same, longer, counted):
        each.load(clock.state())
    assert same.state() == clock.state()
    assert longer.total == 18_000 and counted.total == 70_000


@pytest.mark.parametrize("tree", [{}, {"samples": 1, "minutes": 1}, {"samples": 0}, {"minutes": -1}])
def test_a_budget_is_one_of_the_two(tree) -> None:
    with pytest.raises(ConfigError):
        Budget.from_tree(tree, "budget")


def test_marks_are_due_once_and_not_for_what_a_resumed_run_has_behind_it() -> None:
    each = Marks(evenly(4), begun=0.25)
    assert [each.due(progress) for progress in (0.3, 0.5, 0.6, 0.9, 0.95, 1.0)] == [
        False,
        True,
        False,
        True,
        False,
        True,
    ]


def test_marks_are_due_after_the_longest_wait(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(marks.time, "monotonic", lambda: now[0])
    each = Marks([], begun=0.0, seconds=10)
    assert not each.due(0.1)
    now[0] = 11
    assert each.due(0.1) and not each.due(0.1)
