"""How much of what was written stands in the training lines."""

from collections.abc import Sequence
from typing import NamedTuple

from .bleu import Gram, Line, grams

ORDER = 4


class Copies(NamedTuple):
    """Shares of lines."""

    whole: float
    """That are a training line, token for token."""
    pieced: float
    """All of whose 4-grams stand in one training line; of shorter ones, that are a part of one."""


class Training:
    """Training lines, ready to look copies up in."""

    def __init__(self, lines: Sequence[Line]):
        self.known = {tuple(line) for line in lines}
        self.where: dict[Gram, set[int]] = {}
        for number, line in enumerate(lines):
            for order in range(1, ORDER + 1):
                for gram in grams(line, order):
                    self.where.setdefault(gram, set()).add(number)

    def copies(self, lines: Sequence[Line]) -> Copies:
        """How many of these lines are copied, as shares; nothing of no lines."""
        count = len(lines) or 1
        whole = sum(tuple(line) in self.known for line in lines)
        return Copies(whole / count, sum(map(self._pieced, lines)) / count)

    def _pieced(self, line: Line) -> bool:
        left: set[int] | None = None
        for gram in grams(line, min(ORDER, len(line)) or 1):
            found = self.where.get(gram)
            if not found:
                return False
            left = found if left is None else left & found
            if not left:
                return False
        return left is not None
