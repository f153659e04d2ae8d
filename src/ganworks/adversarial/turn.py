"""Turn: what happened in one turn of the game. Term: what may be charged for it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from ..schedule import Number
from ..search import Search
from ..settings import ConfigError, Settings
from ..spec import Spec

Logits = Tensor | tuple[Tensor, ...]
"""(B, K), or one such tensor a discriminator when there are several."""


def squared_gradient(logits: Logits, samples: Tensor) -> Tensor:
    """|d logits / d samples|^2 of each sample, (B,): the squared Euclidean norm over all its dimensions.

    With several discriminators, the sum of their squares. No square root is taken: a norm that is squared again
    has no second derivative at zero.
    """
    total = samples.new_zeros(len(samples))
    for each in logits if isinstance(logits, tuple) else (logits,):
        (gradient,) = torch.autograd.grad(each.sum(), samples, create_graph=True)
        total = total + per_sample(gradient.square())
    return total


def per_sample(x: Tensor) -> Tensor:
    """The sum of each sample's numbers, (B, ...) -> (B,), in whatever order they lie in memory."""
    return x.sum(list(range(1, x.ndim)))


class Noticed(NamedTuple):
    """What else a pass of the discriminator gave."""

    features: tuple[Tensor, ...]
    """Outputs of its rectifiers, in order; of several discriminators one after the other."""
    guess: Tensor | None
    """What it recognised, (B, numbers of the spec's guess), where it is asked to."""
    drawn_again: Callable[[], Tensor] | None = None
    """How far off it is, (B,), when it draws what it saw from what it made of it, where it can. Computed when asked."""


def _nothing_noticed(logits: Logits) -> Noticed:
    raise ConfigError("a term reads what the discriminator noticed, which this engine does not keep; set engine=lean")


def _no_extractor(name: str, x: Tensor) -> tuple[Tensor, ...]:
    raise ConfigError(f"a term wants the features of '{name}', which nobody brought")


class Beside(NamedTuple):
    """What a turn offers beside its tensors; `Turn` says what each is."""

    noticed: Callable[[Logits], Noticed] = _nothing_noticed
    extract: Callable[[str, Tensor], tuple[Tensor, ...]] = _no_extractor
    guess: Spec | None = None


@dataclass(frozen=True)
class Turn:
    """One player's move: every tensor a term may need, and nothing else.

    In the discriminator's turn `real` and `fake` require gradients, so that a penalty can differentiate
    the logits of the same forward pass that the loss reads.
    """

    z: Tensor
    c: Tensor | None
    real: Tensor
    fake: Tensor
    real_logits: Logits | None
    """None in the generator's turn unless the objective is paired."""
    fake_logits: Logits
    generator: nn.Module
    judge: Callable[[Tensor, Tensor | None], Logits]
    """The discriminator behind its augmentation and packing."""
    slope: Callable[[Logits, Tensor], Tensor] = squared_gradient
    """|d logits / d samples|^2 of each sample (B,), by the engine in use."""
    watch: Callable[[Tensor], Tensor] = Tensor.requires_grad_
    """Marks samples that are about to be judged for their slope."""
    noticed: Callable[[Logits], Noticed] = _nothing_noticed
    """What the pass that gave these logits noticed on its way."""
    extract: Callable[[str, Tensor], tuple[Tensor, ...]] = _no_extractor
    """Feature maps that a frozen network of this name has of pictures (B, C, H, W) in -1..1."""
    guess: Spec | None = None
    """What the discriminator has to recognise."""


class Term(Settings, ABC):
    """Something added to one player's loss: weight * every * cost, on every so many-th step."""

    name: str
    player: ClassVar[Literal["discriminator", "generator"]]
    notices: ClassVar[bool] = False
    """Whether it asks for what the discriminator noticed."""
    draws: ClassVar[bool] = True
    """Whether it looks at what the generator drew; where no term does and nobody judges, nothing is drawn."""
    guesses: ClassVar[Literal["condition", "codes"] | None] = None
    """What it wants the discriminator to recognise."""
    weight: Annotated[Number, Search(1 / 10, 10)] = 1.0
    """Factor of the cost; may be a schedule over the run."""
    every: int = Field(default=1, ge=1)
    """Charged on one step in so many, that many times as dear. Above 1 is cheaper and is known to hurt on small
    problems (Huang et al., 2024)."""

    @abstractmethod
    def cost(self, turn: Turn) -> Tensor:
        """One value a sample (or a packed group); the game takes the mean."""

    def due(self, step: int) -> bool:
        return step % self.every == 0


def mean_loss(loss: Callable[..., Tensor], *logits: Logits | None) -> Tensor:
    """Mean of loss over the logits, summed over discriminators when there are several."""
    first = logits[0]
    if not isinstance(first, tuple):
        return loss(*logits).mean()
    groups = zip(*((None,) * len(first) if each is None else each for each in logits), strict=True)
    total = first[0].new_zeros(())
    for group in groups:
        total = total + loss(*group).mean()
    return total
