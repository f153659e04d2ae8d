"""The default engine: exact, on kernels that skip what is zero and pay for the weights once."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from ..player import Player
from ..turn import Logits, per_sample
from .base import Duel, Engine, Judge, Pass, Stats, charged, mixes, pay, tried
from .dense import Dense
from .kernels import Convolution, Tape
from .mode import Kernels
from .reference import Autograd

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
ALIKE = 1e-3
"""Largest difference, in shares of the largest gradient, that float32's rounding explains."""


class Lean(Engine):
    """Exact. One forward pass for loss and penalty, a double backward pass without zeros, and, where a logit depends on
    its own sample alone, one weight gradient for both."""

    name: Literal["lean"] = "lean"

    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        if not any(isinstance(each, CONVOLUTIONS) for each in discriminator.modules()):
            return Dense(Autograd().start(generator, discriminator))
        return _Pass(generator, discriminator)


class _Pass(Pass):
    def __init__(self, generator: nn.Module, discriminator: nn.Module):
        self._draws, self._judges = gains(generator), gains(discriminator)
        self._separable: bool | None = None
        """Whether loss and penalty can share one pass, once that was tried out."""

    def drawing(self) -> AbstractContextManager[object]:
        return Kernels(Tape()) if self._draws else nullcontext()

    @contextmanager
    def judging(self) -> Iterator[None]:
        if not self._judges:
            yield
            return
        tape = Tape()
        tape.slopes = True  # for good: the generator's turn asks for nothing but the samples' gradients
        with Kernels(tape):
            yield

    def discriminator(self, duel: Duel) -> Stats:
        if not duel.charges:
            return self._plain(duel)
        if self._separable is None:
            self._separable = _separable(duel)
        sides = [_Side(samples, duel, duel.judge) for samples in (duel.real, duel.fake)]
        other = Tape()

        def slope(of: Logits, samples: Tensor) -> Tensor:
            for side in sides:
                if of is side.logits:
                    return side.slope()
            return _slope(of, samples, other)

        def judge(x: Tensor, c: Tensor | None) -> Logits:
            with Kernels(other):
                return duel.judge(x, c)

        turn = duel.turn((sides[0].samples, sides[1].samples), (sides[0].logits, sides[1].logits), slope, judge)
        if not self._separable:
            loss = duel.loss(sides[0].logits, sides[1].logits)
            total, stats = charged(turn, duel, loss)
            pay(duel, loss + total)
            return stats
        leaves = [each.leaf() for each in sides]
        loss = duel.loss(*leaves)
        total, stats = charged(turn, duel, loss)
        pulls = torch.autograd.grad(loss * duel.share, leaves)
        _collect(sides, pulls, total * duel.share, duel.discriminator)
        return stats

    def _plain(self, duel: Duel) -> Stats:
        """A turn without penalties is first order: there is nothing to share."""
        with Kernels(Tape()) if self._judges else nullcontext():
            logits = duel.judge(duel.real, duel.c), duel.judge(duel.fake.detach(), duel.c)
        loss = duel.loss(*logits)
        _, stats = charged(duel.turn((duel.real, duel.fake), logits), duel, loss)
        pay(duel, loss)
        return stats


class _Side:
    """The real or the fake half of a turn, on a tape of its own."""

    def __init__(self, samples: Tensor, duel: Duel, judge: Judge):
        self.tape, self.samples = Tape(), samples.detach().requires_grad_()
        with Kernels(self.tape):
            self.logits = judge(self.samples, duel.c)
        self._slope: Tensor | None = None

    @property
    def single(self) -> bool:
        return isinstance(self.logits, Tensor) and self.logits.ndim == 2 and self.logits.shape[1] == 1

    @property
    def sloped(self) -> bool:
        return self._slope is not None

    def leaf(self) -> Tensor:
        """The logits (B, 1) cut off from how they came to be, so that the loss can be differentiated by them alone."""
        assert isinstance(self.logits, Tensor)
        return self.logits.detach().requires_grad_()

    def slope(self) -> Tensor:
        if self._slope is None:
            self._slope = _slope(self.logits, self.samples, self.tape)
        return self._slope


def gains(network: nn.Module) -> bool:
    """Whether a network's first-order passes are faster on our kernels: thin convolutions and dropout on a CPU."""
    weight = next(network.parameters(), None)
    if weight is None or weight.device.type != "cpu":
        return False
    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d)]
    # Not by the weight's shape: to look at a spectrally normalised weight is to change its buffers.
    ends = [each.out_channels if each.transposed else each.in_channels for each in convolutions]
    thin = any(Convolution.of(each).thin(end, each.kernel_size) for each, end in zip(convolutions, ends, strict=True))
    return thin or any(isinstance(each, nn.Dropout) and each.p > 0 for each in network.modules())


def _slope(logits: Logits, samples: Tensor, tape: Tape) -> Tensor:
    total = samples.new_zeros(len(samples))
    with tape.asking_slopes():
        for each in logits if isinstance(logits, tuple) else (logits,):
            (gradient,) = torch.autograd.grad(each.sum(), samples, create_graph=True)
            total = total + per_sample(gradient.square())
    return total


def _collect(sides: list[_Side], pulls: tuple[Tensor, ...], penalty: Tensor, player: Player) -> None:
    """Gradients of pull * logit, summed, plus the penalty: in one pass where the penalty passes a side anyway."""
    weights = list(player.network.parameters())
    roots, starts = [penalty], [torch.ones_like(penalty)]
    for side, pull in zip(sides, pulls, strict=True):
        if side.sloped:
            side.tape.pull = pull.flatten()
        else:
            assert isinstance(side.logits, Tensor)
            roots.append(side.logits)
            starts.append(pull)
    torch.autograd.backward(roots, starts, inputs=weights)


def _separable(duel: Duel) -> bool:
    """Whether the shared pass gives the gradients of separate ones, tried on the turn's own samples.

    It does not where logits depend on each other's samples (batch norm, minibatch deviation), or a weight acts
    otherwise than through our kernels. The game's random numbers and the networks' buffers are left as they were.
    """
    found = [tried(duel, partial(_tried, duel, shared)) for shared in (False, True)]
    separate, together = found
    if separate is None or together is None:
        return False
    return all(_alike(a, b) for a, b in zip(separate, together, strict=True))


def _tried(duel: Duel, shared: bool) -> list[Tensor | None] | None:
    """Gradients of some sum of logits and of squared slopes, by one shared pass or as torch would.

    None where a logit depends on other samples than its own.
    """
    side = _Side(duel.real, duel, duel.exactly)
    if not side.single:
        return None
    assert isinstance(side.logits, Tensor)
    with side.tape.asking_slopes():
        (reach,) = torch.autograd.grad(side.logits[0].sum(), side.samples, retain_graph=True)
    if mixes(reach, side.logits):
        return None
    pull = torch.linspace(-1, 1, len(side.logits), device=duel.real.device)
    total = side.slope().mean()
    if shared:
        side.tape.pull = pull
    else:
        total = total + (side.logits.flatten() * pull).sum()
    weights = list(duel.discriminator.network.parameters())
    return list(torch.autograd.grad(total, weights, allow_unused=True))


def _alike(reference: Tensor | None, found: Tensor | None) -> bool:
    if reference is None or found is None:
        return reference is found
    return float((reference - found).abs().max()) <= ALIKE * float(reference.abs().max())
