"""What comes out of a vocoder: sound of one channel, as numbers, as files, and as spectrograms to look at."""

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...spec import Batch, Span, Spec
from ...spectra import Mel, log_mel
from ..audio.wav import sixteen, write_wav
from ..base import Codec, Raw
from .spectrogram import spectrogram

GAP = 6
"""Pixels between the spectrograms of a preview."""
ROW = 96
"""Pixels that a spectrogram is high, about."""


class Sounds(Codec):
    """Sounds (N, T, 1) float32 in -1..1 <-> samples (B, 1, T)."""

    mel: Mel
    """Its rate is that of the files written, and previews show its bands."""
    length: int
    """Samples T of a segment."""

    @property
    def spec(self) -> Spec:
        return Spec(shape=(1, self.length), spans=(Span(channels=1, kind="linear"),))

    @property
    def channels(self) -> int:
        return 1

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        return Batch(x.float().transpose(1, 2).contiguous())

    def decode(self, x: Tensor) -> Raw:
        sound: Raw = x.detach().float().clamp(-1, 1).transpose(1, 2).cpu().numpy()
        return sound

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """WAV files of 16 bits."""
        rate = self.mel.rate
        return [write_wav(folder / f"{first + i:06d}.wav", sixteen(each.T), rate) for i, each in enumerate(records)]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """Spectrograms in a grid; those of a row share what counts as loud."""
        columns = columns or max(1, round(len(records) ** 0.5))
        rows = []
        for start in range(0, len(records), columns):
            sounds = torch.from_numpy(np.ascontiguousarray(records[start : start + columns, :, 0]))
            top = float(log_mel(sounds, self.mel).max())
            shown = [np.repeat(spectrogram(each, self.mel, ROW, top), 3, axis=1) for each in sounds]
            rows.append(np.concatenate([_framed(each, GAP, GAP) for each in shown], 1))
        width = max(each.shape[1] for each in rows)
        return np.concatenate([_framed(each, 0, width - each.shape[1]) for each in rows])


def wav(sound: Tensor, rate: int) -> bytes:
    """Sound (T,) or (channels, T) as the bytes of a WAV file of 16 bits."""
    numbers = sixteen((sound if sound.ndim == 2 else sound[None]).cpu().numpy())
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(len(numbers))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(numbers.T).astype("<i2").tobytes())
    return held.getvalue()


def _framed(picture: npt.NDArray[np.uint8], below: int, right: int) -> npt.NDArray[np.uint8]:
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=255)
