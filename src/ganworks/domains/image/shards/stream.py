"""Records that are never all in memory: the training split of a data set of shards."""

from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from ...base import Fetched, Indices, Source
from .blocks import BlockOrder
from .decode import Job, Unpacked, room
from .workers import Workshop

CHOSEN_FROM = 8
"""Shards that a choice of some records is drawn from, at least."""


@dataclass(frozen=True, slots=True)
class Part:
    """One shard: where it lies, what it must be to be whole, and which of its rows are meant; None for all of them."""

    place: str
    records: int
    bytes: int
    sha256: str = ""
    rows: Indices | None = None

    @property
    def count(self) -> int:
        return self.records if self.rows is None else len(self.rows)

    def inside(self, indices: Indices) -> Indices:
        """Rows of the shard for numbers among those that are meant."""
        return indices if self.rows is None else self.rows[indices]

    def job(self, how: Job) -> Job:
        known = {"place": self.place, "records": self.records, "bytes": self.bytes, "sha256": self.sha256}
        return how.model_copy(update=known)


class Streamed(Source):
    """Records by number, shard after shard. Two blocks of whole shards are at hand: the one in use and the next."""

    def __init__(self, parts: list[Part], how: Job, workshop: Workshop, labelled: bool, block: int):
        self.parts, self.how, self.workshop, self.labelled, self.block = parts, how, workshop, labelled, block
        self.counts = np.array([part.count for part in parts], np.int64)
        self.first = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        self._held: dict[int, Future[Unpacked]] = {}

    def __len__(self) -> int:
        return int(self.first[-1])

    def order(self, seed: int) -> BlockOrder:
        return BlockOrder(self.counts, seed, self.block, self._expect)

    def some(self, count: int, seed: int) -> Indices:
        """From a few shards alone: what is drawn from all of them would read all of them."""
        rng = np.random.default_rng(seed)
        chosen, have = [], 0
        for shard in rng.permutation(len(self.parts)):
            chosen.append(np.arange(self.first[shard], self.first[shard + 1]))
            have += len(chosen[-1])
            if have >= count and len(chosen) >= CHOSEN_FROM:
                break
        together = np.concatenate(chosen)
        return together[rng.permutation(len(together))[:count]]

    def spread(self, count: int) -> Indices:
        return self.some(count, 0)

    def prepare(self, indices: Indices) -> None:
        for shard in np.unique(self._shards(indices)):
            if (future := self._held.get(int(shard))) is not None:
                self._result(future)

    def fetch(self, indices: Indices) -> Fetched:
        """Raises DataError in one line when a shard cannot be had."""
        indices = np.asarray(indices, np.int64)
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(self):
            raise IndexError(f"records 0 to {len(self) - 1}, asked for {indices.min()} to {indices.max()}")
        shards = self._shards(indices)
        x = room(self.how, len(indices))
        labels = np.full(len(indices), -1, np.int64)
        for shard in np.unique(shards):
            at = np.flatnonzero(shards == shard)
            part = self.parts[shard]
            rows = part.inside(indices[at] - self.first[shard])
            if (future := self._held.get(int(shard))) is not None:
                whole = self._result(future)
                x[at], labels[at] = whole.x[rows], whole.labels[rows]
            else:
                distinct, back = np.unique(rows, return_inverse=True)
                few = self.workshop.some(part.job(self.how), distinct)
                x[at], labels[at] = few.x[back], few.labels[back]
        return Fetched(x, labels if self.labelled else None)

    def _shards(self, indices: Indices) -> Indices:
        return np.searchsorted(self.first, indices, "right").astype(np.int64) - 1

    def _result(self, future: "Future[Unpacked]") -> Unpacked:
        try:
            return self.workshop.wait(future)
        except BaseException:
            self._held.clear()  # asked again, all are tried again
            raise

    def _expect(self, now: Indices, soon: Indices) -> None:
        """Have these shards at hand, the first ones first, and no others."""
        wanted = [int(shard) for shard in (*now, *soon)]
        if wanted == list(self._held):
            return
        for shard in self._held.keys() - set(wanted):
            self._held.pop(shard).cancel()
        self._held = {
            shard: self._held.get(shard) or self.workshop.begin(self.parts[shard].job(self.how)) for shard in wanted
        }
