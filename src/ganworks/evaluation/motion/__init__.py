"""What clips are worth: frames, motion, flicker, copies; of digits between walls exactly. And pictures that play."""

import numpy as np

from ...domains.video import Moving
from ..findings import Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .bouncing import Walled, bounced
from .films import compared, filmed
from .sets import continued, sets
from .shown import pictures

__all__ = ["evidence"]

KEPT, STRAIGHT = 0.9, 2.0
"""Share of clips that show one digit all along, and times the real residual: from and up to which they are good."""
STILL = 0.5
"""Share of the real speed below which things hardly move, so that their straight way says nothing."""


def evidence(subject: Subject, ask: Ask) -> Evidence:
    """What the generator's clips are, as `ganworks evaluate` stores it."""
    codec = subject.codec
    assert isinstance(codec, Moving)
    found = sets(subject, ask)
    shown = pictures(subject, found)
    if codec.kind == "volumes":
        return Evidence({"tables": [compared(found, "slices")], "pictures": shown})
    tables = [compared(found, "frames"), filmed(found)]
    said: list[Finding] = []
    notes: list[str] = []
    box = subject.dataset.facts.get("box")
    if box and found.real.shape[2] == found.real.shape[3] and found.real.shape[4] == 1:
        ask.notify("reading the digits of clips and following their ways")
        rows = bounced(found, int(box))
        tables.append(rows.table)
        said = _findings(rows)
    if codec.first is not None:
        tables.append(continued(subject, ask))
        notes.append("but for going on from real first frames, clips begin with made-up ones, which are blurred")
    return Evidence({"tables": tables, "pictures": shown}, tuple(said), tuple(notes))


def _findings(rows: Walled) -> list[Finding]:
    fake, real = rows.fake, rows.real
    level: Level = "good" if fake.whole >= KEPT * real.whole else "warning" if fake.whole >= 0.5 else "alarm"
    told = (
        f"{100 * fake.whole:.1f} % of clips show one digit in all their frames, {100 * real.whole:.1f} % of real ones"
    )
    if fake.sure < KEPT * real.sure:
        level = "warning" if level == "good" else level
        told += (
            f"; but the reader is {100 * fake.sure:.0f} % sure of what it reads, {100 * real.sure:.0f} % on real ones"
        )
    found = [Finding("video", level, told)]
    if fake.speed < real.speed * STILL:
        told = f"things hardly move: {fake.speed:.2f} pixels a frame, {real.speed:.2f} in real clips"
        return [*found, Finding("video", "alarm", told)]
    if not np.isnan(fake.residual) and real.residual > 0:
        times = fake.residual / real.residual
        level = "good" if times <= STRAIGHT else "warning" if times <= 2 * STRAIGHT else "alarm"
        told = (
            f"away from walls velocity changes by {fake.residual:.2f} pixels a frame, {times:.2g} times what real "
            f"clips have; the mean speed is {fake.speed:.2f}, real {real.speed:.2f}"
        )
        found.append(Finding("video", level, told))
    return found
