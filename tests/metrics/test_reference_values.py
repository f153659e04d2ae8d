"""Values worked out by hand, to 1e-9, and agreement with published implementations on the same features."""

import math

import pytest
import torch
from torch import Tensor, nn

from ganworks.metrics.coverage import prdc
from ganworks.metrics.frechet import Moments, between, frechet_distance
from ganworks.metrics.kernel import kernel_distance, squared_mmd
from ganworks.metrics.memorisation import authenticity
from ganworks.metrics.scores import classifier_score, modes
from ganworks.metrics.sliced import sliced_wasserstein


def matrix(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).unsqueeze(1)


def moments(mean: Tensor, covariance: Tensor) -> Moments:
    return Moments(10, mean.double(), covariance.double())


def with_moments(mean: Tensor, covariance: Tensor) -> Tensor:
    """Samples whose own mean and covariance are these: a step to either side along each principal axis."""
    values, vectors = torch.linalg.eigh(covariance.double())
    steps = (vectors * values.clamp(min=0).sqrt()).T * ((2 * len(mean) - 1) / 2) ** 0.5
    return torch.cat([steps, -steps]) + mean


CASES = [
    (matrix(1, 2), matrix([2, 1], [1, 2]), matrix(0, 0), torch.diag(matrix(1, 4)), 14 - 2 * (10 + 4 * 3**0.5) ** 0.5),
    (torch.zeros(10), torch.eye(10), torch.full((10,), 0.5), 4 * torch.eye(10), 12.5),
    (torch.zeros(3), torch.diag(matrix(1, 0, 0)), torch.zeros(3), torch.diag(matrix(0, 1, 0)), 2.0),
]


@pytest.mark.parametrize(("mean", "covariance", "other", "spread", "distance"), CASES)
def test_the_distance_of_gaussians_is_the_closed_form(mean, covariance, other, spread, distance) -> None:
    assert between(moments(mean, covariance), moments(other, spread)) == pytest.approx(distance, abs=1e-9)
    assert between(moments(other, spread), moments(mean, covariance)) == pytest.approx(distance, abs=1e-9)
    samples = with_moments(mean.double(), covariance), with_moments(other.double(), spread)
    assert frechet_distance(*samples) == pytest.approx(distance, abs=1e-9)


def test_the_first_case_is_the_published_number() -> None:
    assert CASES[0][-1] == pytest.approx(5.771220447654342, abs=1e-12)


def test_few_samples_take_another_way_to_the_same_distance() -> None:
    real, fake = torch.randn(2, 8, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64).unbind()
    assert frechet_distance(real, fake) == pytest.approx(between(Moments.of(real), Moments.of(fake)), rel=1e-8)


def test_moments_of_parts_merge_into_those_of_the_whole() -> None:
    x = torch.randn(90, 5, generator=torch.Generator().manual_seed(7), dtype=torch.float64) + 3
    merged, whole = Moments.of(x[:20]).merged(Moments.of(x[20:])), Moments.of(x)
    assert merged.count == 90
    assert torch.allclose(merged.mean, whole.mean, atol=1e-12)
    assert torch.allclose(merged.covariance, whole.covariance, atol=1e-12)


