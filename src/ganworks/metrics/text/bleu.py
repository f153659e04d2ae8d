"""BLEU of lines against all references, and of each line against all the others: exact, and in seconds.

Papineni et al. (2002) with uniform weights and 0.1 for a precision of nothing (method 1 of Chen and Cherry, 2014); the
mean over lines, as Yu et al. (2017) report it. A line is clipped by the largest count that any reference has of an
n-gram, so the largest and the second largest, for the line that has the largest itself, are all there is to keep.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from ...settings import DataError

ORDERS = (2, 3, 4, 5)
"""The BLEU that are reported: up to so many tokens together."""
NOTHING = 0.1
"""What stands for no match at all."""
Line = Sequence[Hashable]
Gram = tuple[Hashable, ...]


class _Most(NamedTuple):
    """How often an n-gram stands in the line that has it most, which line that is, and in the next."""

    largest: int
    owner: int
    second: int


def bleu(lines: Sequence[Line], references: "Sequence[Line] | References") -> dict[int, float]:
    """Mean BLEU of each order, of tokenised lines against all references. 1 is best for one line, not for a set:
    what real lines score against held-out ones is all that can be asked for.

    Raises DataError without lines or references.
    """
    if not lines or not len(references):
        raise DataError(f"wanted lines and references, got {len(lines)} and {len(references)}")
    table = references if isinstance(references, References) else References(references)
    return _mean([table.score(line) for line in lines])


def self_bleu(lines: Sequence[Line]) -> dict[int, float]:
    """Mean BLEU of each line against all the others: how alike they are. Lower is more diverse. Zhu et al. (2018).

    Raises DataError with fewer than two lines.
    """
    if len(lines) < 2:
        raise DataError(f"lines are compared with each other: wanted 2 at least, got {len(lines)}")
    table = References(lines)
    return _mean([table.score(line, number) for number, line in enumerate(lines)])


class References:
    """What references have, by n-gram; made once where many sets are held against them."""

    def __init__(self, references: Sequence[Line]):
        self.most: dict[Gram, _Most] = {}
        self.sizes = Counter(len(line) for line in references)
        self.ordered = sorted(self.sizes)
        for number, line in enumerate(references):
            for order in range(1, max(ORDERS) + 1):
                for gram, count in Counter(grams(line, order)).items():
                    self._add(gram, count, number)

    def __len__(self) -> int:
        return sum(self.sizes.values())

    def _add(self, gram: Gram, count: int, number: int) -> None:
        best = self.most.get(gram)
        if best is None:
            self.most[gram] = _Most(count, number, 0)
        elif count > best.largest:
            self.most[gram] = _Most(count, number, best.largest)
        elif count > best.second:
            self.most[gram] = best._replace(second=count)

    def score(self, line: Line, own: int | None = None) -> dict[int, float]:
        """BLEU of one line, which is the reference `own` itself where it is one."""
        if not line:
            return dict.fromkeys(ORDERS, 0.0)
        logs, found = [], dict.fromkeys(ORDERS, 0.0)
        short = self._brevity(len(line), own is not None)
        for order in range(1, max(ORDERS) + 1):
            counts = Counter(grams(line, order))
            matched = sum(min(count, self._clip(gram, own)) for gram, count in counts.items())
            if order == 1 and not matched:
                return found
            logs.append(math.log((matched or NOTHING) / max(1, sum(counts.values()))))
            if order in found:
                found[order] = short * math.exp(math.fsum(each / order for each in logs))
        return found

    def _clip(self, gram: Gram, own: int | None) -> int:
        best = self.most.get(gram)
        if best is None:
            return 0
        return best.second if best.owner == own else best.largest

    def _brevity(self, size: int, own: bool) -> float:
        """The penalty for a line shorter than the reference whose length is nearest."""
        ordered = self.ordered
        if own and self.sizes[size] == 1:
            ordered = [each for each in ordered if each != size]
        place = bisect_left(ordered, size)
        near = min(ordered[max(0, place - 1) : place + 1], key=lambda each: (abs(each - size), each))
        return 1.0 if size > near else math.exp(1 - near / size)


def grams(line: Line, order: int) -> Iterable[Gram]:
    """Its n-grams, in order."""
    return (tuple(line[i : i + order]) for i in range(len(line) - order + 1))


def _mean(found: Sequence[dict[int, float]]) -> dict[int, float]:
    return {order: math.fsum(each[order] for each in found) / len(found) for order in ORDERS}
