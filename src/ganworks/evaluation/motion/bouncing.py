"""Digits between walls, where the truth is known: is a digit kept, does it go straight, do walls throw it back."""

from typing import Any, NamedTuple

import numpy as np

from ...domains.base import Raw
from ...domains.video.bouncing import FASTEST
from ...metrics.features.digits import Digits
from ...metrics.motion import Walls, bounces, identities, speeds, track, velocity_residual
from .sets import Sets

COLUMNS = [
    "how sure", "frames of the clip's digit", "one digit all along", "the digit asked for", "velocity residual",
    "speed", "turns at a wall", "speed kept", "leaves or fades",
]  # fmt: skip


class Row(NamedTuple):
    """What is measured of a set; shares from 0 to 1, pixels a frame."""

    sure: float
    kept: float
    whole: float
    asked: float | None
    residual: float
    speed: float
    at_walls: float
    speed_kept: float
    missed: float


class Walled(NamedTuple):
    fake: Row
    real: Row
    table: dict[str, Any]


def bounced(found: Sets, box: int) -> Walled:
    """The exact measures of generated and of real clips, and of clips whose frames are out of order."""
    size = found.real.shape[2]
    walls = Walls.of(size, box, FASTEST * size / 32)
    order = np.random.default_rng(0).permuted(np.tile(np.arange(found.real.shape[1]), (len(found.real), 1)), axis=1)
    shuffled = np.take_along_axis(found.real, order[:, :, None, None, None], axis=1)
    sides = {
        "generated": (found.fake, "as they come"),
        "held out": (found.real, "real clips, on whole pixels, which is what their residual comes from"),
        "out of order": (shuffled, "real clips with their frames shuffled: what frames alone are worth"),
    }
    rows = {
        name: _row(clips, walls, found.asked if name == "generated" else None) for name, (clips, _) in sides.items()
    }
    lead = (
        f"{len(found.real):,} clips in each set. Digits are read in every frame by the classifier that comes with "
        "the package. Velocity residual: mean change of velocity per axis away from walls, in pixels a frame; a digit "
        "on whole pixels jumps to and fro by half a pixel by itself. A turn is at a wall when the digit's middle is "
        f"within {walls.margin:.1f} pixels of where its box meets it. Speed is kept within a pixel a frame."
    )
    table = {
        "title": "Digits between walls", "lead": lead, "columns": COLUMNS,
        "rows": [{"name": name, "line": sides[name][1], "values": _told(row)} for name, row in rows.items()],
    }  # fmt: skip
    return Walled(rows["generated"], rows["held out"], table)


def _row(clips: Raw, walls: Walls, asked: Raw | None) -> Row:
    grey = clips[..., 0]
    way = track(grey.astype(np.float64) / 255)
    digits = identities(grey, Digits().probabilities)
    turned = bounces(way, walls)
    moved = speeds(way)
    right = None if asked is None else float((digits.labels == asked[:, None]).mean())
    return Row(
        digits.sure, digits.kept, digits.whole, right, velocity_residual(way, walls),
        float(moved.mean()) if len(moved) else 0.0, turned.at_walls, turned.kept, turned.missed,
    )  # fmt: skip


def _told(row: Row) -> list[Any]:
    shares = [row.sure, row.kept, row.whole, row.asked]
    told: list[Any] = [None if each is None else f"{100 * each:.1f} %" for each in shares]
    told += [round(row.residual, 3), round(row.speed, 2)]
    rest = [row.at_walls, row.speed_kept, row.missed]
    return told + [None if np.isnan(each) else f"{100 * each:.1f} %" for each in rest]
