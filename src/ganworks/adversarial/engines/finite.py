"""Finite differences: a penalty without a second derivative, as an approximation."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..turn import Logits, per_sample
from .base import Duel, Engine, Pass, Stats, charged, pay


class FiniteDifference(Engine):
    """An approximation, for networks whose parts have no second derivative (fused attention, some kernels).

    With g the slope of a logit at a sample, half the gradient of |g|^2 by the weights is the change of the logit's own
    gradient along g, which a central difference of two more passes gives. It costs more time than the exact engines
    where those work. In smooth networks the error falls with the square of the step. A rectifier that switches within
    the step adds its corner, which exact engines leave out, so that single gradients are noisy there.
    """

    name: Literal["finite-difference"] = "finite-difference"
    reach: float = Field(default=1e-3, gt=0)
    """Length of the step to either side, in the samples' own units."""

    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        return _Pass(self.reach)


class _Pass(Pass):
    def __init__(self, reach: float):
        self.reach = reach

    def discriminator(self, duel: Duel) -> Stats:
        chances: list[tuple[Logits, Tensor]] = []

        def judge(x: Tensor, c: Tensor | None) -> Logits:
            chance = torch.get_rng_state()
            logits = duel.judge(x, c)
            chances.append((logits, chance))
            return logits

        def slope(of: Logits, samples: Tensor) -> Tensor:
            """The exact value, with the approximate gradient."""
            total = samples.new_zeros(len(samples))
            chance = next(state for logits, state in chances if logits is of)
            for i, each in enumerate(of if isinstance(of, tuple) else (of,)):
                (g,) = torch.autograd.grad(each.sum(), samples, retain_graph=True)
                steepness = g.reshape(len(each), -1).norm(dim=1)  # of each logit, which packed samples share
                pack = len(g) // len(each)
                scale = (self.reach / (steepness + 1e-12)).repeat_interleave(pack)
                step = g * scale.view(-1, *[1] * (g.ndim - 1))
                ahead, behind = (_at(duel, samples.detach() + way * step, chance, i) for way in (1, -1))
                along = steepness * (ahead - behind).flatten(1).sum(1) / (2 * self.reach)
                total = total + per_sample(g.square())
                total = total + 2 * (along - along.detach()).repeat_interleave(pack) / pack
            return total

        sloped = bool(duel.charges)
        real, fake = (samples.detach().requires_grad_(sloped) for samples in (duel.real, duel.fake))
        logits = judge(real, duel.c), judge(fake, duel.c)
        loss = duel.loss(*logits)
        total, stats = charged(duel.turn((real, fake), logits, slope, judge), duel, loss)
        pay(duel, loss + total if sloped else loss)
        return stats


def _at(duel: Duel, samples: Tensor, chance: Tensor, number: int) -> Tensor:
    """Logits of moved samples, under the same augmentation and dropout as before."""
    with torch.random.fork_rng(devices=[samples.device] if samples.is_cuda else []):
        torch.set_rng_state(chance)
        logits = duel.judge(samples, duel.c)
    return logits[number] if isinstance(logits, tuple) else logits
