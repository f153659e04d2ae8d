"""A pool of past fakes: what comes back is what went in, and a stopped run goes on exactly."""

import pytest
import torch

from ganworks.adversarial.pool import Pool
from ganworks.settings import CheckpointError


def numbered(first: int, count: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Fakes (B, 1, 2, 2) that are all one number, and conditions (B, 3) of its negative."""
    numbers = torch.arange(first, first + count, dtype=torch.float32)
    return numbers.view(-1, 1, 1, 1).expand(-1, 1, 2, 2), -numbers.view(-1, 1).expand(-1, 3)


def test_a_pool_that_is_not_full_gives_back_what_it_gets() -> None:
    pool = Pool(8)
    for first in (0, 4):
        fake, c = numbered(first)
        mixed, conditions = pool.mix(fake, c)
        assert torch.equal(mixed, fake) and conditions is not None and torch.equal(conditions, c)
    assert pool.held == 8


def test_every_second_fake_is_an_old_one_and_none_is_lost_or_shown_twice() -> None:
    torch.manual_seed(0)
    pool, shown, old = Pool(10), [], 0
    for first in range(0, 800, 4):
        fake, c = numbered(first)
        mixed, conditions = pool.mix(fake, c)
        assert conditions is not None and torch.equal(conditions[:, 0], -mixed[:, 0, 0, 0])
        assert (mixed == mixed[:, :, :1, :1]).all()
        numbers = mixed[:, 0, 0, 0].tolist()
        old += sum(number != new for number, new in zip(numbers, fake[:, 0, 0, 0].tolist(), strict=True))
        shown += numbers
    assert 0.4 < old / 790 < 0.6
    # What the pool was filled with was shown when it came and may be shown once more.
    later = [number for number in shown if number >= 10]
    assert len(set(later)) == len(later)


def test_a_loaded_pool_goes_on_as_the_one_that_was_saved() -> None:
    pool = Pool(6)
    torch.manual_seed(1)
    for first in range(0, 16, 4):
        pool.mix(*numbered(first))
    state = {name: each.clone() for name, each in pool.state().items()}
    assert {name: tuple(each.shape) for name, each in state.items()} == {
        "held": (), "fakes": (6, 1, 2, 2), "conditions": (6, 3)
    }  # fmt: skip
    copy, results = Pool(6), []
    copy.load(state)
    for each in (pool, copy):
        torch.manual_seed(2)
        results.append(torch.cat([each.mix(*numbered(first))[0] for first in range(16, 40, 4)]))
    assert torch.equal(*results)


def test_a_pool_that_was_never_used_can_be_saved_and_fakes_without_conditions_kept() -> None:
    pool = Pool(2)
    fresh = Pool(2)
    fresh.load(pool.state())
    mixed, c = fresh.mix(torch.ones(3, 5, requires_grad=True), None)
    assert c is None and mixed.shape == (3, 5) and not mixed.requires_grad and "conditions" not in fresh.state()


def test_a_pool_of_another_size_is_refused() -> None:
    pool = Pool(3)
    pool.mix(*numbered(0))
    with pytest.raises(CheckpointError, match="keeps a pool of 3 fakes, the run wants 4"):
        Pool(4).load(pool.state())
