"""What a run costs besides its steps: memory, the way to the first step, and what it does to be watched and kept."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ..domains.base import Raw
from ..settings import TrainingError
from ..training.judge import EARLY as JUDGED_EARLY
from ..training.marks import CHECKPOINT_SECONDS, EARLY
from .tutorials import encoded


class Share(NamedTuple):
    """What something takes of a run."""

    name: str
    seconds: float
    """Of one of them."""
    times: float
    """In the run."""
    share: float
    """Of the run's minutes."""


class Start(NamedTuple):
    seconds: float
    """From starting the process to the end of the first step, on the wall."""
    memory: float
    """Most that the process, or its device, has needed after some steps, in GB."""


class Costs(NamedTuple):
    tutorial: Start
    ganworks: Start
    shares: list[Share]
    """Of a run of the minutes that were asked for; empty where they were not."""


def measure(name: str, pictures: Raw, settings: Sequence[str], minutes: float | None) -> Costs:
    """Start both loops in processes of their own, on the same pictures as files; with `minutes`, then time what a run
    of that length does besides steps. Raises TrainingError in one line when a process fails."""
    _, side, _, channels = pictures.shape
    with tempfile.TemporaryDirectory() as kept:
        place = Path(kept)
        files = place / "files"
        files.mkdir()
        for i, file in enumerate(encoded(pictures)):
            (files / f"{i:06d}.png").write_bytes(file)
        np.save(place / "pictures.npy", pictures)
        shape = {"name": name, "channels": channels, "side": side}
        theirs, _ = _child({"kind": "tutorial", "folder": str(files), **shape}, place)
        words = {"kind": "ours", "data": str(place / "pictures.npy"), "folder": str(place / "run"), **shape}
        mine, told = _child({**words, "settings": list(settings), "costs": minutes is not None}, place)
    return Costs(theirs, mine, shares(told["seconds"], told["counts"], minutes) if minutes is not None else [])


def shares(seconds: Mapping[str, float], counts: Mapping[str, float], minutes: float) -> list[Share]:
    """Of a run of so many minutes; looks are as many as steps fit into what is left of them.

    seconds: of one step, look, checkpoint, preview and, where there are any, judgement and evaluation.
    """
    total = 60 * minutes
    times = {"checkpoint": max(counts["checkpoints"], total / CHECKPOINT_SECONDS)}
    times |= {"preview": counts["previews"] + len(EARLY), "evaluation": 1}
    times = {name: many for name, many in times.items() if name in seconds}
    left = max(0.0, total - sum(seconds[name] * many for name, many in times.items()))
    each, judging = seconds["step"] + seconds["look"], seconds.get("judgement", 0.0)
    judged = counts["judgements"] + len(JUDGED_EARLY) + 1 if judging else 0.0
    steps = max(0.0, left - judged * judging) / each
    if steps < counts["apart"] * judged:  # a short run is judged less often
        steps = left / (each + judging / counts["apart"])
        judged = steps / counts["apart"]
    times |= {"judgement": judged} if judging else {}
    times = {"look": steps, **times}
    return [Share(name, seconds[name], many, seconds[name] * many / total) for name, many in times.items()]


def _child(words: dict[str, Any], place: Path) -> tuple[Start, dict[str, Any]]:
    """Raises TrainingError with the child's last line when it fails."""
    threads = str(torch.get_num_threads())
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "GANWORKS_CACHE": str(place / "cache")}
    begun = time.time()
    command = [sys.executable, "-m", "ganworks.bench.child", json.dumps(words)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]
        raise TrainingError(f"{words['name']}: the process that measures memory and start-up failed: {last}")
    told: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return Start(told["first_step"] - begun, told["memory"]), told
