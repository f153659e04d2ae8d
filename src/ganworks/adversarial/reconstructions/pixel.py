"""Pixel terms: how far what is drawn lies from what was wanted, number by number.

Where the condition ends in a mask of holes (1 in a hole, -1 elsewhere), a term may look at one side of it alone.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from ...schedule import Number
from ...settings import ConfigError
from ..turn import Term, Turn, per_sample

Where = Literal["all", "hole", "known"]


class L1(Term):
    """Mean absolute difference. Isola et al. (2017), equation 3, where its weight is 100."""

    name: Literal["l1"] = "l1"
    player = "generator"
    weight: Number = 100.0
    """Factor of the cost; may be a schedule over the run."""
    where: Where = "all"
    """All pixels, those in holes, or those outside."""

    def cost(self, turn: Turn) -> Tensor:
        return masked_mean((turn.fake - turn.real).abs(), turn.c, self.where)


class L2(Term):
    """Mean squared difference, half of what PSNR measures on a logarithmic scale."""

    name: Literal["l2"] = "l2"
    player = "generator"
    where: Where = "all"
    """All pixels, those in holes, or those outside."""

    def cost(self, turn: Turn) -> Tensor:
        return masked_mean((turn.fake - turn.real).square(), turn.c, self.where)


class Charbonnier(Term):
    """L1 with a rounded tip, where small errors are no longer as dear as large ones. Lai et al. (2017), equation 2.

    Counted from its lowest value, so that it is 0 where nothing is left to mend.
    """

    name: Literal["charbonnier"] = "charbonnier"
    player = "generator"
    where: Where = "all"
    """All pixels, those in holes, or those outside."""
    width: float = Field(default=1e-3, gt=0)
    """Difference below which the cost is closer to a square than to an absolute value; the range is -1..1."""

    def cost(self, turn: Turn) -> Tensor:
        squared = (turn.fake - turn.real).square() + self.width**2
        return masked_mean(squared.sqrt() - self.width, turn.c, self.where)


def sample_mean(x: Tensor) -> Tensor:
    """The mean of each sample's numbers, (B, ...) -> (B,), in whatever order they lie in memory."""
    return x.mean(list(range(1, x.ndim))) if x.ndim > 1 else x


def masked_mean(x: Tensor, c: Tensor | None, where: Where) -> Tensor:
    """The mean of each sample's numbers (B, C, H, W) -> (B,), of those pixels alone; 0 where there are none of them.

    The mask is the last channel of c, of the size of x. Raises ConfigError when there is none.
    """
    if where == "all":
        return sample_mean(x)
    if c is None or c.ndim != x.ndim or c.shape[2:] != x.shape[2:]:
        came = "no condition" if c is None else f"a condition of shape {tuple(c.shape[1:])}"
        raise ConfigError(
            f"where={where} wants a mask as large as samples of {tuple(x.shape[1:])}, got {came}; set where=all"
        )
    mask = (c[:, -1:] > 0) if where == "hole" else (c[:, -1:] <= 0)
    weight = mask.to(x.dtype)
    return per_sample(x * weight) / (x.shape[1] * per_sample(weight)).clamp(min=1)
