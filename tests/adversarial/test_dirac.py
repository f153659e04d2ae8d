"""The smallest game, whose path is known: loss signs, the scale of R1 and simultaneous moves at once."""

import math

import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial.objectives import Minimax
from ganworks.adversarial.regularisers import R1
from ganworks.adversarial.turn import Turn


def distance_after(steps: int, gamma: float) -> float:
    """Mescheder et al. (2018): data at 0, G = theta, D(x) = psi * x, step 0.1, both players move at once.

    Their D maximises where ours minimises, so their start (1, 1) is theta = 1, psi = -1 here.
    """
    theta = torch.tensor([[1.0]], dtype=torch.float64, requires_grad=True)
    psi = torch.tensor([[-1.0]], dtype=torch.float64, requires_grad=True)
    objective, penalty = Minimax(), R1(weight=gamma)

    def judge(x: Tensor, c: Tensor | None = None) -> Tensor:
        return x @ psi

    for _ in range(steps):
        real = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
        turn = Turn(real, None, real, theta, judge(real), judge(theta), nn.Identity(), judge)
        loss = objective.discriminator(judge(real), judge(theta.detach())).mean() + gamma * penalty.cost(turn).mean()
        (for_psi,) = torch.autograd.grad(loss, psi)
        (for_theta,) = torch.autograd.grad(objective.generator(judge(theta), None).mean(), theta)
        with torch.no_grad():
            psi -= 0.1 * for_psi
            theta -= 0.1 * for_theta
    return math.hypot(theta.item(), psi.item())


@pytest.mark.parametrize(("gamma", "expected"), [(0.0, 3.1006), (0.1, 6.603e-4), (0.5, 9.506e-22), (2.0, 2.002e-12)])
def test_the_dirac_gan_ends_where_the_mathematics_says(gamma: float, expected: float) -> None:
    assert distance_after(2000, gamma) == pytest.approx(expected, rel=1e-3)
