"""The built-in `bouncing`: digits of a user's MNIST files, or characters of fonts, thrown between walls."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Indices, Raw
from ..image.classics import idx_files, idx_set
from ..image.glyphs import Glyphs
from .bouncing import bouncing
from .windows import Clip

BUILT_IN = "bouncing"
TEST = 10
"""One clip in so many is made of digits that no other clip is made of."""
DRAWN = 2000
"""Pictures of characters that clips are made of."""


class Made(NamedTuple):
    clips: list[Clip]
    box: int
    classes: tuple[str, ...]


def made(count: int, frames: int, size: int, folder: str | None, seed: int) -> Made:
    """So many clips, a tenth of them test data, of digits of their own. Raises DataError when the folder has none."""
    sets = _drawn(seed) if folder is None else _given(Path(folder).expanduser())
    found = []
    held_out = max(1, count // TEST)
    for official, (digits, labels), some in zip((0, 2), sets, (count - held_out, held_out), strict=True):
        thrown = bouncing(digits, labels, some, frames, size, seed=2 * seed + (official > 0))
        clips = zip(thrown.clips, thrown.labels.tolist(), strict=True)
        found += [Clip(f"{BUILT_IN} {i}", clip, label, official) for i, (clip, label) in enumerate(clips)]
    return Made(found, thrown.side, tuple("0123456789"))


def _given(folder: Path) -> list[tuple[Raw, Indices]]:
    """Training digits and test digits."""
    files = idx_files(folder) if folder.is_dir() else []
    if not files:
        raise DataError(f"{folder}: wanted a folder with MNIST's IDX files, such as train-images-idx3-ubyte.gz")
    parts = [(part.x, part.labels) for part in idx_set(files).parts]
    if any(labels is None for _, labels in parts):
        raise DataError(f"{folder}: the labels of the digits are missing; put train-labels-idx1-ubyte.gz beside them")
    whole = [(pictures, labels) for pictures, labels in parts if labels is not None]
    if len(whole) == 1:
        pictures, labels = whole[0]
        edge = len(pictures) - max(1, len(pictures) // TEST)
        return [(pictures[:edge], labels[:edge]), (pictures[edge:], labels[edge:])]
    return whole[:2]


def _drawn(seed: int) -> list[tuple[Raw, Indices]]:
    sets = []
    for part in range(2):
        found = Glyphs(28, 28, "0123456789", 2 * seed + part).fetch(np.arange(DRAWN if part == 0 else DRAWN // 4))
        assert found.labels is not None
        sets.append((found.x[..., 0], found.labels))
    return sets
