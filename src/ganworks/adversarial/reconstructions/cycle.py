"""Terms that ask a translation to be undone, or to leave alone what needs none. Zhu et al. (2017).

With both directions in one generator, samples and conditions are stacks on the channels: real is (B, A), c is (A, B),
and G(c) is (A made B, B made A).
"""

from typing import Literal

import torch
from torch import Tensor

from ...schedule import Number
from ...settings import ConfigError
from ..turn import Term, Turn
from .pixel import sample_mean


class Cycle(Term):
    """There and back again: mean absolute difference, the sum of both directions. Zhu et al. (2017), equation 2."""

    name: Literal["cycle"] = "cycle"
    player = "generator"
    weight: Number = 10.0
    """Factor of the cost; may be a schedule over the run."""

    def cost(self, turn: Turn) -> Tensor:
        _alike(self.name, turn)
        back = turn.generator(turn.z, swapped(turn.fake))
        return 2 * sample_mean((back - turn.real).abs())  # twice the mean of a stack is the sum of its halves' means


class Identity(Term):
    """What is a target already must stay as it is: mean absolute difference. Zhu et al. (2017), section 5.2.

    It keeps colours, which is what turning photographs into paintings needs.
    """

    name: Literal["identity"] = "identity"
    player = "generator"
    weight: Number = 5.0
    """Factor of the cost; may be a schedule over the run."""
    stacked: bool = False
    """Whether samples are stacks of both directions, whose costs are then added."""

    def cost(self, turn: Turn) -> Tensor:
        _alike(self.name, turn)
        same = turn.generator(turn.z, turn.real)
        cost = sample_mean((same - turn.real).abs())
        return 2 * cost if self.stacked else cost


def swapped(x: Tensor) -> Tensor:
    """A stack (B, 2 C, ...) with its halves exchanged."""
    first, second = x.chunk(2, dim=1)
    return torch.cat([second, first], dim=1)


def _alike(name: str, turn: Turn) -> None:
    wanted = tuple(turn.real.shape[1:])
    if turn.c is None or tuple(turn.c.shape[1:]) != wanted:
        came = "none" if turn.c is None else tuple(turn.c.shape[1:])
        raise ConfigError(f"{name} gives targets to the generator and wants inputs of their shape {wanted}, got {came}")
    if name == "cycle" and wanted[0] % 2:
        raise ConfigError(f"cycle wants samples that stack both directions on the channels, got {wanted[0]} channels")
