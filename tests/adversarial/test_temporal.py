"""Terms of time against values worked out by hand."""

import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial.reconstructions import Flow, Temporal
from ganworks.adversarial.turn import Turn
from ganworks.settings import ConfigError


class Walker(nn.Module):
    """Finds everything one pixel to the right, as far as its weight says."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def flows(self, c: Tensor) -> Tensor:
        return self.weight.expand(len(c), 2, c.shape[2] - 1, *c.shape[3:])

    def carry(self, x: Tensor, flows: Tensor) -> Tensor:
        return flows[:, :1] * x[:, :, :-1].roll(-1, 4)


def turn(real: Tensor, fake: Tensor, generator: nn.Module | None = None) -> Turn:
    logits = torch.zeros(len(real), 1)
    return Turn(torch.zeros(len(real), 0), real, real, fake, None, logits, generator or Walker(), lambda x, c: logits)


def walking(frames: int = 3) -> Tensor:
    """Each frame the one before, one pixel to the left."""
    first = torch.rand(2, 3, 4, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return torch.stack([first.roll(-t, 3) for t in range(frames)], 2)


def test_what_only_moves_costs_nothing() -> None:
    real = walking()
    for term in (Flow(), Temporal()):
        torch.testing.assert_close(term.cost(turn(real, real)), torch.zeros(2))


def test_flicker_costs_what_it_differs_by() -> None:
    real = walking(2)
    fake = real.clone()
    fake[:, :, 1] += torch.tensor([0.1, 0.3]).view(2, 1, 1, 1)
    torch.testing.assert_close(Temporal().cost(turn(real, fake)), torch.tensor([0.1, 0.3]))


def test_what_real_frames_do_not_have_is_not_asked_for() -> None:
    real = walking(2)
    real[:, :, 1, :, :2] = 3.0  # uncovered there: nothing of the frame before
    fake = real.clone()
    blind = Temporal(sharpness=0).cost(turn(real, fake))
    assert (Temporal().cost(turn(real, fake)) < 0.01 * blind).all()


def test_motion_learns_from_the_flow_term_alone() -> None:
    real = walking()
    walker = Walker()
    fake = (real * 0.5).requires_grad_()
    with torch.no_grad():
        walker.weight.fill_(0.5)
    Temporal().cost(turn(real, fake, walker)).sum().backward()
    assert walker.weight.grad is None and fake.grad.abs().sum() > 0
    Flow().cost(turn(real, fake, walker)).sum().backward()
    assert walker.weight.grad < 0


@pytest.mark.parametrize("term", [Flow(), Temporal()], ids=lambda each: each.name)
def test_pictures_and_generators_without_motion_are_refused_in_one_line(term) -> None:
    line = f"^{term.name} wants clips [^\n]+; set domain=clips and generator=recurrent$"
    with pytest.raises(ConfigError, match=line):
        term.cost(turn(walking()[:, :, 0], walking()[:, :, 0]))
    with pytest.raises(ConfigError, match=line):
        term.cost(turn(walking(), walking(), nn.Identity()))
