"""What fitting recordings learns: how their mel spectra are computed, and what spoils them on the fly."""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ...settings import ConfigError, DataError
from ...spec import Batch, Span, Spec
from ...spectra import Mel, griffin_lim, invert_mel, log_mel, mended
from ..base import Raw
from ..degraded.draws import follows
from ..translations import Translations
from .sounds import Sounds

Spoil = Literal["nothing", "noise", "low-pass"]
MIDDLE, SPREAD = -5.0, 4.0
"""Log mel bands of speech lie about this far apart around here; networks are given them centred."""
HIGHER = 3.0
"""By so much magnitudes of single frequencies lie above bands, which are averages over hertz."""
ITERATIONS = 5
"""Of least squares; more come nearer to the bands by less than a hundredth, and take their time."""
LOUDEST = 12.0
"""A logarithm of a band that no sound in -1..1 reaches."""


class Vocoded(Translations):
    """x (B, 1, T) is the sound, c (B, bands + F, T / hop) the spectrum of it, or of what spoiling left of it: centred
    log mel bands, and below them the log magnitudes that least squares finds for those. The bands are all that is
    known; what the second part adds is how they were computed.

    Records are pieces (B, L) int16 of which T samples are taken, at random places in training and from their start
    otherwise; or sounds (B, T, 1) as they are.
    """

    target: Sounds  # type: ignore[assignment]  # the codec of sounds instead of pictures
    mel: Mel
    gain: float = 0.0
    """In training sounds are made up to so many decibels softer."""
    spoil: Spoil = "nothing"
    noise: tuple[float, float] = (0.0, 20.0)
    """Signal over noise, in decibels, from and to."""
    cutoff: tuple[float, float] = (0.25, 0.6)
    """Where a low-pass cuts, as a share of half the rate, from and to."""

    @property
    def spec(self) -> Spec:
        bands = self.mel.bands
        spans = Span(channels=bands, kind="linear"), Span(channels=self.mel.bins, kind="linear")
        given = Spec(shape=(bands + self.mel.bins, self.target.length // self.mel.hop), spans=spans)
        return self.target.spec.model_copy(update={"condition": given})

    @property
    def output(self) -> Sounds:  # type: ignore[override]
        return self.target

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        if x.ndim == 3:
            return Batch(self.target.encode(x).x, self.heard(x[..., 0].float(), fixed))
        wide, around = self._cut(x, fixed)
        c = self.heard(wide, fixed)[..., around : around + self.target.length // self.mel.hop]
        return Batch(wide[:, None, around * self.mel.hop :][..., : self.target.length].contiguous(), c.contiguous())

    @torch.no_grad()
    def heard(self, sound: Tensor, fixed: bool = False) -> Tensor:
        """Clean sound (B, T) -> c, by way of what spoils it. With `fixed` chance follows from each sound's numbers."""
        if self.spoil != "nothing":
            sound = self.spoilt(sound, fixed)
        return self.condition(sound)

    @torch.no_grad()
    def condition(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        """A user's sound (B, T) in -1..1 at the rate of `mel` -> c (B, bands + F, frames)."""
        if mask is not None:
            raise ConfigError("this model makes sound from sound, got a mask; leave --mask out")
        return self._centred(log_mel(pictures, self.mel))

    def given(self, bands: Tensor) -> Tensor:
        """A user's log mel bands (bands, frames), natural logarithms of magnitudes -> c (1, bands + F, frames).

        Raises DataError with one line for other bands, and for numbers that cannot be such logarithms.
        """
        if bands.ndim != 2 or bands.shape[0] != self.mel.bands or not bands.shape[1]:
            came = " x ".join(map(str, bands.shape))
            raise DataError(f"wanted log mel bands ({self.mel.bands}, frames), got {came}; this model knows no others")
        if not bands.isfinite().all():
            raise DataError(f"{int((~bands.isfinite()).sum()):,} of its numbers are not finite")
        if float(bands.max()) > LOUDEST:
            raise DataError(f"wanted natural logarithms of magnitudes, below {LOUDEST:g}, got {float(bands.max()):.3g}")
        return self._centred(bands.float().clamp_min(math.log(self.mel.floor))[None])

    def bands(self, c: Tensor) -> Tensor:
        """The log mel bands in a condition."""
        return c[:, : self.mel.bands] * SPREAD + MIDDLE

    def shown(self, c: Tensor) -> Raw:
        """What needs no learning makes of the inputs: Griffin-Lim with 32 iterations."""
        return self.target.decode(self.classical(c)[:, None])

    @torch.no_grad()
    def classical(self, c: Tensor, iterations: int = 32, momentum: float = 0.99) -> Tensor:
        """c -> sound (B, T) by non-negative least squares and Griffin-Lim."""
        magnitudes = invert_mel(self.bands(c).cpu(), self.mel)
        return griffin_lim(magnitudes, self.mel.window, self.mel.hop, iterations, momentum)

    def compose(self, y: Tensor, c: Tensor) -> Tensor:
        """What the network drew, brought to the bands it was drawn from; where those are of spoilt sound, as it is."""
        if self.spoil != "nothing":
            return y
        return mended(y[:, 0].float(), self.bands(c).to(y.device).float(), self.mel)[:, None]

    def _cut(self, x: Tensor, fixed: bool) -> tuple[Tensor, int]:
        """Pieces (B, L) -> a segment of each with what lies around it, (B, T + 2 * around * hop), and `around`.

        Silence fills what is missing, as it does in short recordings; no segment begins in what fills one up.
        """
        length, hop = self.target.length, self.mel.hop
        around = -(-(self.mel.window - hop) // (2 * hop))
        sound = x.float() / 32768
        places = torch.arange(1, x.shape[1] + 1, device=x.device)
        ends = ((x != 0) * places).amax(1)
        room = (ends - length).clamp_min(0)
        begins = torch.zeros_like(room)
        if not fixed:
            begins = (torch.rand(len(x)).to(x.device) * (room + 1)).long().clamp(max=room)
            soften = 10 ** (-self.gain / 20 * torch.rand(len(x), 1).to(x.device))
            sound = sound * soften
        padded = functional.pad(sound, (around * hop, max(0, length - x.shape[1]) + around * hop))
        columns = begins[:, None] + torch.arange(length + 2 * around * hop, device=x.device)
        return padded.gather(1, columns), around

    def spoilt(self, sound: Tensor, fixed: bool = False) -> Tensor:
        """Clean sound (B, T) with noise, or without what is high."""
        if not fixed:
            return self._played(sound, None)
        chances = [follows((each.cpu().numpy() * 32768).astype("int32"), sound.device).generator for each in sound]
        return torch.cat([self._played(sound[i : i + 1], chance) for i, chance in enumerate(chances)])

    def _played(self, sound: Tensor, chance: torch.Generator | None) -> Tensor:
        """With noise between white and pink, or through a low-pass."""

        def between(ends: tuple[float, float]) -> Tensor:
            drawn = torch.rand(len(sound), 1, generator=chance).to(sound)
            shown: Tensor = ends[0] + (ends[1] - ends[0]) * drawn
            return shown

        share = torch.linspace(0, 1, sound.shape[1] // 2 + 1, device=sound.device)[None]
        if self.spoil == "low-pass":
            steep = torch.sigmoid((between(self.cutoff) - share) * 100)
            dull: Tensor = torch.fft.irfft(torch.fft.rfft(sound) * steep, sound.shape[1])
            return dull
        white = torch.randn(sound.shape, generator=chance).to(sound)
        tilt = (share * sound.shape[1] / 2).clamp_min(1) ** (-between((0.0, 0.5)))
        noise = torch.fft.irfft(torch.fft.rfft(white) * tilt, sound.shape[1])
        level = sound.square().mean(1, keepdim=True).sqrt() * 10 ** (-between(self.noise) / 20)
        noisy: Tensor = sound + noise * level / noise.square().mean(1, keepdim=True).sqrt().clamp_min(1e-9)
        return noisy

    def _centred(self, bands: Tensor) -> Tensor:
        """Log mel bands (B, bands, frames) -> c."""
        guess = invert_mel(bands, self.mel, ITERATIONS).clamp_min(self.mel.floor).log()
        return torch.cat([bands - MIDDLE, guess - MIDDLE - HIGHER], 1) / SPREAD
