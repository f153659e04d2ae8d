"""A table of n-grams: the model that needs no network, to draw from and to measure with."""

import bisect
import itertools
import math
import random
from collections.abc import Hashable, Sequence
from typing import NamedTuple, Self

from ...settings import DataError
from .bleu import Gram, Line

BEGIN, END = "\x02", "\x03"
"""Before a line and after it; no token is either."""


class _Next(NamedTuple):
    """What stood after some tokens: each with its count, and all counts together."""

    counts: dict[Hashable, int]
    total: int


class NGrams:
    """How often each token stands after up to `order` - 1 others."""

    def __init__(self, order: int, tables: dict[Gram, _Next], size: int):
        self.order, self.tables, self.size = order, tables, size

    @classmethod
    def of(cls, lines: Sequence[Line], order: int = 3, size: int | None = None) -> Self:
        """Count lines. `size` is how many tokens there may be; unset, those in the lines. Raises DataError."""
        if not lines:
            raise DataError("wanted lines to count n-grams of, got none")
        found: dict[Gram, dict[Hashable, int]] = {}
        for line in lines:
            whole = (*[BEGIN] * (order - 1), *line, END)
            for i in range(order - 1, len(whole)):
                for back in range(order):
                    counts = found.setdefault(whole[i - back : i], {})
                    counts[whole[i]] = counts.get(whole[i], 0) + 1
        tables = {key: _Next(counts, sum(counts.values())) for key, counts in found.items()}
        return cls(order, tables, size or len(tables[()].counts))

    def draw(self, count: int, seed: int, longest: int = 1000) -> list[list[Hashable]]:
        """Lines by the counts alone, cut after `longest` tokens."""
        rng, sums = random.Random(seed), dict[Gram, tuple[list[Hashable], list[int]]]()
        return [self._line(rng, sums, longest) for _ in range(count)]

    def _line(
        self, rng: random.Random, sums: dict[Gram, tuple[list[Hashable], list[int]]], longest: int
    ) -> list[Hashable]:  # fmt: skip
        line: list[Hashable] = []
        past: Gram = (BEGIN,) * (self.order - 1)
        while len(line) < longest:
            if past not in sums:
                counts = self.tables[past].counts
                sums[past] = list(counts), list(itertools.accumulate(counts.values()))
            tokens, upto = sums[past]
            token = tokens[bisect.bisect_right(upto, rng.randrange(upto[-1]))]
            if token == END:
                break
            line.append(token)
            past = (*past, token)[1:]
        return line

    def perplexity(self, lines: Sequence[Line]) -> float:
        """exp of the mean nats a token, ends included, under counts smoothed by Witten and Bell (1991).

        Lower is nearer. Raises DataError without lines.
        """
        nats = [-math.log(self.share(past, token)) for line in lines for past, token in self._steps(line)]
        if not nats:
            raise DataError("wanted lines to measure, got none")
        return math.exp(math.fsum(nats) / len(nats))

    def share(self, past: Gram, token: Hashable) -> float:
        """How probable a token is after others: counts, and what shorter pasts say as often as new tokens came."""
        lower = self.share(past[1:], token) if past else 1 / self.size
        found = self.tables.get(past)
        if found is None:
            return lower
        kinds = len(found.counts)
        return (found.counts.get(token, 0) + kinds * lower) / (found.total + kinds)

    def _steps(self, line: Line) -> list[tuple[Gram, Hashable]]:
        whole = (*[BEGIN] * (self.order - 1), *line, END)
        return [(whole[i - self.order + 1 : i], whole[i]) for i in range(self.order - 1, len(whole))]
