"""Copies are found, and fresh samples are not mistaken for copies."""

import pytest
import torch
from torch import Tensor

from ganworks.metrics.memorisation import authenticity, copied_share, copying, likelihood_divergence, nearest
from ganworks.settings import DataError


def draw(count: int, seed: int, features: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(features, features, generator=torch.Generator().manual_seed(0)) / features**0.5
    return torch.randn(count, features, generator=generator) @ mixing


def planted(share: float, seed: int, count: int = 600) -> tuple[Tensor, Tensor, Tensor]:
    """Training, held-out and generated samples, of which a share are training ones with a little noise."""
    train, held_out, fake = draw(2_000, 3 * seed), draw(600, 3 * seed + 1), draw(count, 3 * seed + 2)
    copies = round(share * count)
    fake[:copies] = train[:copies] + 0.01 * draw(copies, 7)
    return train, held_out, fake


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_planted_copies_are_found(share: float) -> None:
    found = [copied_share(*planted(share, seed)) for seed in range(5)]
    assert all(each.p < 0.01 and each.share > 0.9 * share for each in found)


def test_fresh_samples_are_rarely_called_copies() -> None:
    assert sum(copied_share(*planted(0.0, seed)).p < 0.05 for seed in range(10)) <= 2


def test_copies_are_found_where_data_is_sparse_as_where_it_is_dense() -> None:
    generator = torch.Generator().manual_seed(0)

    def uneven(count: int) -> Tensor:
        return torch.rand(count, 1, generator=generator) * torch.randn(count, 64, generator=generator)

    train, held_out, fresh = uneven(2_000), uneven(600), uneven(600)
    copied = torch.cat([train[:60] + 0.01 * uneven(60), fresh[60:]])
    assert copied_share(train, held_out, copied).p < 1e-3
    assert copied_share(train, held_out, fresh).p > 0.01


def test_data_that_repeats_itself_is_no_copying() -> None:
    hundred = draw(100, 5)
    train, held_out, fake = (hundred[torch.arange(count) % 100] for count in (1_000, 300, 600))
    found = copied_share(train, held_out, fake)
    assert found.share == found.expected == 1 and found.p > 0.5


def test_copying_pulls_the_statistic_of_distances_down_and_blur_up() -> None:
    train, held_out, fresh = planted(0.0, 1, 2_000)
    assert abs(copying(train, held_out, fresh)) < 3
    assert copying(train, held_out, planted(1.0, 1, 2_000)[2]) < -5
    assert copying(train, held_out, fresh + 1.5 * draw(2_000, 9)) > 5


def test_copies_are_not_authentic() -> None:
    train, _, fresh = planted(0.0, 2)
    copies = planted(1.0, 2)[2]
    assert authenticity(train, copies) < 0.05 < authenticity(train, fresh)


def test_the_likelihood_gap_betrays_copies() -> None:
    train, held_out, fresh = planted(0.0, 3)
    honest, copied = (likelihood_divergence(train, held_out, each) for each in (fresh, train[:600] + 1e-3))
    assert copied.gap < honest.gap - 20
    assert copied.value > honest.value
    assert abs(honest.gap) < 5


def test_the_nearest_come_first() -> None:
    distances, rows = nearest(torch.tensor([[0.0], [5.0], [9.0]]), torch.tensor([[6.0]]), 2)
    assert rows.tolist() == [[1, 2]] and distances.tolist() == [[1.0, 3.0]]


def test_too_few_held_out_samples_are_refused() -> None:
    with pytest.raises(DataError, match="held-out features: at least 100 samples are needed, got 50"):
        copied_share(draw(200, 0), draw(50, 1), draw(100, 2))
    with pytest.raises(DataError, match="no region holds 20 test"):
        copying(draw(200, 0), draw(12, 1), draw(12, 2))


def test_sets_that_do_not_fit_and_training_that_does_not_vary_are_refused() -> None:
    train, other = draw(200, 0), draw(200, 1, 5)
    for measure in (copied_share, copying, likelihood_divergence):
        with pytest.raises(DataError, match=r"real samples have 64 features, .* ones 5"):
            measure(train, other, train)
        with pytest.raises(DataError, match="every feature is constant over all 200 samples"):
            measure(torch.ones(200, 5), other, other)
    with pytest.raises(DataError, match="every feature is constant"):
        authenticity(torch.ones(200, 5), other)
