"""The cost of not drawing what was asked, by hand; and packs of rows that were asked for something."""

import math

import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial.game import pack
from ganworks.adversarial.reconstructions import AskedFor
from ganworks.adversarial.regularisers import GradientPenalty
from ganworks.adversarial.turn import Turn
from ganworks.settings import ConfigError
from ganworks.spec import Batch, Span

SPANS = (Span(channels=1, kind="tanh"), Span(channels=3, kind="softmax"))


class Last(nn.Module):
    spans = SPANS


def turn(fake: Tensor, c: Tensor | None, generator: nn.Module | None = None, judge: nn.Module | None = None) -> Turn:
    nobody = judge or nn.Linear(1, 1)
    logits = torch.zeros(len(fake), 1) if judge is None else judge(fake, c)
    return Turn(fake, c, fake, fake, logits, logits, generator or nn.Sequential(Last()), nobody)


def test_asked_columns_cost_their_surprise_or_their_square_and_others_nothing() -> None:
    fake = torch.tensor([[0.5, 0.2, 0.3, 0.5]] * 4)
    c = torch.tensor(
        [
            [0.0, 0, 0, 1, 0, 1],  # the third category, which is drawn by half
            [0.9, 0, 0, 0, 1, 0],  # 0.4 away
            [0.9, 1, 0, 0, 1, 1],  # both
            [0.0, 0, 0, 0, 0, 0],
        ]
    )
    both = (0.16 - math.log(0.2)) / 2
    expected = torch.tensor([math.log(2), 0.16, both, 0.0])
    torch.testing.assert_close(AskedFor().cost(turn(fake, c)), expected)


def test_a_category_that_was_ruled_out_costs_a_finite_sum() -> None:
    fake = torch.tensor([[0.0, 1.0, 0.0, 0.0]], requires_grad=True)
    cost = AskedFor().cost(turn(fake, torch.tensor([[0.0, 0, 1, 0, 0, 1]])))
    cost.sum().backward()
    assert cost.isfinite().all() and fake.grad is not None and fake.grad.isfinite().all()


@pytest.mark.parametrize("c", [None, torch.zeros(2, 5)])
def test_conditions_on_no_columns_are_refused_in_one_line(c: Tensor | None) -> None:
    with pytest.raises(ConfigError, match=r"^the term asked wants conditions on columns of a table, got [^\n]+$"):
        AskedFor().cost(turn(torch.zeros(2, 4), c))


class Judge(nn.Module):
    """Judges pairs of rows of two numbers: three times the first number of the first, four times that of the second."""

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return pack(x, 2) @ torch.tensor([[3.0], [0.0], [4.0], [0.0]])


def test_the_penalty_of_a_pack_is_that_of_one_point() -> None:
    cost = GradientPenalty().cost(turn(torch.randn(6, 2), None, judge=Judge()))
    torch.testing.assert_close(cost, torch.full((3,), (5.0 - 1) ** 2))


def test_conditions_are_packed_like_their_samples(make_game) -> None:
    seen = []

    class Sees(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(4, 1)

        def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
            assert c is not None
            seen.append((x.shape, c.shape))
            return self.body(x)

    game = make_game(Sees(), packing=2)
    game.step(iter([Batch(torch.randn(8, 2), torch.randn(8, 3))] * 2))
    assert set(seen) <= {((4, 4), (4, 6)), ((8, 4), (8, 6))} and seen
