"""Cells that never meet in the data are paid for."""

import pytest
import torch
from torch import nn

from ganworks.adversarial import Turn
from ganworks.adversarial.reconstructions import Neighbours
from ganworks.networks import Activate
from ganworks.settings import ConfigError
from ganworks.spec import Span

SPAN = Span(channels=2, kind="softmax", by_lot=False, right=("11", "10"), below=("11", "11"))
"""Channel 1 never stands left of itself."""


def turn(fake: torch.Tensor, span: Span = SPAN) -> Turn:
    return Turn(
        fake, None, fake, fake, None, fake.flatten(1)[:, :1], Activate([span]), lambda x, c: x.flatten(1)[:, :1]
    )


def test_pairs_that_never_meet_are_counted_by_how_sure_they_are() -> None:
    p = torch.tensor([[0.1, 0.9, 0.8, 0.2], [0.1, 0.2, 0.8, 0.2]])[:, None]
    fake = torch.cat([1 - p[:, None], p[:, None]], 1).requires_grad_()
    cost = Neighbours().cost(turn(fake))
    torch.testing.assert_close(cost, torch.tensor([0.72, 0.0]))
    cost.sum().backward()
    assert fake.grad is not None and (fake.grad[0, 1, 0, 1:3] > 0).all() and not fake.grad[1].any()


def test_it_rises_late_and_wants_grids() -> None:
    weight = Neighbours().weight
    assert weight.at(0.1) == 0 and weight.at(1.0) == 1
    with pytest.raises(ConfigError, match="wants grids of tiles, got samples of shape"):
        Neighbours().cost(turn(torch.rand(2, 2, 3, 3), Span(channels=2, kind="softmax")))
    with pytest.raises(ConfigError, match="leave it out"):
        Neighbours().cost(Turn(torch.rand(2, 2), None, torch.rand(2, 2), torch.rand(2, 2), None, torch.rand(2, 1),
                               nn.Identity(), lambda x, c: x))  # fmt: skip
