"""The end of a run: a short evaluation and the page about it, so that every run ends in a statement."""

import json
from pathlib import Path
from typing import Any

from .evaluation import evaluate
from .report import report
from .settings import CheckpointError, ConfigError, DataError, read_toml
from .training.run import Run
from .training.watch import Watch

COUNT, REPEATS = 1_000, 5
"""Samples in each set and regenerations behind each interval: seconds on one core. `ganworks evaluate` takes more."""


def conclude(folder: Path, watch: Watch) -> None:
    """Evaluate a finished run in short, tell what was found, and write its report.

    Evidence about the same model that is there already is kept: a longer evaluation is not replaced by a short one.
    What cannot be evaluated, for instance too few held-out records, is told in a line and takes nothing from the run.
    """
    try:
        page = _stored(folder) or evaluate(folder, count=_count(folder), repeats=REPEATS, learn=False)
    except (ConfigError, DataError, CheckpointError) as error:
        watch.line(f"not evaluated: {error}")
    else:
        for finding in page["findings"]:
            watch.line(f"{finding['kind']} ({finding['level']}): {finding['line']}")
    try:
        watch.line(f"report: {report(folder, watch.line)}; more evidence with: ganworks evaluate {folder}")
    except CheckpointError as error:
        watch.line(f"no report was written: {error}")


def _count(folder: Path) -> int | None:
    """Samples to judge by; where each is made from a picture, as many as an evaluation takes by itself."""
    path = folder / "run.toml"
    run = Run.from_tree(read_toml(path), str(path))
    return COUNT if run.domain.given == "nothing" else None


def _stored(folder: Path) -> dict[str, Any] | None:
    """The evaluation of this very model, if there is one."""
    try:
        page: dict[str, Any] = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
        model = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
        return page if page["run"]["model_sha256"] == model["sha256"] and page["findings"] else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
