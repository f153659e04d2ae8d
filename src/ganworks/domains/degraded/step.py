"""What every degradation is: settings that spoil pictures, a batch at a time."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor

from ...settings import Settings
from .draws import Draws, ends


class Step(Settings, ABC):
    """One way of spoiling pictures. Settings that are a Range are drawn anew for each sample."""

    limits: ClassVar[dict[str, tuple[float, float]]] = {}
    """Within which numbers each Range must stay."""

    name: str

    @abstractmethod
    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        """x (B, C, H, W) in 0..1 -> the same spoilt, on x's device. What it makes may lie a little outside 0..1."""

    @property
    def shrinks(self) -> int:
        """Pixels of what goes in for one that comes out, on each axis."""
        return 1

    def channels(self, channels: int) -> int:
        """How many channels come out when so many go in."""
        return channels

    def kernel(self) -> Tensor | None:
        """The filter (k, k) that this step always applies; None when it is no filter, or each sample draws its own."""
        return None

    @model_validator(mode="after")
    def _ranges_within_limits(self) -> Self:
        for name, (least, most) in self.limits.items():
            low, high = ends(getattr(self, name))
            if not least <= low <= high <= most:
                got = low if low == high else [low, high]
                raise ValueError(f"{name} must be a number or a range [low, high] in {least:g} to {most:g}, got {got}")
        return self


class Change(Step):
    """A step that keeps the shape of what it spoils, so that each sample may do without it."""

    chance: float = Field(default=1.0, ge=0, le=1)
    """Share of the samples it is applied to, each at random."""

    @abstractmethod
    def change(self, x: Tensor, draws: Draws) -> Tensor:
        """x (B, C, H, W) in 0..1 -> as many, all of them spoilt."""

    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        if self.chance == 1:
            return self.change(x, draws)
        chosen = draws.at_hand().flags(self.chance).nonzero()[:, 0]
        if not len(chosen):
            return x
        rows = chosen.to(x.device)
        changed = self.change(x[rows], draws.among(len(chosen)))
        return x.index_copy(0, rows, changed)


class Untouched(Step):
    """Nothing: input and target are one picture, for tasks that know from elsewhere what an output should be."""

    name: Literal["none"] = "none"

    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        return x
