"""What fitting a table learns: every column's place in a sample, its modes and categories, and how it is written."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from ...settings import ConfigError
from ...spec import Batch, Span, Spec
from ..base import Codec, Raw
from . import asking, decoding, frames, layout, panels, writing
from .by_sampling import Frequencies
from .constraints import repaired
from .layout import Layout, Learnt, Place
from .wheres import Clause, clauses


class Coded(Codec):
    """Records (B, columns) float64 <-> samples (B, C): of each column whether it is missing, a scalar, a choice.

    A condition is a row (B, C + S): what is asked of the columns, zero where nothing is, then which spans are asked.
    """

    preview_count: ClassVar[int] = 2000
    columns: tuple[Learnt, ...]
    """All that is written, in the file's order; those that are not learnt have neither numbers nor categories."""
    conditional: bool = True
    ask: float = Field(default=0.5, ge=0, le=1)
    """Share of the training records of which something is asked."""
    sampling: Literal["rows", "log-frequency"] = "rows"
    """How training records were drawn; by frequency, each is asked for by the column it was drawn for."""
    rows: int = 0
    """Training records."""
    missing: tuple[str, ...] = ()
    """Words for a missing value."""
    delimiter: str = ","
    header: bool = True
    suffix: Literal[".csv", ".tsv", ".parquet"] = ".csv"
    """Of the file that was learnt from."""
    constraints: tuple[str, ...] = ()
    """What every row keeps to, in words."""
    enforce: Literal["repair", "reject", "off"] = "repair"
    target: str = ""
    """The column that models are usually trained to tell; empty where none is named."""

    @cached_property
    def learnt(self) -> tuple[Learnt, ...]:
        """The columns that records have a number for, in the order of a record's numbers."""
        return tuple(column for column in self.columns if column.seen.learnt)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Channels of each of the learnt columns."""
        return layout.places(self.learnt)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the learnt columns."""
        return tuple(column.seen.name for column in self.learnt)

    @property
    def kinds(self) -> tuple[Literal["number", "category"], ...]:
        """Of the learnt columns, as a metric sees them."""
        return tuple("number" if column.numbers is not None else "category" for column in self.learnt)

    @cached_property
    def spec(self) -> Spec:
        spans = layout.spans(self.learnt)
        count = sum(span.channels for span in spans)
        condition = None
        if self.conditional:
            asked = count + len(spans)
            condition = Spec(shape=(asked,), spans=(Span(channels=asked, kind="linear"),))
        return Spec(shape=(count,), spans=spans, condition=condition)

    @cached_property
    def _layouts(self) -> dict[torch.device, Layout]:
        return {}

    @cached_property
    def _frequencies(self) -> Frequencies:
        return Frequencies(self)

    def layout(self, device: torch.device) -> Layout:
        """What encoding computes with, on this device."""
        if device not in self._layouts:
            self._layouts[device] = Layout.of(self.learnt, device)
        return self._layouts[device]

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        """x (B, columns), NaN where missing. With `fixed` nothing is asked of anything."""
        plan = self.layout(x.device)
        samples = plan.encode(x, fixed)
        if not self.conditional:
            return Batch(samples)
        if self.sampling == "log-frequency":
            return Batch(samples, asking.row(samples, self._frequencies.masks(x, fixed).to(samples.device), plan))
        if fixed:
            return Batch(samples, samples.new_zeros(len(samples), plan.channels + len(plan.spanned)))
        masks = asking.masks(len(samples), len(self.learnt), self.ask).to(samples.device)
        return Batch(samples, asking.row(samples, masks, plan))

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        """Nothing asked: rows as the data has them. Where rows were drawn by frequency, one category, as often as it
        is there."""
        if self.conditional and self.sampling == "log-frequency":
            return self._frequencies.conditions(count, generator)
        return torch.zeros(count, self.spec.condition.channels if self.spec.condition else 0)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Each word such as `sex=Female,age>60`, with quotes around a value that holds a comma; a range asks for its
        middle. Rows of one word that differ are drawn by `latent.where`."""
        if not self.conditional:
            raise ConfigError("this table was trained without conditions; train with --set domain.condition=columns")
        rows = [asking.asked(self, clauses(word, self), np.full(1, 0.5), 1) for word in words]
        return torch.cat(rows)

    def ask_for(self, given: Sequence[Clause], shares: npt.NDArray[np.float64], count: int) -> Tensor:
        """Conditions (count, R) that ask for these; `shares` (columns, count) in 0..1 draw within what is allowed."""
        return asking.asked(self, given, shares, count)

    def decode(self, x: Tensor) -> Raw:
        records = decoding.decoded(x, self.learnt)
        return repaired(records, self) if self.enforce == "repair" and self.constraints else records

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """One file, of the kind that was learnt from."""
        path = folder / f"rows-{first:06d}{self.suffix}"
        with writing.opened(path, self) as file:
            file.add(records, first)
        return [path]

    def frame(self, records: Raw) -> Any:
        """Records as a pandas data frame, each column of its own kind."""
        return frames.frame(self, records)

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        return panels.histograms(records, self.learnt)
