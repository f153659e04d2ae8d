"""The mel term: phases are free, loudness is not."""

import pytest
import torch
from torch import nn

from ganworks.adversarial.reconstructions import MelL1
from ganworks.adversarial.turn import Turn
from ganworks.settings import ConfigError


def turn(real: torch.Tensor, fake: torch.Tensor) -> Turn:
    nothing = torch.zeros(len(real), 1)
    return Turn(nothing, None, real, fake, None, nothing, nn.Identity(), lambda x, c: nothing)


def test_only_what_can_be_heard_costs() -> None:
    x = 0.1 * torch.randn(3, 1, 2048, generator=torch.Generator().manual_seed(0))
    cost = MelL1(windows=(128, 256))
    assert cost.cost(turn(x, x)).shape == (3,) and cost.cost(turn(x, -x)).abs().max() < 1e-6
    torch.testing.assert_close(cost.cost(turn(x, x / 2)), torch.full((3,), 0.6931), rtol=1e-3, atol=0.0)


def test_every_window_counts_alike_and_silence_has_a_gradient() -> None:
    x = 0.1 * torch.randn(2, 1, 2048, generator=torch.Generator().manual_seed(0))
    fake = torch.zeros_like(x).requires_grad_()
    each = [MelL1(windows=(window,)).cost(turn(x, fake)) for window in (128, 512)]
    both = MelL1(windows=(128, 512)).cost(turn(x, fake))
    torch.testing.assert_close(both, sum(each) / 2)
    both.sum().backward()
    assert fake.grad is not None and fake.grad.isfinite().all()


def test_pictures_are_refused_in_one_line() -> None:
    x = torch.zeros(1, 3, 8, 8)
    with pytest.raises(ConfigError, match=r"^mel-l1 compares sounds[^\n]+$"):
        MelL1().cost(turn(x, x))
