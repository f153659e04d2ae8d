"""The private engine: a gradient a record, clipped; their sum under Gaussian noise. Abadi et al. (2016), algorithm 1.

What a discriminator's turn tells about the records is the noised sum alone. Fakes come from a generator that learnt
from such sums, in a number that has nothing to do with the batch, so their gradient is added as it is: that is
post-processing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.utils.parametrizations import _SpectralNorm

from ..turn import Logits
from .base import Duel, Engine, Pass, Stats, logit_means, pay
from .lean import Lean

Weights = dict[str, Tensor]
RecordLoss = Callable[[Logits], Tensor]
"""The loss of one real record, from its logits (1, K)."""


class PerRecord(Engine):
    """gradient = (sum of the drawn records' clipped gradients + sigma * clip * noise) / expected + that of the fakes.

    Built by a private run, never chosen by name. The objective must be a sum of a real and a fake part, and a logit
    must depend on its own record alone; `training.privacy` refuses what is not so.
    """

    name: Literal["private"] = "private"
    clip: float = Field(gt=0)
    """Longest gradient a record may have, over all weights together."""
    sigma: float = Field(ge=0)
    """Standard deviation of the noise, in units of clip."""
    expected: int = Field(ge=1)
    """Records drawn in a turn on average. To divide by the number that was drawn would tell it."""
    chunk: int = Field(default=32, ge=1)
    """Records whose gradients are in memory at once."""
    noise: Callable[[int], Tensor]
    """So many independent standard normal numbers, float64; never the same ones twice."""

    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        return _Pass(self, generator, discriminator)


class _Pass(Pass):
    def __init__(self, settings: PerRecord, generator: nn.Module, discriminator: nn.Module):
        self._settings = settings
        self._lean = Lean().start(generator, discriminator)

    def drawing(self) -> AbstractContextManager[object]:
        return self._lean.drawing()

    def judging(self) -> AbstractContextManager[object]:
        return self._lean.judging()

    def discriminator(self, duel: Duel) -> Stats:
        """What is returned is about fakes alone: losses and logits of real records are not for telling."""
        settings, network = self._settings, duel.discriminator.network
        fake_logits = duel.exactly(duel.fake, duel.c)
        loss = duel.loss(_zeros(fake_logits), fake_logits)
        pay(duel, loss)
        with torch.no_grad():
            seen = duel.see(duel.real)
        found = clipped_sum(network, real_part(duel.loss), seen, settings.clip, settings.chunk)
        named = list(network.named_parameters())
        noise = torch.split(settings.noise(sum(weight.numel() for _, weight in named)), [w.numel() for _, w in named])
        for (name, weight), each in zip(named, noise, strict=True):
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            # Added in double precision: the lowest digits of a float32 sum would show through the noise.
            noised = found[name].double() + settings.sigma * settings.clip * each.to(weight.device).view_as(weight)
            weight.grad += (noised / settings.expected).to(weight.dtype)
        return {"discriminator/fakes": loss.detach()} | logit_means(None, fake_logits)


def real_part(loss: Callable[[Logits, Logits], Tensor]) -> RecordLoss:
    """What a real record costs, up to a constant; the fake's part stands still at logits of zero."""
    return lambda logits: loss(logits, _zeros(logits))


def gradients(network: nn.Module, loss: RecordLoss) -> Callable[[Weights, Tensor], Weights]:
    """A function of weights and records (N, ...) that gives each record's own gradient of each weight, (N, ...)."""

    def cost(weights: Weights, record: Tensor) -> Tensor:
        return loss(functional_call(network, weights, (record[None], None)))

    return vmap(grad(cost), in_dims=(None, 0), randomness="different")


def clipped_sum(network: nn.Module, loss: RecordLoss, real: Tensor, clip: float, chunk: int) -> Weights:
    """The sum over records (N, ...) of their gradients, each shortened to `clip` where it is longer; N may be 0.

    A record whose gradient is not finite counts nothing: otherwise that one record could be seen through any noise.
    """
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    each = gradients(network, loss)
    spectral = [module for module in network.modules() if isinstance(module, _SpectralNorm) and module.training]
    for module in spectral:  # its power iteration was the fakes' pass; another for each record has no meaning
        module.eval()
    try:
        for records in torch.split(real, chunk) if len(real) else ():
            found = each(weights, records)
            lengths = torch.stack([g.flatten(1).square().sum(1) for g in found.values()]).sum(0).sqrt()
            kept = lengths.isfinite()
            factors = torch.where(kept, (clip / (lengths + 1e-6)).clamp(max=1), 0)
            for name, g in found.items():
                flat = g.flatten(1) if bool(kept.all()) else torch.where(kept[:, None], g.flatten(1), 0)
                total[name] += (factors @ flat).view_as(total[name])
    finally:
        for module in spectral:
            module.train()
    return total


def _zeros(logits: Logits) -> Logits:
    return tuple(map(torch.zeros_like, logits)) if isinstance(logits, tuple) else torch.zeros_like(logits)
