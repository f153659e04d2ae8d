"""Pictures as text that a page can hold: the run's own grids, made smaller where they are large."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

SHOWN = 12
"""Previews in the strip of samples through time."""
LARGEST = 900
"""Longest side of a picture on the page, in pixels; one of the strip has a third."""
PLAYED = 3 << 20
"""Bytes of a sound or a moving picture that a page takes in, at most."""
KINDS = {".wav": "audio/wav", ".gif": "image/gif", ".webp": "image/webp", ".png": "image/png"}
"""What plays in a page."""


class Picture(NamedTuple):
    caption: str
    data: str
    """A data: URI."""


def strip(folder: Path) -> list[Picture]:
    """Samples through time: the first, then close together, then evenly to the last."""
    previews = sorted((path for path in folder.glob("*.png") if path.stem.isdecimal()), key=lambda path: int(path.stem))
    found = [(path, picture(path, f"{int(path.stem):,}", LARGEST // 3)) for path in _chosen(previews)]
    return [each for _, each in found if each is not None]


def picture(path: Path, caption: str = "", longest: int = LARGEST) -> Picture | None:
    """The picture at `path`, at most `longest` pixels a side; None when there is none that can be read."""
    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError):
        return None
    # Small samples stay crisp: they are enlarged by whole factors, and only large sheets are made smaller.
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return Picture(caption, uri(data.getvalue(), "image/png"))


def played(path: Path, caption: str = "") -> Picture | None:
    """A moving picture or a sound as it lies there; None when it is missing, of another kind, or above PLAYED bytes."""
    kind = KINDS.get(path.suffix.lower())
    try:
        if kind is None or path.stat().st_size > PLAYED:
            return None
        return Picture(caption, uri(path.read_bytes(), kind))
    except OSError:
        return None


def moves(path: Path) -> bool:
    """Whether a picture has more than one frame."""
    try:
        with Image.open(path) as opened:
            return getattr(opened, "n_frames", 1) > 1
    except (OSError, ValueError):
        return False


def drawing(svg: str | None, caption: str = "") -> Picture | None:
    return None if svg is None else Picture(caption, uri(svg.encode(), "image/svg+xml"))


def uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _chosen(previews: Sequence[Path]) -> list[Path]:
    """A third of the strip from the beginning, where samples change fastest, the rest spread over what follows."""
    if len(previews) <= SHOWN:
        return list(previews)
    early, late = list(previews[: SHOWN // 3]), previews[SHOWN // 3 :]
    rest = SHOWN - len(early)
    return early + [late[round((i + 1) * len(late) / rest) - 1] for i in range(rest)]
