"""Engine: how a discriminator's turn is judged and differentiated. The mathematics is the same, the time is not."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from torch import Tensor, nn

from ...settings import Settings
from .. import chance
from ..player import Player, backward
from ..turn import Beside, Logits, Term, Turn, squared_gradient

Result = TypeVar("Result")
Stats = dict[str, Tensor]
Judge = Callable[[Tensor, Tensor | None], Logits]
Loss = Callable[[Logits, Logits], Tensor]


@dataclass(frozen=True)
class Duel:
    """What a discriminator's turn is played with."""

    z: Tensor
    c: Tensor | None
    real: Tensor
    fake: Tensor
    generator: nn.Module
    discriminator: Player
    see: Callable[[Tensor], Tensor]
    """What the discriminator sees of samples: augmented, packed."""
    weigh: Judge
    """The logits of what is seen."""
    judge: Judge
    """Both: the logits of samples."""
    exactly: Judge
    """The same in the weights' own precision."""
    loss: Loss
    """Mean over the batch, from the logits of real and fake."""
    charges: Sequence[tuple[Term, float]]
    """The terms that are due, each with the factor of its mean cost."""
    share: float
    """Of the whole batch, where a turn is played in parts."""
    beside: Beside = field(default_factory=Beside)
    """What else terms may ask for."""

    def turn(
        self,
        samples: tuple[Tensor, Tensor],
        logits: tuple[Logits, Logits],
        slope: Callable[[Logits, Tensor], Tensor] = squared_gradient,
        judge: Judge | None = None,
        watch: Callable[[Tensor], Tensor] = Tensor.requires_grad_,
    ) -> Turn:
        judge = judge or self.judge
        beside = self.beside._asdict()
        return Turn(self.z, self.c, *samples, *logits, self.generator, judge, slope, watch, **beside)


class Pass(ABC):
    """An engine at work in one game."""

    @abstractmethod
    def discriminator(self, duel: Duel) -> Stats:
        """Judge, charge, and accumulate the gradients. Returns objective, costs and mean logits, detached."""

    def drawing(self) -> AbstractContextManager[object]:
        """The context in which the generator draws."""
        return nullcontext()

    def judging(self) -> AbstractContextManager[object]:
        """The context in which the discriminator judges for the generator: none of its weights gets a gradient."""
        return nullcontext()


class Engine(Settings, ABC):
    @abstractmethod
    def start(self, generator: nn.Module, discriminator: nn.Module) -> Pass:
        """Ready to play with these networks."""


def charged(turn: Turn, duel: Duel, loss: Tensor) -> tuple[Tensor, Stats]:
    """All costs but the objective's, added up; and each for the record."""
    stats = {"discriminator/objective": loss.detach()} | logit_means(turn.real_logits, turn.fake_logits)
    total = loss.new_zeros(())
    for term, factor in duel.charges:
        cost = term.cost(turn).mean()
        stats[distinct(f"discriminator/{term.name}", stats)] = cost.detach()
        total = total + factor * cost
    return total, stats


def distinct(name: str, stats: Stats) -> str:
    """The name, numbered where there is one like it already: a term may be charged twice with other settings."""
    number = 1 + sum(each == name or each.startswith(f"{name} ") for each in stats)
    return name if number == 1 else f"{name} {number}"


def logit_means(real: Logits | None, fake: Logits) -> Stats:
    """Mean logits; of the first discriminator when there are several."""
    pairs = {"logits/real": real, "logits/fake": fake}
    first = {name: value[0] if isinstance(value, tuple) else value for name, value in pairs.items()}
    return {name: value.detach().mean() for name, value in first.items() if value is not None}


def pay(duel: Duel, loss: Tensor) -> None:
    """Accumulate the gradients of a part's loss."""
    backward(loss if duel.share == 1 else loss * duel.share, duel.discriminator)


def tried(duel: Duel, attempt: Callable[[], Result]) -> Result:
    """What an attempt gives that leaves the game's random numbers and the discriminator's buffers as they were."""
    buffers = [(each, each.clone()) for each in duel.discriminator.network.buffers()]
    with chance.untouched(duel.real.device):
        result = attempt()
    for each, before in buffers:
        each.copy_(before)
    return result


def mixes(reach: Tensor, logits: Tensor) -> bool:
    """Whether the first logit's gradient by the samples reaches beyond its own, or its own pack."""
    return bool(reach[len(reach) // len(logits) :].any())
