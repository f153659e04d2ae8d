"""Mel terms: how far the spectra of a sound lie from those of the sound that was wanted, whatever its phases."""

from functools import lru_cache
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from ...schedule import Number
from ...settings import ConfigError
from ...spectra import Mel, log_mel
from ..turn import Term, Turn


class MelL1(Term):
    """Mean absolute difference of log mel bands. Kong et al. (2020), section 2.4, where its weight is 45.

    Over several windows, as a long one hears tones and a short one clicks (Kumar et al., 2023); one is the paper's.
    """

    name: Literal["mel-l1"] = "mel-l1"
    player = "generator"
    weight: Number = 45.0
    """Factor of the cost; may be a schedule over the run."""
    windows: tuple[Annotated[int, Field(ge=32, le=16384)], ...] = (256, 512, 1024)
    """Samples of each window; a hop is a quarter of it."""
    bands: int = Field(default=80, ge=4, le=512)
    """Most mel bands; a short window has as many as a sixth of its samples."""
    rate: int = Field(default=16000, ge=1000, le=384000)
    """Samples a second, by which the bands are laid: below 1 kHz they are equally wide."""

    def cost(self, turn: Turn) -> Tensor:
        if turn.real.ndim != 3 or not self.windows:
            came = f"samples of shape {tuple(turn.real.shape[1:])}" if self.windows else "no windows"
            raise ConfigError(f"mel-l1 compares sounds (channels, samples) by its windows, got {came}")
        with torch.autocast(turn.real.device.type, enabled=False):
            return torch.stack([self._apart(turn, window) for window in self.windows]).mean(0)

    def _apart(self, turn: Turn, window: int) -> Tensor:
        mel = _mel(window, min(self.bands, window // 6), self.rate)
        with torch.no_grad():
            wanted = log_mel(turn.real.float().flatten(0, 1), mel)
        apart = (log_mel(turn.fake.float().flatten(0, 1), mel) - wanted).abs().mean((1, 2))
        return apart.view(len(turn.real), -1).mean(1)


@lru_cache(maxsize=32)
def _mel(window: int, bands: int, rate: int) -> Mel:
    return Mel(rate=rate, window=window, hop=window // 4, bands=bands)
