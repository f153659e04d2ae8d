"""Who watches a run: nobody, or a person at a terminal."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from ..settings import printable


class Watch:
    """Told about a run while it goes on; this one keeps quiet."""

    def begin(self, samples: int, total: int) -> None:
        """Training starts or goes on at `samples` of `total`."""

    def step(self, samples: int, total: int, rate: float, stats: Mapping[str, float]) -> None:
        """Called every so often: samples seen, samples a second, and the latest numbers."""

    def judged(self, samples: int, distance: float, verdict: str) -> None:
        """Called at each judgement: the distance to held-out data, and how the run fares in a word."""

    def line(self, text: str) -> None:
        """Something worth a line."""

    def end(self) -> None:
        """Training is over, for whatever reason."""


class Terminal(Watch):
    """A progress bar with rate, time left, losses and logits; plain lines where there is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  only where somebody watches

        self.console = Console(stderr=True, highlight=False)
        self._bar: Any = None
        self._task: Any = None
        self._said = 0.0
        self._verdict = ""

    def begin(self, samples: int, total: int) -> None:
        if not self.console.is_terminal:
            return
        from rich import progress  # noqa: PLC0415

        columns = ("{task.completed:,.0f} of {task.total:,.0f} samples", progress.BarColumn(), "{task.fields[told]}")
        self._bar = progress.Progress(*columns, progress.TimeRemainingColumn(), console=self.console)
        self._bar.start()
        self._task = self._bar.add_task("", total=total, completed=samples, told="")

    def step(self, samples: int, total: int, rate: float, stats: Mapping[str, float]) -> None:
        told = "  ".join(each for each in (_summary(rate, stats), self._verdict) if each)
        if self._bar is not None:
            self._bar.update(self._task, completed=samples, total=total, told=told)
        elif time.monotonic() - self._said > 10:
            self._said = time.monotonic()
            left = (total - samples) / rate if rate else 0
            self.line(f"{samples:,} of {total:,} samples  {told}  {left / 60:.1f} min left")

    def judged(self, samples: int, distance: float, verdict: str) -> None:
        self._verdict = verdict if samples else ""

    def line(self, text: str) -> None:
        text = printable(text)
        if self._bar is not None:
            self.console.print(text, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _summary(rate: float, stats: Mapping[str, float]) -> str:
    short = {
        "generator/objective": "loss G",
        "discriminator/objective": "D",
        "logits/real": "logits real",
        "logits/fake": "fake",
    }
    numbers = "  ".join(f"{label} {stats[key]:.2f}" for key, label in short.items() if key in stats)
    return f"{rate:,.0f}/s  {numbers}"
