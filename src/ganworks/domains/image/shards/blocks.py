"""The shuffled order of records that are never all in memory: blocks of shards, and records mixed within a block."""

from collections.abc import Callable

import numpy as np

from ...base import Indices


class BlockOrder:
    """Every record once. Shards are permuted, neighbours form a block, and the records of a block are permuted.

    A pure function of the shards' records and the seed, so any place is found again by reading its block alone.
    `expect` is told which shards a slice needs now, and which come next.
    """

    def __init__(self, counts: Indices, seed: int, block: int, expect: Callable[[Indices, Indices], None]):
        self.counts, self.seed, self.expect = counts, seed, expect
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.shards = np.random.default_rng([seed, 0]).permutation(len(counts))
        behind = np.cumsum(counts[self.shards])
        cuts, full = [0], 0
        while cuts[-1] < len(counts):
            cut = min(int(np.searchsorted(behind, full + block)) + 1, len(counts))
            if behind[-1] - behind[cut - 1] < block // 2:  # no thin block at the end
                cut = len(counts)
            cuts.append(cut)
            full = int(behind[cut - 1])
        self.cuts = cuts
        self.places = np.array([0, *(int(behind[cut - 1]) for cut in cuts[1:])], np.int64)
        """Place at which each block begins, and the end."""
        self._mixed: dict[int, Indices] = {}

    def __getitem__(self, places: slice) -> Indices:
        start, stop, _ = places.indices(int(self.places[-1]))
        if start >= stop:
            return np.empty(0, np.int64)
        begin = int(np.searchsorted(self.places, start, "right")) - 1
        end = int(np.searchsorted(self.places, stop - 1, "right"))
        self.expect(self.shards[self.cuts[begin] : self.cuts[end]], self._of_block(end))
        parts = [self._records(block) for block in range(begin, end)]
        self._mixed = dict(zip(range(begin, end), parts, strict=True))
        offset = int(self.places[begin])
        return np.concatenate(parts)[start - offset : stop - offset]

    def _of_block(self, block: int) -> Indices:
        return self.shards[self.cuts[block] : self.cuts[block + 1]] if block + 1 < len(self.cuts) else self.shards[:0]

    def _records(self, block: int) -> Indices:
        if (known := self._mixed.get(block)) is not None:
            return known
        shards = self._of_block(block)
        inside = np.concatenate([np.arange(self.first[each], self.first[each + 1]) for each in shards])
        return inside[np.random.default_rng([self.seed, 1 + block]).permutation(len(inside))]