def test_wide_features_have_the_covariance_that_torch_finds() -> None:
    x = torch.randn(60, 1100, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.allclose(Moments.of(x).covariance, torch.cov(x.T), atol=1e-12)


def test_the_kernel_distance_is_the_fraction_worked_out_by_hand() -> None:
    x = matrix((1, 0), (0, 1), (1, 1))
    assert squared_mmd(x, 2 * x) == pytest.approx(137 / 36, abs=1e-9)
    assert squared_mmd(x, x) == pytest.approx(-14 / 9, abs=1e-9)
    assert kernel_distance(x, 2 * x, subsets=3).value == pytest.approx(137 / 36, abs=1e-9)


@pytest.mark.parametrize(("k", "wanted"), [(1, (0.5, 0.75, 0.75, 0.75)), (2, (0.5, 1, 0.875, 1))])
def test_precision_recall_density_and_coverage_by_hand(k: int, wanted: tuple[float, ...]) -> None:
    found = prdc(column(0, 1, 3, 6), column(0.5, 2.5, 20, 21), k=k)
    assert tuple(found) == pytest.approx(wanted, abs=1e-9)


def test_a_collapsed_generator_has_precision_and_nothing_else() -> None:
    real = torch.randn(500, 16, generator=torch.Generator().manual_seed(3))
    found = prdc(real, real[:1].expand(500, -1))
    assert (found.precision, found.recall) == (1, 0) and found.coverage < 0.05


def test_the_classifier_score_by_hand() -> None:
    assert classifier_score(torch.eye(10), splits=1) == pytest.approx(10, abs=1e-9)
    assert classifier_score(torch.full((20, 10), 0.1)) == pytest.approx(1, abs=1e-9)
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    found = classifier_score(matrix((0.9, 0.1), (0.1, 0.9)), splits=1)
    assert found == pytest.approx(math.exp(math.log(2) - entropy), abs=1e-9)
    assert found == pytest.approx(1.4449348, abs=1e-7)


def test_authenticity_by_hand() -> None:
    assert authenticity(column(0, 1, 10, 11), column(0.1, 0.5, 10.5, 30)) == pytest.approx(0.25, abs=1e-9)


def test_modes_by_hand() -> None:
    found = modes(torch.tensor([0, 0, 1, 2]), 4)
    assert found.count == 3
    assert found.kl == pytest.approx(0.5 * math.log(2), abs=1e-9)
    assert modes(torch.arange(26_000) % 1_000, 1_000).floor == pytest.approx(0.0192, abs=2e-4)


def test_the_floor_of_the_divergence_is_its_mean_over_draws_of_the_wanted_shares() -> None:
    wanted = torch.tensor([6.0, 3.0, 1.0, 0.0])
    drawn = torch.multinomial(wanted, 60_000, replacement=True, generator=torch.Generator().manual_seed(8))
    found = [modes(each, 4, wanted) for each in drawn.view(2_000, 30)]
    assert sum(each.kl for each in found) / 2_000 == pytest.approx(found[0].floor, rel=0.1)
    assert modes(torch.zeros(9), 1).floor == pytest.approx(0, abs=1e-12)


def test_a_shift_moves_every_slice_by_its_share() -> None:
    x = torch.randn(400, 8, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    assert sliced_wasserstein(x, x) == 0
    assert sliced_wasserstein(x, x + 3, projections=4_000) == pytest.approx(3, rel=0.03)
    assert sliced_wasserstein(column(0, 1), column(0, 0, 1, 1)) == pytest.approx(0, abs=1e-9)


class Given(nn.Module):
    """Features handed over as if they were pictures."""

    num_features = 12

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).double()


def pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    real = torch.rand(300, 3, 2, 2, generator=generator)
    return real, (0.8 * torch.rand(300, 3, 2, 2, generator=generator) + 0.1) ** 1.2


def test_prdc_agrees_with_its_authors_package() -> None:
    package = pytest.importorskip("prdc")
    generator = torch.Generator().manual_seed(6)
    real, fake = torch.randn(300, 8, generator=generator), 0.8 * torch.randn(250, 8, generator=generator) + 0.2
    theirs = package.compute_prdc(real.double().numpy(), fake.double().numpy(), nearest_k=5)
    assert prdc(real, fake)._asdict() == pytest.approx(theirs, rel=1e-6)


def test_the_distances_agree_with_torchmetrics() -> None:
    fid = pytest.importorskip("torchmetrics.image.fid").FrechetInceptionDistance(
        feature=Given(), normalize=True, input_img_size=(3, 2, 2)
    )
    kid = pytest.importorskip("torchmetrics.image.kid").KernelInceptionDistance(
        feature=Given(), normalize=True, subsets=1, subset_size=300
    )
    real, fake = pictures()
    for metric in (fid.set_dtype(torch.float64), kid):
        metric.update(real, real=True)
        metric.update(fake, real=False)
    x, y = (each.flatten(1) for each in (real, fake))
    assert frechet_distance(x, y) == pytest.approx(float(fid.compute()), rel=1e-6)
    assert squared_mmd(x, y) == pytest.approx(float(kid.compute()[0]), rel=1e-6)


def test_the_classifier_score_agrees_with_torchmetrics() -> None:
    score = pytest.importorskip("torchmetrics.image.inception").InceptionScore(feature=Given(), splits=5)
    x = 3 * pictures()[1]
    score.update(x)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        order = torch.randperm(len(x))
        torch.manual_seed(9)
        theirs = float(score.compute()[0])
    assert classifier_score(x.flatten(1)[order].double().softmax(1), splits=5) == pytest.approx(theirs, rel=1e-6)
