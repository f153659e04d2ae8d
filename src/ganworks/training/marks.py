"""Marks: when during a run something is due, by progress and by the clock on the wall."""

import time
from collections.abc import Iterable

# Besides the even ones, previews come early and close together, while the picture changes fastest.
EARLY = (0.0, 0.005, 0.01, 0.02, 0.035)
# Longest time between two checkpoints, whatever the progress.
CHECKPOINT_SECONDS = 300.0


class Marks:
    """Points of progress, each due once; those behind `begun` lie in the past of a resumed run."""

    def __init__(self, points: Iterable[float], begun: float, seconds: float = float("inf")):
        self._left = sorted({point for point in points if point > begun}, reverse=True)
        self._seconds, self._last = seconds, time.monotonic()

    def soon(self, progress: float) -> bool:
        """Whether a mark lies at or before `progress`; it stays due."""
        return bool(self._left) and self._left[-1] <= progress

    @property
    def overdue(self) -> bool:
        """Whether the longest wait is over."""
        return time.monotonic() - self._last >= self._seconds

    def due(self, progress: float, overdue: bool | None = None) -> bool:
        """Whether a mark was passed since the last time one was, or the longest wait is over; `overdue` says so where
        another clock decides."""
        passed = self.overdue if overdue is None else overdue
        while self._left and self._left[-1] <= progress:
            self._left.pop()
            passed = True
        if passed:
            self._last = time.monotonic()
        return passed


def evenly(count: int) -> list[float]:
    """`count` marks, the last of them at the end."""
    return [(i + 1) / count for i in range(count)]
