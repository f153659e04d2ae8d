"""The path of one bright thing on black, and whether it goes as a thing between walls goes."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Values = npt.NDArray[np.float64]
FAINT = 0.15
"""Brightness below which a pixel counts as black."""
GONE = 0.6
"""Share of its usual ink below which a thing has left the frame, or faded."""
CREEPING = 0.5
"""Pixels a frame below which a speed has no direction."""


class Track(NamedTuple):
    """Where the brightness of each frame has its middle."""

    places: Values
    """(N, T, 2): right and down, in pixels from the outer corner; NaN where a frame is black."""
    ink: Values
    """(N, T): sum of brightness."""


class Walls(NamedTuple):
    """Between which the middle of a thing moves on both axes, in pixels, and how near to one it may be on turning."""

    low: float
    high: float
    margin: float

    @classmethod
    def of(cls, size: int, box: int, fastest: float) -> "Walls":
        """Of boxes `box` wide in square frames. At `fastest` pixels a frame the frames beside a bounce lie within half
        of that of the wall, and the middle of a digit's ink lies within a twelfth of its box of the box' middle."""
        return cls(box / 2, size - box / 2, fastest / 2 + box / 12)


def track(clips: Values) -> Track:
    """The track of clips (N, T, H, W) in 0..1."""
    if clips.ndim != 4 or not len(clips):
        raise DataError(f"a track is that of clips (N, T, H, W), got {clips.shape}")
    seen = np.where(clips >= FAINT, clips, 0.0)
    ink = seen.sum((2, 3))
    down, right = (np.arange(side) + 0.5 for side in clips.shape[2:])
    with np.errstate(invalid="ignore"):
        places = np.stack([(seen.sum(2) @ right) / ink, (seen.sum(3) @ down) / ink], axis=-1)
    return Track(places, ink)


def speeds(track: Track) -> Values:
    """Pixels a frame of every step, of clips in turn; without frames that are black."""
    found: Values = np.linalg.norm(np.diff(track.places, axis=1), axis=-1).ravel()
    return found[np.isfinite(found)]


def velocity_residual(track: Track, walls: Walls) -> float:
    """Mean absolute change of velocity away from walls, in pixels a frame, over both axes; 0 is a straight way.

    Real clips whose things lie on whole pixels have a residual of their own, and a thing that stands still has none:
    read it beside both. NaN where nothing is ever away from walls.
    """
    places = track.places
    bent = np.abs(np.diff(places, 2, axis=1))
    away = (places > walls.low + walls.margin) & (places < walls.high - walls.margin)
    apart = away[:, :-2] & away[:, 1:-1] & away[:, 2:]
    chosen = bent[apart & np.isfinite(bent)]
    return float(chosen.mean()) if len(chosen) else float("nan")


class Bounces(NamedTuple):
    """What walls do to a thing. Shares from 0 to 1; NaN where nothing ever turns."""

    at_walls: float
    """Share of turns, on either axis, that happen at a wall."""
    kept: float
    """Share of bounces after which the thing is as fast as before, within a pixel a frame."""
    missed: float
    """Share of clips whose thing leaves the frame, or fades, in some frame."""
    turns: float
    """Turns in a clip, mean."""


def bounces(track: Track, walls: Walls) -> Bounces:
    """How things turn. A turn is where the direction along an axis changes for good: in a step or over one slow one."""
    steps = np.diff(track.places, axis=1)
    at_walls, kept = [], []
    turned = 0
    for clip, path in zip(steps, track.places, strict=True):
        for axis in range(2):
            for before, after in _turns(clip[:, axis]):
                turned += 1
                reached = path[before : after + 2, axis]
                near = min(abs(reached - walls.low).min(), abs(reached - walls.high).min())
                at_walls.append(near <= walls.margin)
                if at_walls[-1]:
                    kept.append(abs(abs(clip[before, axis]) - abs(clip[after, axis])) <= 1.0)
    usual = np.median(track.ink, axis=1, keepdims=True)
    missed = (track.ink < GONE * usual).any(1) | (usual[:, 0] == 0)
    nothing = float("nan")
    return Bounces(
        float(np.mean(at_walls)) if at_walls else nothing, float(np.mean(kept)) if kept else nothing,
        float(missed.mean()), turned / len(steps),
    )  # fmt: skip


def _turns(speed: Values) -> list[tuple[int, int]]:
    """Steps before and after each turn; what lies between is slow, or the step in which the wall is met."""
    found = []
    sure = [t for t in range(len(speed)) if abs(speed[t]) >= CREEPING]
    for before, after in pairwise(sure):
        if speed[before] * speed[after] >= 0 or after - before > 2:
            continue
        # The step that meets the wall is shorter: the whole one before it, and the one after, tell how fast it was.
        first = before - 1 if before and speed[before - 1] * speed[before] > 0 else before
        last = after + 1 if after + 1 < len(speed) and speed[after + 1] * speed[after] > 0 else after
        faster = first if abs(speed[first]) > abs(speed[before]) else before
        later = last if abs(speed[last]) > abs(speed[after]) else after
        found.append((faster, later))
    return found
