"""Terms that ask the discriminator what else it sees: the class of a sample, the codes in its latent."""

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ..schedule import Number
from ..settings import ConfigError
from ..spec import Spec
from .turn import Logits, Term, Turn


class Recognition(Term):
    """Asks for the discriminator's guess, and what there was to guess."""

    notices: ClassVar[bool] = True
    numbers: float = Field(default=1.0, ge=0)
    """Weight of a number's squared error beside a category's cross-entropy."""

    def wrong(self, turn: Turn, logits: Logits, truth: Tensor | None) -> Tensor:
        """How wrong the guess of a pass was, (B,)."""
        guess = turn.noticed(logits).guess
        if guess is None or turn.guess is None or truth is None:
            raise ConfigError(f"the term {self.name} has nothing to recognise here; it needs classes, or coded latents")
        return surprise(turn.guess, guess, truth, self.numbers)


class Classes(Recognition):
    """The discriminator learns the conditions of real samples and of fake ones. Odena et al. (2017), equation 3."""

    name: Literal["classes"] = "classes"
    player = "discriminator"
    guesses = "condition"
    fake: float = 1.0
    """Weight of the fake half; 0 learns from real samples alone, which cannot be led astray by bad fakes."""

    def cost(self, turn: Turn) -> Tensor:
        assert turn.real_logits is not None
        cost = self.wrong(turn, turn.real_logits, turn.c)
        return cost + self.fake * self.wrong(turn, turn.fake_logits, turn.c) if self.fake else cost


class AsAsked(Recognition):
    """The generator draws what is recognised as the condition asked for. Odena et al. (2017)."""

    name: Literal["as-asked"] = "as-asked"
    player = "generator"
    guesses = "condition"

    def cost(self, turn: Turn) -> Tensor:
        return self.wrong(turn, turn.fake_logits, turn.c)


class Codes(Recognition):
    """The generator draws what gives its codes away: a bound of their mutual information. Chen et al. (2016), eq. 5."""

    name: Literal["codes"] = "codes"
    player = "generator"
    guesses = "codes"
    weight: Number = 1.0
    """Factor of the cost, lambda in the paper; may be a schedule over the run."""
    numbers: float = Field(default=0.1, ge=0)
    """Weight of a continuous code beside a category; as dear as one it takes the class along (appendix C.1)."""

    def cost(self, turn: Turn) -> Tensor:
        return self.wrong(turn, turn.fake_logits, _codes(turn))


class ReadCodes(Recognition):
    """The discriminator learns to read the codes of fake samples; the other half of `codes`."""

    name: Literal["read-codes"] = "read-codes"
    player = "discriminator"
    guesses = "codes"
    numbers: float = Field(default=0.1, ge=0)
    """Weight of a continuous code beside a category."""

    def cost(self, turn: Turn) -> Tensor:
        return self.wrong(turn, turn.fake_logits, _codes(turn))


def surprise(spec: Spec, guess: Tensor, truth: Tensor, numbers: float = 1.0) -> Tensor:
    """Negative log-likelihood of the truth (B, R) under a guess (B, R), summed over spans, (B,).

    A softmax span is a category, cross-entropy; any other number a normal of deviation 1, weighed by `numbers`.
    """
    total = guess.new_zeros(len(guess))
    widths = [span.channels for span in spec.spans]
    for span, mine, right in zip(spec.spans, torch.split(guess, widths, 1), torch.split(truth, widths, 1), strict=True):
        if span.kind == "softmax":
            total = total - (right * functional.log_softmax(mine, 1)).sum(1)
        else:
            total = total + numbers * (mine - right).square().sum(1) / 2
    return total


def _codes(turn: Turn) -> Tensor | None:
    return None if turn.guess is None else turn.z[:, -turn.guess.channels :]


RECOGNITION: dict[str, type[Term]] = {
    "classes": Classes, "as-asked": AsAsked, "codes": Codes, "read-codes": ReadCodes,
}  # fmt: skip
