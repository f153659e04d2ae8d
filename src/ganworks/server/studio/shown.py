"""Records as a page shows them: pictures, players, text and numbers, all in plain values that travel as JSON."""

import base64
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...application.writing import shallow
from ...chemistry import molecule
from ...domains.audio import Sounds
from ...domains.base import Codec, Raw
from ...domains.grid import Tiles
from ...domains.grid.drawing import drawn
from ...domains.image import Pictures
from ...domains.points import Plane
from ...domains.series import Steps
from ...domains.table import Coded
from ...domains.table.identifiers import identifiers
from ...domains.table.writing import by_column, spelled
from ...domains.tokens import Sequences
from ...domains.tokens.molecules import Molecular
from ...domains.video import Moving
from ...domains.video.drawing import animation
from .. import media

Tree = dict[str, Any]
Pixels = npt.NDArray[np.uint8]
SMALLEST, WIDE = 8, 480
"""Pixels of a tile when a level is drawn, at least, and of a level's width, about."""


def items(codec: Codec, records: Raw) -> list[Tree]:
    """Each record as { kind, ... }: what it is, ready to be shown."""
    for known, made in _MAKERS:
        if isinstance(codec, known):
            return made(codec, records)
    return [{"kind": "picture", **png(codec.preview(records[i : i + 1], 1))} for i in range(len(records))]


def together(codec: Codec, records: Raw) -> Tree | None:
    """One picture of all records, for those that say little alone: points, and molecules. None for others."""
    if isinstance(codec, Plane | Molecular) and len(records):
        return png(codec.preview(records))
    return None


def channels(codec: Steps) -> list[Tree]:
    """What the lines of a series are."""
    every = (*codec.channels, *codec.attributes)
    return [{"name": each.name, "words": list(each.categories), "still": each in codec.attributes} for each in every]


def table(codec: Coded, records: Raw, first: int = 0) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and rows of words as the file would spell them."""
    found = [
        (seen.name, identifiers(seen, first, len(records)) if values is None else spelled(seen, values))
        for seen, values in by_column(codec, records)
    ]
    return [name for name, _ in found], [list(row) for row in zip(*(words for _, words in found), strict=True)]


def png(pixels: Raw) -> Tree:
    """Pixels (H, W) or (H, W, C) uint8 as { type, data, width, height }."""
    data = media.png(pixels if pixels.ndim == 3 else pixels[..., None])
    return {**encoded(data, "image/png"), "width": pixels.shape[1], "height": pixels.shape[0]}


def encoded(data: bytes, kind: str) -> Tree:
    """Bytes of a media type, as text."""
    return {"type": kind, "data": base64.b64encode(data).decode()}


def _pictures(codec: Pictures, records: Raw) -> list[Tree]:
    return [{"kind": "picture", **png(_seen(each, codec.mode))} for each in records]


def _seen(pixels: Raw, mode: str) -> Raw:
    """Pixels (H, W, C) of any depth and number of channels -> what a PNG of 8 bits holds."""
    eight = shallow(pixels)
    if mode == "n":
        return eight[..., :3] if eight.shape[2] >= 3 else eight[..., 0]
    return eight[..., 0] if mode == "L" else eight


def _sounds(codec: Sounds, records: Raw) -> list[Tree]:
    return [_sound(codec, records[i : i + 1]) for i in range(len(records))]


def _sound(codec: Sounds, one: Raw) -> Tree:
    """A recording (1, channels, T): a WAV file, and its spectrum as a picture."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = codec.write(one, Path(folder))
        wav = encoded(path.read_bytes(), "audio/wav")
    return {"kind": "sound", "sound": wav, "picture": png(codec.preview(one, 1)), "seconds": one.shape[-1] / codec.rate}


def _clips(codec: Moving, records: Raw) -> list[Tree]:
    return [_clip(codec, each) for each in records]


def _clip(codec: Moving, clip: Raw) -> Tree:
    """A clip or a volume (T, H, W, C): a picture that moves, and its middle frame for those who want it to stand."""
    frames = shallow(clip)
    frames = frames[..., :3] if frames.shape[-1] >= 3 else np.repeat(frames[..., :1], 3, axis=-1)
    with tempfile.TemporaryDirectory() as folder:
        moving = animation(list(frames), Path(folder) / "clip.webp", codec.rate).read_bytes()
    still = png(frames[len(frames) // 2])
    return {"kind": "clip", "moving": encoded(moving, "image/webp"), "picture": still, "frames": len(frames)}


def _levels(codec: Tiles, records: Raw) -> list[Tree]:
    """Levels drawn, as text, and the rules that each breaks."""
    checker = codec.checker
    broken = checker.broken(records) if checker else None
    cell = max(SMALLEST, WIDE // records.shape[2]) if len(records) else SMALLEST
    return [
        {
            "kind": "level",
            "picture": png(drawn(level, codec.legend, cell)),
            "lines": codec.lines(level),
            "broken": None if broken is None else broken.of(i),
        }
        for i, level in enumerate(records)
    ]


def _lines(codec: Sequences, records: Raw) -> list[Tree]:
    lines = codec.lines(records)
    if not isinstance(codec, Molecular):
        return [{"kind": "line", "text": line} for line in lines]
    return [{"kind": "molecule", "text": line, "sound": molecule(line) is not None} for line in lines]


def _rows(codec: Coded, records: Raw) -> list[Tree]:
    columns, rows = table(codec, records)
    return [{"kind": "row", "columns": columns, "cells": row} for row in rows]


def _series(codec: Steps, records: Raw) -> list[Tree]:
    return [{"kind": "series", "values": _plain(each)} for each in records]


def _points(codec: Plane, records: Raw) -> list[Tree]:
    return [{"kind": "line", "text": f"{x:.4g}, {y:.4g}"} for x, y in records.tolist()]


def _plain(record: Raw) -> list[list[float | None]]:
    """Numbers (C, T), with nothing where there is a gap."""
    return [[_short(value) for value in row] for row in record.tolist()]


def _short(value: float) -> float | None:
    return float(f"{value:.7g}") if math.isfinite(value) else None


def counted(words: Sequence[Tree], first: int, seed: int) -> list[Tree]:
    """Items with the seed and the number by which each is found again."""
    return [{**each, "seed": seed, "index": first + i} for i, each in enumerate(words)]


_MAKERS: tuple[tuple[type[Codec], Callable[[Any, Raw], list[Tree]]], ...] = (
    (Pictures, _pictures), (Sounds, _sounds), (Moving, _clips), (Tiles, _levels), (Steps, _series),
    (Sequences, _lines), (Coded, _rows), (Plane, _points),
)  # fmt: skip
