"""Terms that keep a discriminator well behaved. All act on samples of any number of axes."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..schedule import Number
from .chance import uniform, uniform_like
from .collective import deviation
from .turn import Logits, Term, Turn


class R1(Term):
    """Zero-centred gradient penalty on real samples, half the squared slope. Mescheder et al. (2018), equation 9."""

    name: Literal["r1"] = "r1"
    player = "discriminator"
    weight: Number = 10.0
    """Factor of the cost, gamma or lambda in the papers; may be a schedule over the run."""

    def cost(self, turn: Turn) -> Tensor:
        assert turn.real_logits is not None
        return turn.slope(turn.real_logits, turn.real) / 2


class R2(Term):
    """Zero-centred gradient penalty on fake samples, half the squared slope. Mescheder et al. (2018), equation 10."""

    name: Literal["r2"] = "r2"
    player = "discriminator"
    weight: Number = 10.0
    """Factor of the cost, gamma or lambda in the papers; may be a schedule over the run."""

    def cost(self, turn: Turn) -> Tensor:
        return turn.slope(turn.fake_logits, turn.fake) / 2


class GradientPenalty(Term):
    """One-centred penalty on points between real and fake, one draw a sample. Gulrajani et al. (2017), equation 3.

    Samples that are judged together are one point, as in Lin et al. (2018).
    """

    name: Literal["gradient-penalty"] = "gradient-penalty"
    player = "discriminator"
    weight: Number = 10.0
    """Factor of the cost, gamma or lambda in the papers; may be a schedule over the run."""
    centre: float = Field(default=1.0, ge=0)
    """The slope that costs nothing."""

    def cost(self, turn: Turn) -> Tensor:
        real, fake = turn.real.detach(), turn.fake.detach()
        points = _points(turn.fake_logits)
        share = uniform((points,) + (1,) * (real.ndim - 1), real.device).to(real.dtype)
        share = share.repeat_interleave(len(real) // points, 0)
        return _slope_cost(turn, torch.lerp(real, fake, share), self.centre)


class Dragan(Term):
    """One-centred penalty on real samples moved by noise. Kodali et al. (2017), equation 1."""

    name: Literal["dragan"] = "dragan"
    player = "discriminator"
    weight: Number = 10.0
    """Factor of the cost, gamma or lambda in the papers; may be a schedule over the run."""
    centre: float = Field(default=1.0, ge=0)
    """The slope that costs nothing."""
    reach: float = Field(default=0.5, gt=0)
    """Size of the noise, in standard deviations of the batch."""

    def cost(self, turn: Turn) -> Tensor:
        real = turn.real.detach()
        noise = uniform_like(real) * self.reach * deviation(real)
        return _slope_cost(turn, real + noise, self.centre)


def _slope_cost(turn: Turn, samples: Tensor, centre: float) -> Tensor:
    samples = turn.watch(samples)
    logits = turn.judge(samples, turn.c)
    squared = turn.slope(logits, samples).view(_points(logits), -1).sum(1)
    # The root has no derivative at zero, where a dead discriminator sits.
    return ((squared + 1e-12).sqrt() - centre).square()


def _points(logits: Logits) -> int:
    """How many samples were judged, packs counted as one."""
    return len(logits[0] if isinstance(logits, tuple) else logits)


REGULARISERS: dict[str, type[Term]] = {
    "r1": R1,
    "r2": R2,
    "gradient-penalty": GradientPenalty,
    "dragan": Dragan,
}
