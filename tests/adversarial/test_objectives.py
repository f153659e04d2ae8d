"""What each player minimises."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ganworks.adversarial import OBJECTIVES
from ganworks.adversarial.objectives import Hinge, LeastSquares, Minimax, NonSaturating, Relativistic, Wasserstein

GOOD, BAD = torch.full((4, 1), 3.0), torch.full((4, 1), -3.0)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_right_side_costs_less(objective) -> None:
    each = objective()
    assert each.discriminator(GOOD, BAD).mean() < each.discriminator(BAD, GOOD).mean()
    assert each.generator(GOOD, BAD).mean() < each.generator(BAD, GOOD).mean()


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_one_value_a_logit(objective) -> None:
    real, fake = torch.randn(5, 3), torch.randn(5, 3)
    assert objective().discriminator(real, fake).shape == (5, 3)
    assert objective().generator(fake, real).shape == (5, 3)


def test_cross_entropy_objectives_are_cross_entropies_with_one_sided_smoothing() -> None:
    real, fake = torch.randn(6, 1), torch.randn(6, 1)
    for smoothing in (0.0, 0.1):
        expected = binary_cross_entropy_with_logits(
            real, torch.full_like(real, 1 - smoothing), reduction="none"
        ) + binary_cross_entropy_with_logits(fake, torch.zeros_like(fake), reduction="none")
        for objective in (Minimax(smoothing=smoothing), NonSaturating(smoothing=smoothing)):
            torch.testing.assert_close(objective.discriminator(real, fake), expected)


def test_values_by_hand() -> None:
    real, fake = torch.tensor([[0.5]]), torch.tensor([[-2.0]])
    assert Hinge().discriminator(real, fake).item() == pytest.approx(0.5)
    assert Hinge().generator(fake, None).item() == pytest.approx(2)
    assert LeastSquares().discriminator(real, fake).item() == pytest.approx((0.25 + 4) / 2)
    assert LeastSquares().generator(fake, None).item() == pytest.approx(4.5)
    assert Wasserstein().discriminator(real, fake).item() == pytest.approx(-2.5)
    assert Relativistic().discriminator(real, fake).item() == pytest.approx(0.0788897)
    assert Relativistic().generator(fake, real).item() == pytest.approx(2.5788897)


def test_minimax_saturates_where_the_generator_loses_and_non_saturating_does_not() -> None:
    losing = torch.full((1, 1), -8.0, requires_grad=True)
    (flat,) = torch.autograd.grad(Minimax().generator(losing, None).sum(), losing)
    (steep,) = torch.autograd.grad(NonSaturating().generator(losing, None).sum(), losing)
    assert flat.abs() < 1e-3
    assert steep.abs() > 0.9
