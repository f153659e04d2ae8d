"""Subject: a run with its data, loaded so that it can be judged."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch

from ..domains import Codec, Dataset
from ..launch import open_data
from ..model import Model
from ..settings import DataError
from ..training.checkpoint import VALUES, Checkpoints

Notify = Callable[[str], None]


class Subject(NamedTuple):
    """A trained generator and the data it was trained on."""

    folder: Path
    model: Model
    dataset: Dataset
    notes: tuple[str, ...] = ()

    @property
    def codec(self) -> Codec:
        return self.model.codec

    def record(self) -> dict[str, Any]:
        """What is stored about the run beside every number."""
        run = self.model.run
        return {
            "recipe": run.recipe,
            "data": run.data,
            "seed": run.seed,
            "samples": self.model.samples,
            "model_sha256": _digits(self.model),
            "fingerprint": self.dataset.fingerprint,
        }


def load(folder: str | Path, notify: Notify = lambda line: None) -> Subject:
    """The newest generator of a run directory, and its data read again.

    Raises CheckpointError when there is neither a model nor a whole checkpoint, DataError when the data is gone or is
    not what the run was trained on.
    """
    folder = Path(folder)
    with torch.random.fork_rng(devices=[]):  # a network is built with random weights before it gets its own
        model = Model.load(folder)
    values = _values(folder)
    dataset = open_data(model.run, notify)
    notes = []
    if values is None:
        notes.append("no checkpoint is kept here, so whether the data is still the same was not checked")
    elif values["fingerprint"] != dataset.fingerprint:
        raise DataError(
            f"the data at {model.run.data} is not what this run was trained on; put it back, or train on it anew"
        )
    planned = int(values["clock"]["plan"][-1][2]) if values else model.samples
    if model.samples < planned:
        notes.append(f"half-written run: {model.samples:,} of {planned:,} samples")
    return Subject(folder, model, dataset, tuple(notes))


def _values(folder: Path) -> dict[str, Any] | None:
    """What the newest checkpoint knows beside its tensors; None without one."""
    for path in reversed(Checkpoints(folder / "checkpoints").paths()):
        try:
            values: dict[str, Any] = json.loads((path / VALUES).read_bytes())
            return values if {"fingerprint", "clock"} <= values.keys() else None
        except (OSError, ValueError, AttributeError):
            continue
    return None


def _digits(model: Model) -> str:
    """The SHA-256 that the model's own file has."""
    state = {name: each.cpu().contiguous() for name, each in model.network.state_dict().items()}
    return hashlib.sha256(safetensors.torch.save(state)).hexdigest()
