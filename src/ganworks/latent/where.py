"""Rows of a table that are as somebody asks: asked for by condition, drawn, and kept where they are so."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..domains.base import Raw
from ..domains.table import Coded
from ..domains.table.constraints import kept
from ..domains.table.wheres import Clause, clause, hold
from ..model import Model
from ..settings import ConfigError
from ..training import sampling
from ..training.feed import derive

AT_ONCE = 4096
"""Rows that are drawn together."""
LEAST, PATIENCE = 10_000, 100
"""Rows that are drawn for each one wanted, and at the least, before the rest is given up."""


class Found(NamedTuple):
    """Rows all of which hold, and what it took."""

    records: Raw
    drawn: int
    """Rows that were drawn for them."""
    short: int
    """Rows that are wanting still."""

    @property
    def line(self) -> str:
        """In words, exactly."""
        return told(len(self.records), len(self.records) + self.short, self.drawn)


def told(count: int, wanted: int, drawn: int) -> str:
    """What it took to find so many rows, in words."""
    return f"{count:,} of {wanted:,} rows hold; {drawn:,} drawn"


def draw(model: Model, count: int, seed: int = 0, wheres: Sequence[str] = (), most: int | None = None) -> Found:
    """So many rows of which all is true, each of `wheres` such as `sex=Female`, `age>60`, `town in (north, east)`.

    Constraints that are to be rejected hold too. At most `most` rows are drawn. The same seed gives the same rows.
    Raises ConfigError for words that mean nothing here.
    """
    search = Search(model, count, seed, wheres, most)
    found = list(search)
    width = len(search.codec.learnt)
    return Found(np.concatenate(found) if found else np.zeros((0, width)), search.drawn, search.short)


class Search(Iterator[Raw]):
    """The rows of `draw`, piece by piece, so that memory does not grow with the count.

    Equalities, and values from within a range, are what the generator is asked for; what it draws is judged by what
    is written. Without anything asked these are the rows of `Model.generate`.
    """

    def __init__(
        self,
        model: Model,
        count: int,
        seed: int = 0,
        wheres: Sequence[str] = (),
        most: int | None = None,
        engine: str = "exact",
    ):
        if count < 1 or seed < 0:
            raise ConfigError(f"count must be at least 1 and seed at least 0, got {count} and {seed}")
        self.model, self.codec, self.seed = model, codec_of(model), seed
        self.clauses: list[Clause] = [clause(each, self.codec) for each in wheres]
        self.rejects = bool(self.clauses) or (self.codec.enforce == "reject" and bool(self.codec.constraints))
        self.most = most if most is not None else max(PATIENCE * count, LEAST) if self.rejects else count
        self.drawn, self.short = 0, count
        self._sampler = model.sampler(engine, count)

    def __next__(self) -> Raw:
        while self.short and self.drawn < self.most:
            some = min(AT_ONCE, self.most - self.drawn, max(self.short, 64) if self.rejects else self.short)
            records = sampling.decoded(self.codec, self._sampler.parts(self._inputs(some)))
            self.drawn += some
            found = self._held(records)[: self.short]
            if len(found):
                self.short -= len(found)
                return found
        raise StopIteration

    def _held(self, records: Raw) -> Raw:
        if not self.rejects:
            return records
        fine = hold(records, self.clauses)
        if self.codec.enforce == "reject":
            fine &= kept(records, self.codec)
        return records[fine]

    def _inputs(self, count: int) -> Tensor:
        if not self.clauses:
            return self.model.inputs(count, self.seed, self.drawn)
        z = sampling.latents(self.model.run.latents, self.model.run.generator.latent, count, self.seed, self.drawn)
        if not self.codec.conditional:
            return z
        rng = np.random.default_rng(derive("where", self.seed, self.drawn))
        shares = rng.random((len(self.codec.learnt), count))
        return sampling.joined(z, self.codec.ask_for(self.clauses, shares, count))


def codec_of(model: Model) -> Coded:
    """The codec of a model of rows. Raises ConfigError for any other."""
    if not isinstance(model.codec, Coded):
        raise ConfigError(f"--where asks for rows of a table, this run draws {model.run.domain.name}; leave it out")
    return model.codec
