"""Pictures of clips for the report: still rows, and generated and real ones that play."""

from pathlib import Path

import numpy as np
from PIL import Image

from ...domains.video import Moving
from ..subject import Subject
from .sets import Sets, given

COLUMNS, ROWS = 6, 3


def pictures(subject: Subject, found: Sets) -> list[dict[str, str]]:
    """Writes them under the run's samples; none where that cannot be done."""
    codec = subject.codec
    assert isinstance(codec, Moving)
    count = COLUMNS * ROWS
    fake = given(subject, found.real[:count], 0) if codec.first is not None else found.fake[:count]
    told = "going on from held-out first frames" if codec.first is not None else "the first of seed 0"
    folder = Path(subject.folder) / "samples"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        codec.moving(fake, folder / "clips.webp", COLUMNS)
        codec.moving(found.real[:count], folder / "real-clips.webp", COLUMNS)
        rows = np.concatenate([fake[:8], found.real[: min(4, len(found.real))]])
        Image.fromarray(codec.preview(rows)).save(folder / "clips.png")
    except OSError:
        return []
    what = "Volumes, slice after slice" if codec.kind == "volumes" else "Clips"
    return [
        {"title": what, "file": "clips.webp", "caption": f"Generated, {told}."},
        {"title": "Real ones", "file": "real-clips.webp", "caption": "Held out from training."},
        {"title": "In rows", "file": "clips.png", "caption": "Eight generated ones, below them four real ones."},
    ]
