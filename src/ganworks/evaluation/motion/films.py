"""Any clips: how far their frames and they themselves are from real ones, how fast they change, how they flicker."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...domains.base import Raw
from ...metrics import frechet
from ...metrics.features import extract
from ...metrics.features.simple import RandomConvolutions
from ...metrics.motion import flicker
from ...settings import DataError
from ...training.feed import encode
from ..shrink import Shrunk
from .sets import CPU, Sets

EACH = 4
"""Frames of a clip that are looked at."""
FILMED = 100
"""Clips of which the flicker and the nearest training clip are taken."""


def compared(found: Sets, what: str) -> dict[str, Any]:
    """A table: distances of frames, or of slices, of clips, and of what changes from one frame to the next."""
    sides = {
        "generated": (found.fake, "as they come"),
        "held out": (found.spare, "real ones of the other held-out split: the floor"),
        "copycat": (found.train, "training clips themselves"),
    }
    if what == "frames":
        sides["still"] = (found.still, "training clips that stand still at their first frame")
    named = {"frames": _frames, "clips": _clips, "changes": _changes}
    rows = []
    for name, (clips, line) in sides.items():
        if clips is not None:
            values = [_distance(found, clips, view) for view in named.values()]
            rows.append({"name": name, "line": line, "values": values})
    lead = (
        f"{len(found.real):,} clips in each set, {EACH} {what} of each. Fréchet distances on `random`: convolutions "
        "with fixed random weights, over two axes for frames, over three for clips and for differences of frames in a "
        "row. They compare models of one data set at one number of clips, and nothing else; no FVD."
    )
    columns = [f"FD of {what}", "FD of clips", "FD of changes"]
    return {"title": "Frames and clips", "lead": lead, "columns": columns, "rows": rows}


def filmed(found: Sets) -> dict[str, Any]:
    """A table: change from frame to frame, flicker, and how near the nearest training clip is."""
    rows = []
    sides = {"generated": found.fake, "held out": found.real, "copycat": found.train}
    for name, clips in sides.items():
        unit = clips.astype(np.float32) / 255
        change = float(np.abs(np.diff(unit, axis=1)).mean())
        error = flicker(torch.from_numpy(unit[:FILMED]).permute(0, 4, 1, 2, 3))
        near = _nearest(unit[:FILMED], found.train, itself=name == "copycat")
        rows.append({"name": name, "line": "", "values": [round(change, 4), round(error, 5), round(near, 4)]})
    lead = (
        "Change: mean absolute difference of frames in a row, white is 1; less than real is a film that hardly moves. "
        "Flicker: warping error along the clip's own motion, found by matching blocks; blur lowers it. Nearest: root "
        f"mean squared difference from the nearest of {len(found.train):,} training clips; far below held-out ones is "
        "copying."
    )
    columns = ["change", "flicker", "to nearest training clip"]
    return {"title": "Motion", "lead": lead, "columns": columns, "rows": rows}


def _nearest(unit: Raw, train: Raw, itself: bool) -> float:
    known = torch.from_numpy((train.astype(np.float32) / 255).reshape(len(train), -1))
    apart = torch.cdist(torch.from_numpy(unit.reshape(len(unit), -1)), known)
    if itself:
        apart.fill_diagonal_(float("inf"))
    return float(apart.min(1).values.mean()) / math.sqrt(known.shape[1])


def _distance(found: Sets, clips: Raw, view: Any) -> float | None:
    real, fake = (view(found, each) for each in (found.real, clips))
    shape = tuple(real.shape[1:])
    extractor: Any = RandomConvolutions(shape)
    features = extract(extractor, _parts(real))
    if len(features) <= features.shape[1]:
        extractor = Shrunk.of(extractor, extract(extractor, _parts(view(found, found.train))), len(features))
        features = extract(extractor, _parts(real))
    try:
        return round(frechet.frechet_distance(features, extract(extractor, _parts(fake))), 4)
    except DataError:
        return None


def _parts(x: Tensor) -> Iterator[Tensor]:
    yield from torch.split(x, 64)


def _frames(found: Sets, clips: Raw) -> Tensor:
    chosen = np.linspace(0, clips.shape[1] - 1, min(EACH, clips.shape[1])).round().astype(int)
    return _clips(found, clips)[:, :, chosen].movedim(2, 1).flatten(0, 1)


def _clips(found: Sets, clips: Raw) -> Tensor:
    return encode(clips, None, found.codec, CPU, fixed=True).x


def _changes(found: Sets, clips: Raw) -> Tensor:
    x = _clips(found, clips)
    return (x[:, :, 1:] - x[:, :, :-1]).contiguous()
