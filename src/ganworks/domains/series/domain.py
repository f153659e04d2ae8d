"""Series: the domain. What the user may set, and how a file becomes three splits of windows."""

from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError
from ..base import Codec, Dataset, Domain, Notify, Stored
from .cells import Column
from .codec import Steps
from .fitting import fit
from .reading import Reading, Times, Wanted, read
from .windows import Cutting, autoregressive, cut, digest, sines

BUILT_IN = {"sines": sines, "ar1": autoregressive}


class Series(Domain):
    """.csv, .tsv and .parquet, a step or a series a line; .npz; the built-in `sines` and `ar1`."""

    name: Literal["series"] = "series"
    codec: ClassVar[type[Codec]] = Steps
    window: int = Field(default=24, ge=0, le=1_000_000)
    """Steps of a sample; 0 takes every series whole, whatever its length."""
    stride: int = Field(default=1, ge=1)
    """Steps from the beginning of a window to that of the next."""
    layout: Literal["long", "wide"] = "long"
    """A line a step, or a line a series."""
    time: str | None = None
    """Column of times; unset: one called date or time or so, or one that holds dates, or the order of lines."""
    entity: str | None = None
    """Column that says whose line it is, where a file holds several series."""
    columns: tuple[str, ...] = ()
    """Columns of values, in this order; unset: all that are nothing else."""
    attributes: tuple[str, ...] = ()
    """Columns that stay the same all along a series."""
    categories: tuple[str, ...] = ()
    """Columns whose numbers are names; words are categories without saying so."""
    times: Times = "strict"
    """Times out of order: refused, sorted, or sorted with lines of one time merged into their mean."""
    split: Literal["auto", "time", "entity", "none"] = "auto"
    """Held-out windows are later ones (auto, of a few long series), other series (auto, from ten on), or, for published
    protocols, some of those trained on."""
    gap: int | None = Field(default=None, ge=0)
    """Steps left out between splits by time; unset: a window."""
    scaling: Literal["minmax", "standard"] = "minmax"
    """To -1..1 by the training split's range, which samples then never leave; or to mean 0 and deviation 1."""
    per_series: bool = False
    """Each sample is scaled by its own range, and middle and half-range are learnt beside it (Lin et al., 2020): for
    series alike in shape and unlike in size."""
    condition: Literal["none", "past", "attributes"] = "none"
    """past: the first steps of a window are given, the rest is drawn, which makes forecasts; attributes: those are
    given."""
    past: int = Field(default=0, ge=0)
    """Steps given with condition=past; 0 for half the window."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.window == 0 and self.split == "time":
            raise ValueError("whole series are split by series: set domain.split=entity or domain.split=none")
        if self.condition == "past":
            if self.window < 2 or self.past >= self.window:
                raise ValueError(f"past must be below window, which is at least 2, got {self.past} of {self.window}")
            if self.per_series:
                raise ValueError("per_series knows the range of what is to be drawn; leave it out with condition=past")
        elif self.past:
            raise ValueError("past is for condition=past; set domain.condition=past")
        return self

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """An .npz with an array `series`; a .csv may be anything."""
        if path.suffix.lower() != ".npz" or not path.is_file():
            return False
        try:
            with np.load(path, allow_pickle=False) as held:
                return "series" in held.files
        except (OSError, ValueError):
            return False

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        if path in BUILT_IN:
            return self._built_in(path, 0)
        wanted = Wanted(self.layout, self.time, self.entity, self.columns, self.attributes, self.categories, self.times)
        return self._split(read(Path(path), wanted), path, strict)

    def fit(self, dataset: Dataset) -> Steps:
        return fit(self, dataset)

    @property
    def conditional(self) -> bool:
        return self.condition != "none"

    def toy(self, seed: int = 0) -> Dataset:
        return Series(window=12)._built_in("ar1", seed)

    def _built_in(self, name: str, seed: int) -> Dataset:
        if not self.window:
            raise ConfigError(f"{name} is drawn in windows; set domain.window=24")
        found = BUILT_IN[name](2000, self.window, seed)
        columns = tuple(Column(f"channel-{i}", np.empty(0)) for i in range(found.shape[2]))
        starts = np.arange(len(found) + 1) * self.window
        values = found.reshape(-1, found.shape[2])
        reading = Reading(values, starts, tuple(map(str, range(len(found)))), columns, 0)
        return self._split(reading, name, False)

    def _split(self, reading: Reading, place: str, strict: bool) -> Dataset:
        if self.condition == "attributes" and not reading.static:
            raise DataError(f"{place}: condition=attributes wants attributes; name their columns in domain.attributes")
        found = cut(reading, Cutting(self.window, self.stride, self.split, self.gap), place)
        if strict and found.skipped:
            raise DataError(f"{place}: {found.skipped[0].name}: {found.skipped[0].reason}")
        parts = found.train, found.validation, found.test
        steps = found.array.shape[2]
        what = (
            f"{len(found.train):,} windows of {steps}" if self.window else f"{len(found.train):,} series up to {steps}"
        )
        note = f"{what} steps x {len(reading.columns) - reading.static} channels to train on; {found.note}"
        words = repr((self.window, self.stride, [(each.name, each.categories) for each in reading.columns]))
        train, validation, test = (Stored(found.array, part) for part in parts)
        return Dataset(
            train, validation, test, digest(reading, parts, words), skipped=found.skipped,
            notes=(note, *reading.notes),
            facts={"columns": reading.columns, "static": reading.static},
        )  # fmt: skip
