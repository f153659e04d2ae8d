"""Arrays of clips (.npz, .npy), with labels and the truth of made-up motion beside them where the file has it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Raw
from .windows import Clip

CLIPS, LABELS, BOX = "clips", "labels", "box"
"""Names in an .npz file."""


class Held(NamedTuple):
    clips: list[Clip]
    classes: tuple[str, ...]
    box: int | None
    """Side of the box that bounces, where the file says that its clips show one."""


def read_arrays(path: Path, most: int) -> Held:
    """Clips (N, T, H, W) or (N, T, H, W, C) of bytes, or of numbers from 0 to 1. Raises DataError."""
    try:
        if path.suffix.lower() == ".npy":
            parts = {CLIPS: np.load(path, mmap_mode="r", allow_pickle=False)}
        else:
            with np.load(path, allow_pickle=False) as file:
                parts = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, SyntaxError) as error:
        raise DataError(f"{path.name}: cannot be read as an array ({str(error).splitlines()[0]})") from None
    except Exception as error:  # a damaged archive raises whatever its packing does
        raise DataError(f"{path.name}: cannot be read as an array ({type(error).__name__})") from None
    wanted = parts.get(CLIPS)
    if wanted is None:
        many = [each for each in parts.values() if each.ndim in (4, 5)]
        if len(many) != 1:
            raise DataError(f"{path.name}: wanted an array 'clips' (N, T, H, W) or (N, T, H, W, C), got {list(parts)}")
        wanted = many[0]
    clips = _bytes(wanted, path.name, most)
    labels = parts.get(LABELS)
    if labels is not None and (labels.shape != (len(clips),) or labels.dtype.kind not in "iu" or labels.min() < 0):
        raise DataError(
            f"{path.name}: wanted {len(clips)} labels that are whole numbers from 0, got {labels.dtype} {labels.shape}"
        )
    numbers = np.zeros(len(clips), np.int64) if labels is None else labels.astype(np.int64)
    classes = () if labels is None else tuple(map(str, range(int(numbers.max()) + 1)))
    box = parts.get(BOX)
    held = [Clip(f"{path.name} {i}", each, int(numbers[i])) for i, each in enumerate(clips)]
    return Held(held, classes, None if box is None or box.size != 1 else int(box))


def _bytes(clips: Raw, name: str, most: int) -> Raw:
    """(N, T, H, W, C) uint8."""
    if clips.ndim == 4:
        clips = clips[..., None]
    if clips.ndim != 5 or 0 in clips.shape or clips.shape[-1] not in (1, 3):
        raise DataError(f"{name}: wanted clips (N, T, H, W) or (N, T, H, W, C) with C 1 or 3, got {clips.shape}")
    if clips.size > most:
        raise DataError(
            f"{name}: {clips.size / 1e9:.1f} GB of frames, memory is meant for {most / 1e9:g}; raise domain.most_bytes"
        )
    if clips.dtype == np.uint8:
        return np.asarray(clips)
    if clips.dtype.kind != "f":
        raise DataError(f"{name}: wanted bytes, or numbers from 0 to 1, got {clips.dtype}")
    low, high = float(clips.min()), float(clips.max())
    if not (np.isfinite([low, high]).all() and low >= 0 and high <= 1):
        raise DataError(f"{name}: wanted numbers from 0 to 1, got {low:.3g} to {high:.3g}")
    whole: Raw = np.rint(clips * 255).astype(np.uint8)
    return whole
