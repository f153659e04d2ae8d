"""A number as a function of how far the run has come.

Progress is samples seen over samples planned, from 0 to 1, so a schedule changes neither with the batch size
nor when a budget in minutes turns out to be worth more or fewer samples than guessed.
"""

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import Field

from .settings import Chosen, Settings


class Schedule(Settings, ABC):
    """A value for every point of the run."""

    @abstractmethod
    def at(self, progress: float) -> float:
        """The value at `progress`, 0 to 1."""


class Cosine(Schedule):
    """From start to end along half a cosine between two points of the run, constant outside. Huang et al. (2024)."""

    name: Literal["cosine"] = "cosine"
    start: float
    """Value until `begin`."""
    end: float
    """Value from `until` on."""
    begin: float = Field(default=0.0, ge=0, le=1)
    """Share of the run after which the value begins to move."""
    until: float = Field(default=1.0, gt=0, le=1)
    """Share of the run after which it stays at `end`."""

    def at(self, progress: float) -> float:
        share = _share(progress, self.begin, self.until)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * share)) / 2


class Linear(Schedule):
    """From start to end along a line between two points of the run, constant outside."""

    name: Literal["linear"] = "linear"
    start: float
    """Value until `begin`."""
    end: float
    """Value from `until` on."""
    begin: float = Field(default=0.0, ge=0, le=1)
    """Share of the run after which the value begins to move."""
    until: float = Field(default=1.0, gt=0, le=1)
    """Share of the run after which it stays at `end`."""

    def at(self, progress: float) -> float:
        return self.start + (self.end - self.start) * _share(progress, self.begin, self.until)


class Geometric(Schedule):
    """From start to end by equal factors between two points of the run, constant outside: each decade takes as long."""

    name: Literal["geometric"] = "geometric"
    start: float = Field(gt=0)
    """Value until `begin`."""
    end: float = Field(gt=0)
    """Value from `until` on."""
    begin: float = Field(default=0.0, ge=0, le=1)
    """Share of the run after which the value begins to move."""
    until: float = Field(default=1.0, gt=0, le=1)
    """Share of the run after which it stays at `end`."""

    def at(self, progress: float) -> float:
        return self.start * math.pow(self.end / self.start, _share(progress, self.begin, self.until))


SCHEDULES: dict[str, type[Schedule]] = {"cosine": Cosine, "linear": Linear, "geometric": Geometric}

Number = float | Annotated[Schedule, Chosen(SCHEDULES, "schedule")]
"""A setting that may be constant or move over the run."""


def at(number: Number, progress: float) -> float:
    """The value of a setting at `progress` (0 to 1) of the run."""
    return number.at(progress) if isinstance(number, Schedule) else number


def scaled(number: Number, factor: float) -> Number:
    """The same course at `factor` times the height."""
    if not isinstance(number, Schedule):
        return number * factor
    return type(number).from_tree({**number.tree(), **{end: factor * getattr(number, end) for end in ("start", "end")}})


def _share(progress: float, begin: float, until: float) -> float:
    """How far progress lies between begin and until, clamped to 0..1; a step where they coincide."""
    if until <= begin:
        return float(progress >= until)
    return min(max((progress - begin) / (until - begin), 0.0), 1.0)
