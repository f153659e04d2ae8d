"""Clips for people to look at: a row of frames each, and pictures that move."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as PILImage

from ..base import Raw
from ..image.sheet import sheet

SHOWN = 8
"""Frames of a clip in its row."""


def still(records: Raw, mode: str) -> npt.NDArray[np.uint8]:
    """Clips (N, T, H, W, C) -> (H', W', 3): a row each, of at most SHOWN frames from first to last."""
    count, frames, height, width, channels = records.shape
    chosen = np.unique(np.linspace(0, frames - 1, min(frames, SHOWN)).round().astype(int))
    flat = records[:, chosen].reshape(count * len(chosen), height, width, channels)
    return sheet(flat, mode, len(chosen))


def moving(records: Raw, mode: str, columns: int) -> list[npt.NDArray[np.uint8]]:
    """Clips (N, T, H, W, C) side by side, `columns` in a row: one sheet (H', W', 3) for each frame."""
    return [sheet(records[:, t], mode, columns) for t in range(records.shape[1])]


def animation(frames: list[npt.NDArray[np.uint8]], path: Path, rate: float) -> Path:
    """Frames (H, W, 3) as one picture that plays for ever: .webp, without loss, or .gif."""
    pictures = [PILImage.fromarray(each) for each in frames]
    told = io.BytesIO()
    kind = "WEBP" if path.suffix.lower() == ".webp" else "GIF"
    more = {"lossless": True, "quality": 60} if kind == "WEBP" else {}
    pictures[0].save(
        told, kind, save_all=True, append_images=pictures[1:], duration=max(20, round(1000 / rate)), loop=0, **more
    )
    path.write_bytes(told.getvalue())
    return path
