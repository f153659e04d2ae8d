"""Terms that ask the discriminator what else it sees: the class of a sample, the codes in its latent."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ..schedule import Number
from ..settings import Chosen, ConfigError
from ..spec import Spec
from .augment import AUGMENTATIONS, Augmentation, augment
from .turn import Logits, Term, Turn


class Recognition(Term):
    """Asks for the discriminator's guess, and what there was to guess."""

    notices: ClassVar[bool] = True
    numbers: float = Field(default=1.0, ge=0)
    """Weight of a number's squared error beside a category's cross-entropy."""

    def wrong(
        self, turn: Turn, logits: Logits, truth: Tensor | None, *, categories: float = 1.0, numbers: float | None = None
    ) -> Tensor:
        """How wrong the guess of a pass was, (B,), under weights of the two kinds."""
        guess = turn.noticed(logits).guess
        if guess is None or turn.guess is None or truth is None:
            raise ConfigError(f"the term {self.name} has nothing to recognise here; it needs classes, or coded latents")
        return surprise(turn.guess, guess, truth, self.numbers if numbers is None else numbers, categories)


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


class Reading(Recognition):
    """Reads the codes of fake samples: numbers off the samples as they are, categories off changed ones."""

    guesses = "codes"
    weight: Number = 1.0
    """Factor of the cost, lambda in the paper; may be a schedule over the run."""
    numbers: float = Field(default=0.1, ge=0)
    """Weight of a continuous code beside a category; as dear as one it takes the class along (appendix C.1)."""
    through: tuple[Annotated[Augmentation, Chosen(AUGMENTATIONS, "augmentation")], ...] = ()
    """Changes that leave a sample what it is. A category that has to be read through them cannot mean what they
    change, such as slant, and means what is left. Ojha et al. (2020), section 3.2; none is the paper of 2016."""

    def cost(self, turn: Turn) -> Tensor:
        if turn.guess is None:
            return self.wrong(turn, turn.fake_logits, None)
        codes = turn.z[:, -turn.guess.channels :]
        if not self.through:
            return self.wrong(turn, turn.fake_logits, codes)
        changed = turn.judge(augment(turn.fake, self.through, progress=0.0), turn.c)
        return self.wrong(turn, changed, codes, numbers=0) + self.wrong(turn, turn.fake_logits, codes, categories=0)


class Codes(Reading):
    """The generator draws what gives its codes away: a bound of their mutual information. Chen et al. (2016), eq. 5."""

    name: Literal["codes"] = "codes"
    player = "generator"


class ReadCodes(Reading):
    """The discriminator learns to read the codes of fake samples; the other half of `codes`."""

    name: Literal["read-codes"] = "read-codes"
    player = "discriminator"


def surprise(spec: Spec, guess: Tensor, truth: Tensor, numbers: float = 1.0, categories: float = 1.0) -> Tensor:
    """Negative log-likelihood of the truth (B, R) under a guess (B, R), summed over spans, (B,).

    A softmax span is a category, cross-entropy weighed by `categories`; any other number a normal of deviation 1,
    weighed by `numbers`.
    """
    total = guess.new_zeros(len(guess))
    widths = [span.channels for span in spec.spans]
    for span, mine, right in zip(spec.spans, torch.split(guess, widths, 1), torch.split(truth, widths, 1), strict=True):
        if span.kind == "softmax":
            total = total - categories * (right * functional.log_softmax(mine, 1)).sum(1)
        else:
            total = total + numbers * (mine - right).square().sum(1) / 2
    return total


RECOGNITION: dict[str, type[Term]] = {
    "classes": Classes, "as-asked": AsAsked, "codes": Codes, "read-codes": ReadCodes,
}  # fmt: skip
