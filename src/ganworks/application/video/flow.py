"""Flicker: how much of a frame is not the one before it, moved; measured along a flow that needs no weights."""

import torch
from torch import Tensor
from torch.nn import functional

from ...domains.base import Raw
from ...extras import library
from ...metrics.pictures import visible, warping_error
from ...settings import ConfigError
from ..drawer import fitted
from ..writing import shallow

LEAST = 64
"""Pixels a side that the search wants; smaller frames are enlarged on the way."""


def flows(now: Raw, before: Raw) -> tuple[Tensor, Tensor]:
    """The flow from `now` to `before` and the one back, (1, 2, H, W) each, of frames (H, W, 1 or 3).

    Dense inverse search, Kroeger et al. (2016), as OpenCV has it. Raises ConfigError when that is not installed.
    """
    cv2 = library("cv2", "optical flows", "imaging")
    height, width = now.shape[:2]
    factor = max(1, -(-LEAST // min(height, width)))
    grey = [fitted(shallow(each), 1)[..., 0] for each in (now, before)]
    grey = [cv2.resize(each, (factor * width, factor * height), interpolation=cv2.INTER_CUBIC) for each in grey]
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = (search.calc(*pair, None) for pair in (grey, grey[::-1]))
    there, back = (functional.avg_pool2d(torch.from_numpy(each).permute(2, 0, 1)[None], factor) for each in found)
    return there / factor, back / factor


class Flicker:
    """The warping error of inputs and of outputs, frame after frame of one sequence."""

    def __init__(self) -> None:
        self.before, self.after = list[float](), list[float]()
        self.trouble: str | None = None
        """Why nothing was measured."""
        self._last: tuple[Raw, Tensor, Tensor] | None = None

    def look(self, before: Raw, after: Raw) -> None:
        """The next input (H, W, C) and its output (s H, s W, C'), of which the means over s x s pixels are compared."""
        if self.trouble is not None:
            return
        now = before, _unit(before), _unit(after)
        last, self._last = self._last, now
        if last is None or last[0].shape != before.shape or last[2].shape != now[2].shape:
            return
        try:
            there, back = flows(before, last[0])
        except ConfigError as error:
            self.trouble = f"flicker was not measured: {error}"
            return
        seen = visible(there, back)
        if seen.any():
            self.before.append(warping_error(now[1], last[1], there, seen).mean)
            small, smaller = (functional.adaptive_avg_pool2d(each, before.shape[:2]) for each in (now[2], last[2]))
            self.after.append(warping_error(small, smaller, there, seen).mean)

    @property
    def line(self) -> str:
        """What was found, in words."""
        if self.trouble is not None or not self.before:
            return self.trouble or "flicker was not measured: no two frames show the same"
        before, after = (sum(each) / len(each) for each in (self.before, self.after))
        return (
            f"flicker {before:.3g} before, {after:.3g} after (warping error, squared, range 1, along the flow of the "
            f"inputs where it can be seen; {len(self.before)} pairs of frames)"
        )


def _unit(pixels: Raw) -> Tensor:
    """(H, W, C) -> (1, C, H, W) float64 in 0..1."""
    white = 255 if pixels.dtype.itemsize == 1 else 65535
    return torch.from_numpy(pixels.astype("float64")).permute(2, 0, 1)[None] / white
