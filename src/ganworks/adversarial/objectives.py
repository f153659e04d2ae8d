"""What each player minimises, given logits (B, K): higher means more real."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor
from torch.nn.functional import relu, softplus

from ..settings import Settings


class Objective(Settings, ABC):
    """A pair of losses. Both return one value a logit; the game takes the mean."""

    paired: ClassVar[bool] = False
    """True when the generator's loss also reads the real logits."""

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss of the discriminator for real and fake logits of one shape."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        """Loss of the generator; real is None unless the objective is paired."""


class _Classifying(Objective):
    """The discriminator of 2014: a classifier of real against fake under cross-entropy."""

    smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    """How far the target of real samples lies below 1. Salimans et al. (2016), one-sided."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        loss = softplus(-real) + softplus(fake)
        # Cross-entropy against a target of 1 - s is linear in s: softplus(x) - softplus(-x) = x.
        return loss + self.smoothing * real if self.smoothing else loss


class Minimax(_Classifying):
    """The two-player game as first written; the generator's gradient vanishes where it loses.
    Goodfellow et al. (2014), equation 1."""

    name: Literal["minimax"] = "minimax"

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -softplus(fake)


class NonSaturating(_Classifying):
    """The generator maximises log D(G(z)) instead. Goodfellow et al. (2014), section 3."""

    name: Literal["non-saturating"] = "non-saturating"

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return softplus(-fake)


class LeastSquares(Objective):
    """Targets 1 for real, 0 for fake, under squared error. Mao et al. (2017), equation 9."""

    name: Literal["least-squares"] = "least-squares"
    smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    """How far the discriminator's target of real samples lies below 1."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return ((real - (1 - self.smoothing)).square() + fake.square()) / 2

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return (fake - 1).square() / 2


class Hinge(Objective):
    """Margins around zero. Lim & Ye (2017); Miyato et al. (2018), equations 16 and 17."""

    name: Literal["hinge"] = "hinge"
    margin: float = Field(default=1.0, gt=0)
    """Logit beyond which a sample no longer moves the discriminator."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return relu(self.margin - real) + relu(self.margin + fake)

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake


class Wasserstein(Objective):
    """Difference of means under a critic that must be kept Lipschitz: clip its weights or penalise its gradient.
    Arjovsky et al. (2017)."""

    name: Literal["wasserstein"] = "wasserstein"

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake - real

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake


class Relativistic(Objective):
    """Each fake is compared with the real sample of its place in the batch; only differences of logits count.
    Jolicoeur-Martineau (2019); with R1 and R2 on every step, Huang et al. (2024)."""

    name: Literal["relativistic"] = "relativistic"
    paired: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(fake - real)

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        assert real is not None, "the game gives a paired objective the real logits"
        return softplus(real - fake)


OBJECTIVES: dict[str, type[Objective]] = {
    "minimax": Minimax,
    "non-saturating": NonSaturating,
    "least-squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic": Relativistic,
}
