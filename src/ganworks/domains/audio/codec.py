"""Sounds: recordings as 16-bit numbers <-> samples, as a waveform or as a picture of the mel spectrum."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import one_hot

from ...settings import ConfigError
from ...spec import Batch, Span, Spec
from ...spectra import Mel, griffin_lim, invert_mel, log_mel
from .. import classes
from ..base import Codec, Raw
from .drawing import sheet
from .wav import sixteen, write_wav

FULL = 32768
"""Sixteen bits at full scale."""


class Sounds(Codec):
    """Recordings (B, channels, T) int16 <-> samples (B, channels, T) or (B, channels, bands, frames) in -1..1."""

    preview_count: ClassVar[int] = 40
    view: Literal["mel", "wave"]
    rate: int = Field(gt=0)
    """Samples a second."""
    channels: int = Field(gt=0)
    length: int = Field(gt=0)
    """Samples of what is drawn."""
    mel: Mel
    """How spectra are computed, for samples or for pictures of them; its floor is the quietest that is drawn."""
    loudest: float = 0.0
    """Natural logarithm of the loudest band in training recordings."""
    gain: float = Field(default=1.0, gt=0)
    """What a waveform is multiplied with, so that recordings use the range."""
    iterations: int = Field(default=64, ge=0)
    """Of Griffin and Lim's way back from a spectrum."""
    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    """Of the training recordings, for each class; empty where samples are not conditioned on it."""

    @property
    def spec(self) -> Spec:
        axes = (self.length,) if self.view == "wave" else (self.mel.bands, self.mel.frames(self.length))
        count = len(self.shares)
        given = Spec(shape=(count,), spans=(Span(channels=count, kind="softmax"),)) if count else None
        return Spec(shape=(self.channels, *axes), spans=(Span(channels=self.channels, kind="tanh"),), condition=given)

    @property
    def quietest(self) -> float:
        """Natural logarithm of the band that is drawn as silence."""
        return float(np.log(self.mel.floor))

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        """x (B, channels, T), of `length` samples or of more, of which a window is taken that has sound in it."""
        waves = self.window(x, fixed).to(torch.float32) / FULL
        if self.view == "wave":
            samples = (waves * self.gain).clamp(-1, 1)
        else:
            bands = log_mel(waves.flatten(0, 1), self.mel)
            middle, half = (self.loudest + self.quietest) / 2, (self.loudest - self.quietest) / 2
            samples = ((bands - middle) / half).clamp(-1, 1).view(*waves.shape[:2], *bands.shape[1:])
        if not self.shares or labels is None:
            return Batch(samples)
        return Batch(samples, one_hot(labels.long(), len(self.shares)).to(torch.float32))

    def window(self, x: Tensor, fixed: bool) -> Tensor:
        """Samples (B, channels, length) of records (B, channels, T): from the start, or from anywhere that sounds."""
        spare = x.shape[-1] - self.length
        if spare <= 0 or fixed:
            return x[..., : self.length]
        places = torch.arange(1, x.shape[-1] + 1, device=x.device)
        ends = (x.ne(0).any(1) * places).amax(1)
        latest = (ends - self.length).clamp_min(0)
        starts = (torch.rand(len(x)).to(x.device) * (latest + 1)).long().minimum(latest)
        at = starts[:, None] + torch.arange(self.length, device=x.device)
        return x.gather(2, at[:, None].expand(-1, x.shape[1], -1))

    def decode(self, x: Tensor) -> Raw:
        """Samples -> int16 (B, channels, length). A spectrum has no phases; each sample's are found on their own, so
        that it does not hang on its neighbours."""
        x = x.detach().to(torch.float32).cpu()
        if self.view == "wave":
            return sixteen((x.clamp(-1, 1) / self.gain).numpy())
        half = (self.loudest - self.quietest) / 2
        bands = (x.clamp(-1, 1) + 1) * half + self.quietest
        # What stands at the floor is silence, not noise as loud as the floor.
        bands = torch.where(bands <= self.quietest + 1e-3 * half, -torch.inf, bands)
        sounds = [self._heard(each) for each in bands]
        return sixteen(torch.stack(sounds).numpy()) if sounds else np.zeros((0, self.channels, self.length), np.int16)

    def _heard(self, bands: Tensor) -> Tensor:
        """Log bands (channels, bands, frames) -> sound (channels, length)."""
        found = invert_mel(bands, self.mel)
        return griffin_lim(found, self.mel.window, self.mel.hop, self.iterations)[:, : self.length]

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        if not self.shares:
            return super().some_conditions(count, generator)
        return classes.drawn(self.shares, count, generator)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Classes by name, or by number where no class has that name."""
        if not self.shares:
            raise ConfigError("this model was trained without classes; sort recordings into a folder a class")
        return classes.asked(words, self.classes, len(self.shares))

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """A WAV file of 16 bits a record, `000000.wav` and on."""
        folder.mkdir(parents=True, exist_ok=True)
        return [write_wav(folder / f"{first + i:06d}.wav", each, self.rate) for i, each in enumerate(records)]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """Mel spectra side by side, low notes below, the waveform under each."""
        waves = torch.from_numpy(np.ascontiguousarray(records[..., : self.length])).to(torch.float32) / FULL
        bands = log_mel(waves.mean(1), self.mel).numpy()
        share = (bands - self.quietest) / max(self.loudest - self.quietest, 1e-9)
        return sheet(np.clip(share, 0, 1), waves.mean(1).numpy(), columns)
