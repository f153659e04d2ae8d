"""Dense networks, whose layers take less time than the calls around them: fewer calls."""

import torch
from torch import Tensor

from .base import Duel, Pass, Stats, charged, mixes, pay, tried


class Dense(Pass):
    """Real and fake are judged as one batch where no penalty is due and a logit depends on its own sample alone: half
    the calls, and one weight gradient instead of two that are added. Penalties are left to the reference."""

    def __init__(self, reference: Pass):
        self._reference = reference
        self._independent: bool | None = None

    def discriminator(self, duel: Duel) -> Stats:
        if duel.charges:
            return self._reference.discriminator(duel)
        if self._independent is None:
            self._independent = tried(duel, lambda: _independent(duel))
        if not self._independent:
            return self._reference.discriminator(duel)
        c = None if duel.c is None else torch.cat([duel.c, duel.c])
        # Seen apart: augmentations draw their numbers for real and for fake as two batches, here as everywhere.
        logits = duel.weigh(torch.cat([duel.see(duel.real.detach()), duel.see(duel.fake.detach())]), c)
        assert isinstance(logits, Tensor)
        real, fake = logits.chunk(2)
        loss = duel.loss(real, fake)
        _, stats = charged(duel.turn((duel.real, duel.fake), (real, fake)), duel, loss)
        pay(duel, loss)
        return stats


def _independent(duel: Duel) -> bool:
    samples = duel.real.detach().requires_grad_()
    logits = duel.exactly(samples, duel.c)
    if not isinstance(logits, Tensor):
        return False
    (reach,) = torch.autograd.grad(logits[0].sum(), samples)
    return not mixes(reach, logits)
