"""The functional engine: a discriminator's turn as one pure function, which a compiler can take whole."""

import logging
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vjp

from ...settings import ConfigError
from ..turn import Logits, Term, Turn, per_sample
from .base import Duel, Engine, Pass, Stats, logit_means

Weights = dict[str, Tensor]
Graph = Callable[..., tuple[Weights, Stats]]
log = logging.getLogger("ganworks")


class Func(Engine):
    """Exact: the turn and its penalties by nested `torch.func` transforms.

    torch.compile refuses a double backward pass through a compiled network, but takes this as one graph. On CPUs that
    was worth a fifth for dense networks and nothing for convolutions, after half a minute of compiling, so it is for
    long runs. Not for networks that change buffers as they judge (batch or spectral norm).
    """

    name: Literal["func"] = "func"
    compiled: bool = False
    """Compile the turn on its first step; where there is no compiler it is played as it is, which is said once."""

    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        """Raises ConfigError for a discriminator that changes buffers as it judges."""
        # Batch norm counts in `running_mean`, spectral norm keeps `_u` and `_v`.
        if any(name.endswith(("running_mean", "_u", "_v")) for name, _ in discriminator.named_buffers()):
            raise ConfigError(
                "engine func wants a discriminator without batch or spectral norm, got one with; use engine.name=lean"
            )
        return _Pass(self.compiled)


class _Pass(Pass):
    def __init__(self, compiled: bool):
        self._compiled = compiled
        self._graphs: dict[tuple[Term, ...], Graph] = {}

    def discriminator(self, duel: Duel) -> Stats:
        named = list(duel.discriminator.network.named_parameters())
        weights = {name: weight.detach() for name, weight in named}
        terms = tuple(term for term, _ in duel.charges)
        # Numbers that move over the run are tensors here: a compiler would take a plain number for a constant.
        factors = duel.real.new_tensor([factor for _, factor in duel.charges])
        share = duel.real.new_tensor(duel.share)
        if terms not in self._graphs:
            plain: Graph = grad(_cost(duel, terms), has_aux=True)
            self._graphs[terms] = _compiled(plain, duel.real.device) if self._compiled else plain
        inputs = (weights, duel.z, duel.c, duel.real.detach(), duel.fake.detach(), factors, share)
        gradients, stats = self._run(self._graphs[terms], duel, terms, inputs)
        for name, weight in named:
            weight.grad = gradients[name] if weight.grad is None else weight.grad + gradients[name]
        return stats

    def _run(self, graph: Graph, duel: Duel, terms: tuple[Term, ...], inputs: tuple[Any, ...]) -> tuple[Weights, Stats]:
        try:
            return graph(*inputs)
        except Exception as error:  # whatever the compiler dies of, the uncompiled function is the same
            if not self._compiled:
                raise
            log.warning("the turn is not compiled (%s); it is played as it is", str(error).strip().partition("\n")[0])
            self._compiled, self._graphs = False, {terms: grad(_cost(duel, terms), has_aux=True)}
            return self._graphs[terms](*inputs)


def _compiled(graph: Graph, device: torch.device) -> Graph:
    # On CUDA the compiler records CUDA graphs as well, which spare the launches of small kernels.
    return torch.compile(graph, dynamic=False, mode="reduce-overhead" if device.type == "cuda" else None)


class _Judging(nn.Module):
    """A game's judge as a module whose weights can be replaced."""

    def __init__(self, duel: Duel):
        super().__init__()
        self.network = duel.discriminator.network
        self._judge = duel.judge

    def forward(self, x: Tensor, c: Tensor | None) -> Logits:
        return self._judge(x, c)


def _cost(duel: Duel, terms: tuple[Term, ...]) -> Callable[..., tuple[Tensor, Stats]]:
    """The turn's cost as a function of the weights, with its record."""
    judging, loss_of, generator = _Judging(duel), duel.loss, duel.generator

    def cost(
        weights: Weights, z: Tensor, c: Tensor | None, real: Tensor, fake: Tensor, factors: Tensor, share: Tensor
    ) -> tuple[Tensor, Stats]:
        named = {f"network.{name}": weight for name, weight in weights.items()}
        pulls: list[tuple[Logits, Callable[..., tuple[Tensor]]]] = []

        def judge(x: Tensor, c: Tensor | None) -> Logits:
            found: tuple[Any, ...] = vjp(lambda x: functional_call(judging, named, (x, c)), x)
            pulls.append((found[0], found[1]))
            logits: Logits = found[0]
            return logits

        def slope(of: Logits, samples: Tensor) -> Tensor:
            pull = next(pull for logits, pull in pulls if logits is of)
            each = of if isinstance(of, tuple) else (of,)
            total = samples.new_zeros(len(samples))
            for i in range(len(each)):
                ones = tuple(torch.ones_like(one) if i == j else torch.zeros_like(one) for j, one in enumerate(each))
                (gradient,) = pull(ones if isinstance(of, tuple) else ones[0])
                total = total + per_sample(gradient.square())
            return total

        logits = judge(real, c), judge(fake, c)
        total = loss_of(*logits)
        stats = {"discriminator/objective": total.detach()} | logit_means(*logits)
        turn = Turn(z, c, real, fake, *logits, generator, judge, slope, _as_it_is)
        for term, factor in zip(terms, factors, strict=True):
            charge = term.cost(turn).mean()
            stats[f"discriminator/{term.name}"] = charge.detach()
            total = total + factor * charge
        return total * share, stats

    return cost


def _as_it_is(samples: Tensor) -> Tensor:
    return samples
