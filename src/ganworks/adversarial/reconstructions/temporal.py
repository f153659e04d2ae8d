"""Terms of time: what stays must stay, and motion is what carries one frame into the next.

For clips (B, C, T, H, W) and a generator that finds motion itself: `flows(c)` gives the flow from each frame but the
first to the one before, and `carry(x, flows)` the frames of x but the last, moved to where the next one has them.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from ...schedule import Number
from ...settings import ConfigError
from ..turn import Term, Turn
from .pixel import sample_mean


class Flow(Term):
    """How far clean frames, moved along the generator's flow, are from the next ones: mean absolute difference.

    It is what the generator's sense of motion learns from. Sajjadi et al. (2018), equation 6, on the clean frames
    instead of the inputs, so that noise is not followed.
    """

    name: Literal["flow"] = "flow"
    player = "generator"

    def cost(self, turn: Turn) -> Tensor:
        generator, c = _following(self.name, turn)
        moved: Tensor = generator.carry(turn.real, generator.flows(c))
        return sample_mean((moved - turn.real[:, :, 1:]).abs())


class Temporal(Term):
    """How far each output is from the one before, moved along the flow, where clean frames agree along it.

    Mean of M |y_t - warp(y_{t-1})| with M = exp(-sharpness |x_t - warp(x_{t-1})|^2), the square taken over colours in
    0..1: near 0 where something was hidden, or the flow is wrong. Lai et al. (2018), equations 5 and 6. Blur lowers it,
    too: pair it with a pixel term. The flow stands still meanwhile, or it would learn to please.
    """

    name: Literal["temporal"] = "temporal"
    player = "generator"
    weight: Number = 0.5
    """Factor of the cost; may be a schedule over the run."""
    sharpness: float = Field(default=50.0, ge=0)
    """How fast trust falls with the difference of clean frames; 0 trusts all."""

    def cost(self, turn: Turn) -> Tensor:
        generator, c = _following(self.name, turn)
        with torch.no_grad():
            flows = generator.flows(c)
            apart = (turn.real[:, :, 1:] - generator.carry(turn.real, flows)) / 2
            trust = torch.exp(-self.sharpness * apart.square().sum(1, keepdim=True))
        moved = generator.carry(turn.fake, flows)
        return sample_mean(trust * (turn.fake[:, :, 1:] - moved).abs())


def _following(name: str, turn: Turn) -> tuple[Any, Tensor]:
    """The generator and the input clips. Raises ConfigError where there is no motion to find."""
    if turn.real.ndim != 5 or turn.c is None or not hasattr(turn.generator, "flows"):
        raise ConfigError(
            f"{name} wants clips (channels, frames, height, width) and a generator that finds motion, got samples of "
            f"shape {tuple(turn.real.shape[1:])}; set domain=clips and generator=recurrent"
        )
    return turn.generator, turn.c
