"""Terms of generators that write: how likely they find what is real, and what they earn for what they wrote.

A generator that writes has `likelihood(x, c) -> (B,)`; one that can be paid for its draws has besides
`token_likelihood(numbers, c) -> (B, T)`, `completed(numbers, kept, z, c)` and `hot(numbers)`.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..settings import ConfigError
from ..spec import END
from .turn import Term, Turn

TINY = 1e-6


class Likelihood(Term):
    """How unlikely the generator finds real sequences, in nats a token: maximum likelihood."""

    name: Literal["likelihood"] = "likelihood"
    player: ClassVar[Literal["generator"]] = "generator"
    draws: ClassVar[bool] = False

    def cost(self, turn: Turn) -> Tensor:
        found: Tensor = -writer(turn.generator, self.name, "likelihood").likelihood(turn.real, turn.c)
        return found / lengths(turn.real.argmax(1)).mean()


class Scored(Term):
    """A reward for what was drawn, by the score function: what earned more than the rest becomes likelier.

    Williams (1992), REINFORCE; with `rollouts`, Yu et al. (2017): the line is broken off at a few places and completed
    anew, and what stands between two places earns by how much it raised the mean reward of the completions.
    """

    player: ClassVar[Literal["generator"]] = "generator"
    rollouts: int = Field(default=0, ge=0, le=64)
    """Completions from each place; 0 gives every token the reward of its whole line."""
    places: int = Field(default=3, ge=1, le=64)
    """Places at which lines are broken off."""
    even: bool = True
    """Whether rewards are divided by their deviation over the batch, so that their unit does not matter."""

    @abstractmethod
    def reward(self, turn: Turn, x: Tensor) -> Tensor:
        """What samples x (B, V, T) earn, (B,); more is better. Nothing is differentiated through it."""

    def cost(self, turn: Turn) -> Tensor:
        network = writer(turn.generator, self.name, "token_likelihood")
        numbers = turn.fake.detach().argmax(1)
        with torch.no_grad():
            earned = self._earned(turn, network, numbers)
        nats: Tensor = network.token_likelihood(numbers, turn.c)
        return -(earned * nats).sum(1) / lengths(numbers).mean()

    def _earned(self, turn: Turn, network: Any, numbers: Tensor) -> Tensor:
        """What each token is paid, (B, T): the reward less what could be expected before it stood there."""
        count, steps = numbers.shape
        whole = self.reward(turn, network.hot(numbers))
        usual = (whole.sum() - whole) / max(1, count - 1)  # of the others: a baseline must not hang on the line itself
        scale = whole.std().clamp_min(TINY) if self.even and count > 1 else whole.new_ones(())
        cuts = [steps * (i + 1) // (self.places + 1) for i in range(self.places)] if self.rollouts else []
        cuts = sorted({cut for cut in cuts if 0 < cut < steps})
        earned = whole.new_zeros(count, steps)
        before, start = usual, 0
        for cut in cuts:
            after = self._expected(turn, network, numbers, cut)
            earned[:, start:cut] = (after - before)[:, None]
            before, start = after, cut
        earned[:, start:] = (whole - before)[:, None]
        return earned / scale

    def _expected(self, turn: Turn, network: Any, numbers: Tensor, cut: int) -> Tensor:
        found = []
        for _ in range(self.rollouts):
            z = torch.randn_like(turn.z)
            found.append(self.reward(turn, network.hot(network.completed(numbers, cut, z, turn.c))))
        return torch.stack(found).mean(0)


class Score(Scored):
    """The discriminator's logit as the reward: the adversarial gradient where draws let none through."""

    name: Literal["score"] = "score"

    def reward(self, turn: Turn, x: Tensor) -> Tensor:
        logits = turn.judge(x, turn.c)
        each = logits if isinstance(logits, tuple) else (logits,)
        return torch.stack([one.flatten(1).mean(1) for one in each]).sum(0)


def writer(generator: nn.Module, term: str, method: str) -> Any:
    """The generator, when it has what a term asks of it. Raises ConfigError."""
    if not hasattr(generator, method):
        raise ConfigError(
            f"the term {term} wants a generator that writes token by token; set generator.name=autoregressive"
        )
    return generator


def lengths(numbers: Tensor) -> Tensor:
    """Tokens of each sequence of token numbers (B, T), its end among them, (B,)."""
    ends = (numbers == END).cumsum(1)
    return (ends - (numbers == END).long() == 0).sum(1).float()


LANGUAGE: dict[str, type[Term]] = {"likelihood": Likelihood, "score": Score}
