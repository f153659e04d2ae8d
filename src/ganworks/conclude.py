"""The end of a run: a short evaluation and the page about it, so that every run ends in a statement."""

from pathlib import Path

from .evaluation import evaluate
from .report import report
from .settings import CheckpointError, ConfigError, DataError
from .training.watch import Watch

COUNT, REPEATS = 1_000, 3
"""Samples in each set and regenerations behind each interval: seconds on one core. `ganworks evaluate` takes more."""


def conclude(folder: Path, watch: Watch) -> None:
    """Evaluate a finished run in short, tell what was found, and write its report.

    What cannot be evaluated, for instance too few held-out records, is told in a line and takes nothing from the run.
    """
    try:
        page = evaluate(folder, count=COUNT, repeats=REPEATS)
    except (ConfigError, DataError, CheckpointError) as error:
        watch.line(f"not evaluated: {error}")
    else:
        for finding in page["findings"]:
            watch.line(f"{finding['kind']} ({finding['level']}): {finding['line']}")
    try:
        watch.line(f"report: {report(folder, watch.line)}; more evidence with: ganworks evaluate {folder}")
    except CheckpointError as error:
        watch.line(f"no report was written: {error}")
