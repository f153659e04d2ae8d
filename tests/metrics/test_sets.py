"""Diversity, two-sample tests and usefulness point the right way; what cannot be measured gets one line."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganworks.metrics.coverage import copies, prdc
from ganworks.metrics.diversity import bins, birthday, likeness, ndb, pairwise_diversity
from ganworks.metrics.frechet import frechet_distance, shortage
from ganworks.metrics.kernel import squared_mmd
from ganworks.metrics.pictures import ms_ssim
from ganworks.metrics.scores import classifier_score, modes
from ganworks.metrics.sliced import sliced_wasserstein
from ganworks.metrics.two_sample import two_sample_test
from ganworks.metrics.usefulness import Labelled, augmentation_gain, train_on_fake, usefulness
from ganworks.settings import DataError


def draw(count: int, seed: int, features: int = 8) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed))


def clusters(count: int, kinds: int, seed: int) -> Tensor:
    """Evenly from so many tight clusters."""
    centres = 6 * draw(8, 99)
    return centres[torch.arange(count) % kinds] + 0.3 * draw(count, seed)


def test_alike_sets_cannot_be_told_apart_and_shifted_ones_can() -> None:
    found = two_sample_test(draw(600, 0), draw(600, 1))
    assert found.low < 0.5 < found.high
    assert two_sample_test(draw(600, 0), draw(600, 1) + 1).accuracy > 0.85


def test_other_variance_alone_is_told_apart() -> None:
    assert two_sample_test(draw(800, 0), 2 * draw(800, 1)).accuracy > 0.75
    assert two_sample_test(draw(800, 0, 32), 1.2 * draw(800, 1, 32)).low > 0.6


def test_a_difference_that_no_mean_or_variance_shows_is_told_apart() -> None:
    spread = draw(3_000, 0, 2)
    assert two_sample_test(spread, spread.sign() + 0.2 * draw(3_000, 1, 2)).accuracy > 0.7


def test_pairs_of_equal_pictures_are_wholly_alike() -> None:
    pictures = torch.rand(6, 3, 48, 40, generator=torch.Generator().manual_seed(0))
    assert ms_ssim(pictures, pictures).mean == pytest.approx(1, abs=1e-9)
    assert ms_ssim(pictures, pictures.flip(0)).mean < 0.3
    assert ms_ssim(pictures, pictures + 0.05).mean > 0.9
    assert ms_ssim(pictures[..., :5, :4], pictures[..., :5, :4]).mean == pytest.approx(1, abs=1e-9)


def test_a_generator_of_few_pictures_makes_likelier_pairs() -> None:
    pictures = torch.rand(40, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    repeated = pictures[torch.arange(40) % 4]
    assert likeness(repeated, pairs=200) > likeness(pictures, pairs=200) + 0.1
    assert likeness(repeated, pairs=200) == likeness(repeated, pairs=200)


def test_half_the_spread_is_half_the_diversity() -> None:
    assert pairwise_diversity(draw(500, 0) / 2) / pairwise_diversity(draw(500, 0)) == pytest.approx(0.5)


def test_bins_differ_by_chance_alone_when_sets_are_alike_and_where_modes_are_missing() -> None:
    train = clusters(4_000, 8, 0)
    assert sum(ndb(train, clusters(2_000, 8, seed), count=40) for seed in range(1, 6)) / 5 < 0.15
    dropped = bins(train, clusters(2_000, 6, 9), count=40)
    assert dropped.share > 0.4 and dropped.divergence > 0.05


def test_the_birthday_estimate_finds_a_small_support() -> None:
    fifty = draw(50, 3)
    repeated = fifty[torch.randint(0, 50, (1_000,), generator=torch.Generator().manual_seed(0))] + 1e-3 * draw(1_000, 4)
    assert birthday(draw(1_000, 0), repeated) == pytest.approx(50, rel=0.1)
    assert birthday(draw(1_000, 0), draw(1_000, 1)) > 10_000


def test_missing_modes_lower_coverage_alone() -> None:
    found = prdc(clusters(1_000, 8, 0), clusters(1_000, 6, 1))
    assert found.coverage < 0.78 and found.precision > 0.9


def test_some_copies_are_said_to_bound_coverage_and_few_are_let_be() -> None:
    real = torch.cat([draw(100, 0), draw(1, 5).repeat(25, 1)])
    assert "25 of 125 real samples have 5 or more exact copies" in (copies(real) or "")
    assert "coverage is at most 0.800" in (copies(real) or "")
    assert prdc(real, real).coverage == pytest.approx(0.8)
    assert copies(real[:105]) is None


def test_fakes_that_carry_the_labels_are_useful() -> None:
    labels = torch.arange(400) % 2
    shift = 3.0 * labels[:, None] * torch.eye(8)[0]
    real, fake, test = (Labelled(draw(400, seed) + shift, labels) for seed in (0, 1, 2))
    found = usefulness(Labelled(real.x[:6], real.labels[:6]), fake, test)
    assert found.fake > 0.9 and found.gain == found.both - found.real > 0
    assert train_on_fake(fake, test) > 0.9
    assert augmentation_gain(real, Labelled(fake.x, 1 - fake.labels), test) <= 0


def test_fewer_samples_than_features_are_said_to_be() -> None:
    assert "30 samples for 40 features" in (shortage(draw(30, 0, 40), draw(90, 1, 40)) or "")
    assert shortage(draw(90, 0), draw(90, 1)) is None


def test_constant_features_do_no_harm_to_a_distance() -> None:
    padded = [torch.cat([draw(200, seed), torch.ones(200, 3)], 1) for seed in (0, 1)]
    assert frechet_distance(*padded) == pytest.approx(frechet_distance(draw(200, 0), draw(200, 1)), abs=1e-6)


BROKEN = draw(50, 0).index_fill(0, torch.tensor([7]), torch.nan)
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: frechet_distance(draw(50, 0), BROKEN), "generated features are not finite in 1 of 50 .* number 7"),
    (lambda: frechet_distance(draw(0, 0), draw(50, 0)), "real features: at least 2 samples are needed, got an empty"),
    (lambda: squared_mmd(draw(50, 0), draw(50, 0, 9)), "real samples have 8 features, generated ones 9"),
    (lambda: squared_mmd(1e120 * draw(9, 0).double(), draw(9, 0)), "real features are too large .* in 9 of 9"),
    (lambda: sliced_wasserstein(draw(5, 0), draw(0, 0)), "empty split"),
    (lambda: prdc(draw(5, 0), draw(50, 0)), "at least 6 samples are needed, got 5"),
    (lambda: prdc(draw(4, 0).repeat(20, 1), draw(80, 1)), "80 of 80 real samples have 5 or more exact copies"),
    (lambda: two_sample_test(torch.ones(40, 3), torch.ones(40, 3)), "every feature is constant"),
    (lambda: ndb(torch.ones(40, 3), torch.ones(40, 3)), "every feature is constant"),
    (lambda: classifier_score(draw(9, 0)), "finite and at least 0"),
    (lambda: classifier_score(torch.ones(9, 4)), "must sum to 1, one sums to 4"),
    (lambda: modes(torch.tensor([0, 9]), 4), "labels must lie in 0 to 3, got 0 to 9"),
    (lambda: classifier_score(torch.eye(3)), "3 samples cannot be scored in 10 parts"),
    (lambda: modes(torch.tensor([]), 4), "labels must be one a sample"),
    (lambda: modes(torch.eye(3), 4), "probabilities of 4 classes are needed, got 3"),
    (lambda: modes(torch.tensor([0, 1]), 2, torch.ones(3)), "wanted shares must be 2 numbers"),
    (lambda: ms_ssim(torch.zeros(2, 1, 2, 8), torch.zeros(2, 1, 2, 8)), "at least 3 a side, got 2"),
    (lambda: ms_ssim(torch.full((2, 1, 8, 8), torch.nan), torch.zeros(2, 1, 8, 8)), "not finite"),
    (lambda: likeness(torch.zeros(1, 1, 8, 8)), "at least 2 pictures"),
    (lambda: birthday(torch.zeros(200, 4), draw(50, 0, 4)), "exact copies"),
    (lambda: train_on_fake(Labelled(draw(9, 0), torch.zeros(9)), Labelled(draw(9, 0), torch.zeros(9))), "two classes"),
    (lambda: train_on_fake(Labelled(draw(9, 0), torch.zeros(8)), Labelled(draw(9, 0), torch.zeros(9))), "one whole"),
    (lambda: train_on_fake(Labelled(draw(9, 0), torch.zeros(9)), Labelled(draw(9, 0, 3), torch.zeros(9))), "features"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "line"), REFUSED, ids=[line[:30] for _, line in REFUSED])
def test_what_cannot_be_measured_gets_one_line(measure: Callable[[], object], line: str) -> None:
    with pytest.raises(DataError, match=line) as refused:
        measure()
    assert "\n" not in str(refused.value)
