"""Threads: measured where a run is measured anyway, and kept when it goes on."""

import os
from collections.abc import Iterator

import pytest
import torch

from ganworks.launch import Words, plan
from ganworks.training import devices
from ganworks.training.session import Session

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def as_many_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_threads_are_tried_unless_somebody_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    torch.set_num_threads(4)
    assert devices.threads_to_try(CPU, None) == [4, 2, 1]
    assert devices.threads_to_try(CPU, 2) == []
    assert devices.threads_to_try(torch.device("cuda"), None) == []
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert devices.threads_to_try(CPU, None) == []


def test_a_measured_run_plays_with_one_of_the_numbers_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    torch.set_num_threads(2)
    planned = plan(Words("ring", minutes=0.01))
    session = Session(planned.run, planned.dataset)
    session.measure()
    assert torch.get_num_threads() in (1, 2)
    assert session.samples == 0 and session.clock.total > 0


def test_a_number_that_was_set_is_taken() -> None:
    planned = plan(Words("ring", samples=256, settings=("threads=3",)))
    Session(planned.run, planned.dataset)
    assert torch.get_num_threads() == 3


def test_a_run_goes_on_with_the_threads_it_had_where_there_are_as_many() -> None:
    torch.set_num_threads(2)
    assert devices.other_threads(2) is None and devices.other_threads(None) is None
    assert "threads: 1 as it began, not 2" in (devices.other_threads(1) or "")
    assert torch.get_num_threads() == 1
    told = devices.other_threads(10 * (os.cpu_count() or 1))
    assert "not bit for bit" in (told or "") and torch.get_num_threads() == 1
