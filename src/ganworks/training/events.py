"""A run's journal as TensorBoard events, for whoever watches runs there."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..settings import CheckpointError, ConfigError
from . import journal
from .journal import Entry

PLACES = {"step": "", "judged": "judged/"}


def convert(folder: Path) -> Path:
    """Write `tensorboard/` in a run directory anew from its journal and previews. Returns that folder.

    Raises ConfigError when tensorboardX is not installed, CheckpointError when there is no journal.
    """
    try:
        from tensorboardX import SummaryWriter  # noqa: PLC0415  optional
    except ImportError:
        raise ConfigError("TensorBoard events need tensorboardX: pip install 'ganworks[log]'") from None
    entries = journal.read(folder / "journal.jsonl")
    if not entries:
        raise CheckpointError(f"{folder}: wanted a run directory with a journal, there is none; train first")
    target = folder / "tensorboard"
    shutil.rmtree(target, ignore_errors=True)  # events cannot be taken back, and a resumed run has lived some twice
    with SummaryWriter(str(target)) as writer:
        for entry in entries:
            for name, value in scalars(entry).items():
                writer.add_scalar(name, value, entry["samples"], walltime=_seconds(entry))
        for path in sorted((folder / "samples").glob("*.png")):
            if path.stem.isdecimal():
                with Image.open(path) as picture:
                    writer.add_image("samples", np.asarray(picture.convert("RGB")), int(path.stem), dataformats="HWC")
    return target


def scalars(entry: Entry) -> dict[str, float]:
    """The finite numbers of an entry that is plotted, by name; none of another."""
    if entry["kind"] not in PLACES or not isinstance(entry.get("samples"), int):
        return {}
    nested: dict[str, Any] = entry["numbers"] if isinstance(entry.get("numbers"), dict) else {}
    values = {key: value for key, value in {**entry, **nested}.items() if key not in ("samples", "best_samples")}
    prefix = PLACES[entry["kind"]]
    return {prefix + key: float(value) for key, value in values.items() if type(value) in (int, float)}


def _seconds(entry: Entry) -> float | None:
    try:
        return datetime.fromisoformat(entry["time"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
