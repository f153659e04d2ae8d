"""What comes out of a converter: log mel bands as numbers, as sound in files, and as pictures to look at."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from ...spec import Batch, Span, Spec
from ...spectra import Mel, griffin_lim, invert_mel, log_mel, mended
from ..audio.wav import sixteen, write_wav
from ..base import Codec, Raw
from ..vocoder.spectrogram import painted

GAP, HIGH, WIDE = 6, 2, 3
"""Pixels between the spectra of a preview, for a band, and for a frame."""


class Spectra(Codec):
    """Log mel bands (N, bands, frames, 1) float32 <-> pictures (B, 1, bands, frames) in -1..1."""

    mel: Mel
    """How spectra are computed; its floor is the quietest that is drawn."""
    frames: int = Field(gt=0)
    """Of a training picture; a sound may have any number."""
    loudest: float
    """Natural logarithm of the loudest band in training recordings."""
    iterations: int = Field(default=64, ge=0)
    """Of Griffin and Lim's way back from a spectrum."""

    @property
    def spec(self) -> Spec:
        return Spec(shape=(1, self.mel.bands, self.frames), spans=(Span(channels=1, kind="tanh"),))

    @property
    def channels(self) -> int:
        return 1

    @property
    def length(self) -> int:
        """Samples of sound behind a training picture."""
        return self.frames * self.mel.hop

    @property
    def quietest(self) -> float:
        """Natural logarithm of the band that is drawn as silence."""
        return math.log(self.mel.floor)

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        return Batch(self._centred(x.float().permute(0, 3, 1, 2)).contiguous())

    def pictures(self, sound: Tensor) -> Tensor:
        """Sound (B, T) in -1..1 -> (B, 1, bands, frames)."""
        return self._centred(log_mel(sound, self.mel)[:, None])

    def bands(self, x: Tensor) -> Tensor:
        """Pictures (B, 1, bands, frames) -> natural logarithms (B, bands, frames)."""
        half = (self.loudest - self.quietest) / 2
        return (x[:, 0].detach().float().clamp(-1, 1) + 1) * half + self.quietest

    def decode(self, x: Tensor) -> Raw:
        records: Raw = self.bands(x)[..., None].cpu().numpy()
        return records

    @torch.no_grad()
    def heard(self, bands: Tensor) -> Tensor:
        """Natural logarithms (B, bands, frames) -> sound (B, frames * hop): least squares, Griffin and Lim, and band by
        band brought to what was wanted. Each is made on its own, so that it does not hang on its neighbours."""
        bands = bands.cpu()
        # What stands at the floor is silence, not noise as loud as the floor.
        still = bands <= self.quietest + 1e-3 * (self.loudest - self.quietest)
        audible = torch.where(still, -torch.inf, bands)
        return torch.cat([self._heard(audible[i : i + 1], bands[i : i + 1]) for i in range(len(bands))])

    def _heard(self, audible: Tensor, bands: Tensor) -> Tensor:
        sound = griffin_lim(invert_mel(audible, self.mel), self.mel.window, self.mel.hop, self.iterations)
        return mended(sound, bands, self.mel).clamp(-1, 1)

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """WAV files of 16 bits."""
        folder.mkdir(parents=True, exist_ok=True)
        sounds = self.heard(torch.from_numpy(np.ascontiguousarray(records[..., 0])))
        return [
            write_wav(folder / f"{first + i:06d}.wav", sixteen(each[None].numpy()), self.mel.rate)
            for i, each in enumerate(sounds)
        ]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """Spectra in a grid: time to the right, low sounds below, all on one scale."""
        columns = columns or max(1, round(len(records) ** 0.5))
        rows = [_row(self.shown(records[i : i + columns])) for i in range(0, len(records), columns)]
        width = max(each.shape[1] for each in rows)
        return np.concatenate([_edged(each, 0, width - each.shape[1]) for each in rows])

    def shown(self, records: Raw) -> list[npt.NDArray[np.uint8]]:
        """A picture (H, W, 3) of each."""
        share = (torch.from_numpy(records[..., 0]) - self.quietest) / (self.loudest - self.quietest)
        seen = [painted(each.clamp(0, 1).flip(0)) for each in share]
        return [each.repeat(HIGH, axis=0).repeat(WIDE, axis=1) for each in seen]

    def _centred(self, bands: Tensor) -> Tensor:
        middle, half = (self.loudest + self.quietest) / 2, (self.loudest - self.quietest) / 2
        return ((bands - middle) / half).clamp(-1, 1)


def _row(pictures: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    return np.concatenate([_edged(each, GAP, GAP) for each in pictures], 1)


def _edged(picture: npt.NDArray[np.uint8], below: int, right: int) -> npt.NDArray[np.uint8]:
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=255)
