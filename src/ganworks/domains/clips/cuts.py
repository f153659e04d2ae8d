"""Where one scene ends and another begins: a frame that is too unlike the one before it, seen from afar."""

import numpy as np
import numpy.typing as npt

from ..base import Raw

SIDE = 16
"""Frames are compared as means over so many areas on each axis."""
CUT = 0.12
"""Mean absolute difference of two frames' areas, as a share of white, from which on there is a cut. Motion stays below
a third of it as a rule; a flash of light may pass, which costs a frame its past and nothing else."""

Seen = npt.NDArray[np.float64]


class Cuts:
    """Looks at the frames of a video one after the other."""

    def __init__(self) -> None:
        self.found = 0
        self._last: tuple[Seen, tuple[int, ...]] | None = None

    def between(self, pixels: Raw) -> bool:
        """Whether a cut lies between the frame before and this one, (H, W, C); frames of another size are one."""
        now, last = (afar(pixels), pixels.shape), self._last
        self._last = now
        if last is None:
            return False
        cut = last[1] != now[1] or float(np.abs(now[0] - last[0]).mean()) > CUT
        self.found += cut
        return cut


def afar(pixels: Raw) -> Seen:
    """Stored pixels (H, W, C) -> the mean brightness of each area (h, w), 0..1; at most SIDE a side."""
    white = np.iinfo(pixels.dtype).max
    rows, columns = (np.unique(np.linspace(0, side, SIDE + 1).astype(int)[:-1]) for side in pixels.shape[:2])
    grey = pixels.mean(2, dtype=np.float64) / white
    sums = np.add.reduceat(np.add.reduceat(grey, rows, 0), columns, 1)
    counts = np.diff([*rows, pixels.shape[0]])[:, None] * np.diff([*columns, pixels.shape[1]])
    found: Seen = sums / counts
    return found
