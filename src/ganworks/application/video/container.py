"""Which videos are written, and by which encoder."""

from pathlib import Path
from typing import Any

from ...domains.clips.film import pyav
from ...settings import ConfigError

WRITTEN = {".mp4": "libx264", ".m4v": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9"}
"""What is written, with the usual encoder: files that know the time of each frame. Others come out as MKV."""


def film_suffix(source: Path) -> str:
    """The suffix of what comes out for a video that goes in."""
    return source.suffix if source.suffix.lower() in WRITTEN else ".mkv"


def encoder_for(target: Path, codec: str | None) -> str:
    """The encoder for a video to be written. Raises ConfigError when the file or the encoder is of no known kind."""
    usual = WRITTEN.get(target.suffix.lower())
    if usual is None:
        raise ConfigError(f"{target}: a video is written as {', '.join(WRITTEN)}, got '{target.suffix}'")
    if codec is None:
        return usual
    av = pyav()
    try:
        found = av.Codec(codec, "w")
    except (av.FFmpegError, ValueError):
        raise ConfigError(f"--codec {codec}: no such encoder here; known: {', '.join(_known(av))}") from None
    if found.type != "video":
        raise ConfigError(f"--codec {codec}: encodes {found.type}; take one of {', '.join(_known(av))}")
    return codec


def _known(av: Any) -> list[str]:
    return [name for name in ("libx264", "libx265", "libvpx-vp9", "libsvtav1", "ffv1") if name in av.codecs_available]
