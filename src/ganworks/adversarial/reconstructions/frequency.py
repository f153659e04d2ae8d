"""Frequency term: how strong each pattern is in each small window, wherever in the window it lies.

Blur takes the fine patterns away and is dear; a shift of a pixel is cheap. What it does not see is the place of a
pattern within its window: pair it with a pixel term.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import pad

from ...settings import ConfigError
from ..turn import Term, Turn
from .pixel import sample_mean


class Frequency(Term):
    """Mean absolute difference of the Fourier magnitudes of windows that overlap by half.

    In the spirit of Jiang et al. (2021), by window; `docs/terms.md` has how it judges blur and warp.
    """

    name: Literal["frequency"] = "frequency"
    player = "generator"
    window: int = Field(default=16, ge=4)
    """Side of a window, in pixels; smaller pictures are one window."""

    def cost(self, turn: Turn) -> Tensor:
        if turn.real.ndim != 4:
            raise ConfigError(f"frequency compares pictures, got samples of shape {tuple(turn.real.shape[1:])}")
        return sample_mean((magnitudes(turn.fake, self.window) - magnitudes(turn.real, self.window)).abs())


def magnitudes(x: Tensor, window: int) -> Tensor:
    """Pictures (B, C, H, W) -> (B, C, rows, columns, h, w // 2 + 1): of each window, orthonormal.

    Windows begin every half of their side; edges are repeated until the last one is full.
    """
    height, width = (min(window, side) for side in x.shape[2:])
    steps = max(1, height // 2), max(1, width // 2)
    missing = [-(side - full) % step for side, full, step in zip(x.shape[2:], (height, width), steps, strict=True)]
    if any(missing):
        x = pad(x, (0, missing[1], 0, missing[0]), mode="replicate")
    pieces = x.unfold(2, height, steps[0]).unfold(3, width, steps[1])
    found: Tensor = torch.fft.rfft2(pieces, norm="ortho").abs()
    return found
