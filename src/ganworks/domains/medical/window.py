"""Which values of a scan are black and which are white: chosen once, kept with the model, inverted on output."""

import json
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError, Settings
from ..base import Raw

FACTS = "medical.json"
"""The file beside training pictures, and beside a model, that says what their grey values mean."""
_MOST = 1 << 22
"""Values that a percentile is taken of: of larger scans every so many-th."""


class Range(NamedTuple):
    """What is black and what is white in one scan, in its own unit."""

    low: float
    high: float

    def share(self, values: Raw) -> Raw:
        """Values in the scan's unit -> float32 from 0 at low to 1 at high, clipped."""
        return ((values.astype(np.float64) - self.low) / (self.high - self.low)).clip(0, 1).astype(np.float32)

    def values(self, share: Raw) -> Raw:
        """The inverse of `share`, float64."""
        return share.astype(np.float64) * (self.high - self.low) + self.low

    def holds(self, values: Raw) -> Raw:
        """True where a value lies within, so that nothing of it is lost to clipping."""
        return (values >= self.low) & (values <= self.high)


class Window(Settings):
    """How the values of a scan become grey values. Fixed bounds keep a unit; percentiles are taken anew for each scan.

    One picture's own minimum and maximum would make equal tissue differ between slices, so that is not offered.
    """

    bounds: tuple[float, float] | None = None
    """Black and white in the scan's unit, the same for every scan; unset: `percentiles`."""
    percentiles: tuple[float, float] = (0.5, 99.5)
    """Black and white as percentiles of each whole scan, for units that mean nothing by themselves, as in MRI."""
    unit: str = ""
    """Of the bounds: HU, or nothing."""
    stack: int = Field(default=1, ge=1, le=15)
    """Neighbouring slices that are the channels of one picture; odd, the middle one is the slice itself."""
    axis: int = Field(default=2, ge=0, le=2)
    """Which axis of a NIfTI volume counts its slices."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, pair in (("bounds", self.bounds), ("percentiles", self.percentiles)):
            if pair and not pair[0] < pair[1]:
                raise ValueError(f"{name} must be a lower and a higher number, got {list(pair)}")
        if self.percentiles[0] < 0 or self.percentiles[1] > 100:
            raise ValueError(f"percentiles must lie in 0 to 100, got {list(self.percentiles)}")
        if self.stack % 2 == 0:
            raise ValueError(f"stack must be odd, so that one slice is in the middle, got {self.stack}")
        return self

    @classmethod
    def beside(cls, place: str | Path) -> Self | None:
        """What `medical.json` in a folder, or beside a file, says; None without one. Raises DataError."""
        place = Path(place).expanduser()
        if not place.exists():  # a built-in set is a name, not a place
            return None
        path = (place if place.is_dir() else place.parent) / FACTS
        if not path.is_file():
            return None
        try:
            return cls.from_tree(json.loads(path.read_text(encoding="utf-8")), str(path))
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: wanted what `ganworks slices` wrote, {error}") from None

    @classmethod
    def parsed(cls, text: str, like: "Window | None" = None) -> "Window":
        """`-1000,1000`, or `percentiles`, or `percentiles:1,99`; the rest as in `like`. Raises ConfigError."""
        like = like or cls()
        kind, _, numbers = text.partition(":") if text.startswith("percentiles") else ("bounds", ":", text)
        try:
            low, high = (float(each) for each in numbers.split(",")) if numbers else like.percentiles
        except ValueError:
            raise ConfigError(
                f"a window is LOW,HIGH or percentiles or percentiles:LOW,HIGH, such as -1000,1000; got '{text}'"
            ) from None
        tree = {**like.tree(), kind: [low, high]}
        if kind == "percentiles":
            tree.pop("bounds", None)
        return cls.from_tree(tree, "window")

    def range(self, values: Raw) -> Range:
        """Black and white of one scan. Raises DataError when all its values are equal or one is not finite."""
        if self.bounds:
            return Range(*self.bounds)
        flat = values.reshape(-1)[:: max(1, values.size // _MOST)]
        low, high = (float(each) for each in np.percentile(flat, self.percentiles))
        if not np.isfinite((low, high)).all():
            raise DataError("holds values that are not finite; repair it, or give --window LOW,HIGH")
        if low >= high:
            raise DataError(f"has no contrast: percentiles {self.percentiles} are {low:g} and {high:g}")
        return Range(low, high)

    @property
    def words(self) -> str:
        if self.bounds:
            return f"a fixed window of {self.bounds[0]:g} to {self.bounds[1]:g} {self.unit}".rstrip()
        return f"the {self.percentiles[0]:g} to {self.percentiles[1]:g} percentiles of each scan"


def stacked(pictures: Raw, middle: int, count: int) -> Raw:
    """The slice `middle` of pictures (N, H, W) with its neighbours as channels (H, W, count); ends are repeated."""
    around = np.arange(middle - count // 2, middle + count // 2 + 1).clip(0, len(pictures) - 1)
    return np.moveaxis(pictures[around], 0, -1)
