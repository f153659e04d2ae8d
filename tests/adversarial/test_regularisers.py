"""Penalties against discriminators whose slope is known."""

import pytest
import torch
from torch import nn

from ganworks.adversarial import TERMS
from ganworks.adversarial.regularisers import R1, R2, Dragan, GradientPenalty
from ganworks.adversarial.turn import Turn, squared_gradient

SHAPES = [(2,), (3, 5), (1, 4, 4), (2, 3, 4, 4)]


def linear_turn(shape: tuple[int, ...], copies: int = 1) -> tuple[Turn, float]:
    """A turn under discriminators x -> <w, x>, and |w|^2."""
    slope = torch.randn(shape, generator=torch.Generator().manual_seed(0))

    def judge(x, c=None):
        logits = (x * slope).flatten(1).sum(1, keepdim=True)
        return logits if copies == 1 else (logits,) * copies

    x = torch.randn(5, *shape, requires_grad=True)
    fake = torch.randn(5, *shape, requires_grad=True)
    turn = Turn(x, None, x, fake, judge(x), judge(fake), nn.Identity(), judge)
    return turn, float(slope.square().sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_of_a_linear_discriminator_on_any_axes(shape: tuple[int, ...]) -> None:
    turn, squared = linear_turn(shape)
    for penalty in (R1(), R2()):
        torch.testing.assert_close(penalty.cost(turn), torch.full((5,), squared / 2))
    for penalty in (GradientPenalty(), Dragan()):
        torch.testing.assert_close(penalty.cost(turn), torch.full((5,), (squared**0.5 - 1) ** 2))


def test_several_discriminators_add_their_squares() -> None:
    turn, squared = linear_turn((3,), copies=2)
    torch.testing.assert_close(R1().cost(turn), torch.full((5,), squared))


def test_a_squared_gradient_can_be_differentiated_at_zero() -> None:
    weight = torch.zeros(3, requires_grad=True)
    x = torch.randn(4, 3, requires_grad=True)
    squared_gradient((x @ weight)[:, None], x).sum().backward()
    assert weight.grad is not None and weight.grad.isfinite().all()
    turn, _ = linear_turn((3,))
    dead = Turn(turn.z, None, turn.real, turn.fake, None, (turn.fake @ weight)[:, None], nn.Identity(),
                lambda x, c: (x @ weight)[:, None])  # fmt: skip
    GradientPenalty().cost(dead).sum().backward()
    assert weight.grad.isfinite().all()


def test_the_gradient_penalty_draws_one_place_a_sample() -> None:
    seen = []

    def judge(x, c=None):
        seen.append(x)
        return x.flatten(1).sum(1, keepdim=True)

    real, fake = torch.zeros(6, 2, 4, 4), torch.ones(6, 2, 4, 4)
    GradientPenalty().cost(Turn(real, None, real, fake, None, judge(fake), nn.Identity(), judge))
    place = seen[-1].detach().flatten(1)
    assert (place == place[:, :1]).all() and len(place[:, 0].unique()) == 6


@pytest.mark.parametrize("term", TERMS.values(), ids=TERMS)
def test_every_term_is_charged_when_due(term) -> None:
    each = term(every=4)
    assert [each.due(step) for step in range(8)] == [True, False, False, False] * 2
    assert each.player in ("generator", "discriminator")
