"""The reference engine: torch's own automatic differentiation, as one would write it down."""

from typing import Literal

from torch import nn

from .base import Duel, Engine, Pass, Stats, charged, pay


class Autograd(Engine):
    """Exact; every other engine is tested against it."""

    name: Literal["autograd"] = "autograd"

    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        return _Pass()


class _Pass(Pass):
    def discriminator(self, duel: Duel) -> Stats:
        sloped = bool(duel.charges)  # regularisers differentiate by the samples
        real, fake = (samples.detach().requires_grad_(sloped) for samples in (duel.real, duel.fake))
        logits = duel.judge(real, duel.c), duel.judge(fake, duel.c)
        loss = duel.loss(*logits)
        total, stats = charged(duel.turn((real, fake), logits), duel, loss)
        pay(duel, loss + total if sloped else loss)
        return stats
