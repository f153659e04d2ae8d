"""Spectra of sound: short-time transforms and back, mel bands, Griffin-Lim, resampling. Pure functions of tensors.

Sound is x (B, T), samples in -1..1. A spectrum has one frame a hop: the window of frame k has its middle amid samples
k * hop to (k + 1) * hop, so T = frames * hop, and a piece of the sound is a piece of the spectrum.
"""

import math
from fractions import Fraction
from functools import lru_cache
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from .settings import Settings


class Mel(Settings):
    """How a mel spectrum is computed. It travels with whatever was trained on such spectra, and nothing else fits."""

    rate: int = Field(default=22050, ge=1000, le=384000)
    """Samples a second."""
    window: int = Field(default=1024, ge=16, le=16384)
    """Samples of a Hann window."""
    hop: int = Field(default=256, ge=4, le=8192)
    """Samples from one frame to the next; at most half a window."""
    bands: int = Field(default=80, ge=4, le=512)
    """Mel bands."""
    low: float = Field(default=0.0, ge=0)
    """Lower edge of the lowest band, in Hz."""
    high: float | None = Field(default=None, gt=0)
    """Upper edge of the highest band, in Hz; without one, half the rate."""
    floor: float = Field(default=1e-5, gt=0)
    """Magnitudes below count as this one, so that silence has a logarithm."""
    scale: Literal["slaney", "htk"] = "slaney"
    """Slaney: linear below 1 kHz and bands of unit area (Slaney, 1998). HTK: 2595 log10(1 + f / 700), peaks of one."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.window - self.hop) % 2 or 2 * self.hop > self.window:
            raise ValueError(
                f"a hop is at most half a window and differs from it by an even number, got {self.hop} of {self.window}"
            )
        if self.top <= self.low or self.top > self.rate / 2:
            raise ValueError(f"bands lie between low and half the rate, got {self.low:g} to {self.top:g} Hz")
        return self

    @property
    def top(self) -> float:
        """Upper edge of the highest band, in Hz."""
        return self.rate / 2 if self.high is None else self.high

    @property
    def bins(self) -> int:
        """Frequencies F of the spectrum below the bands."""
        return self.window // 2 + 1

    def frames(self, samples: int) -> int:
        """Frames of a sound of so many samples."""
        return -(-samples // self.hop)


def usual_window(rate: int) -> int:
    """Samples of a window where nobody names one: the power of two nearest to the papers' 1,024 at 22,050 Hz."""
    return int(2 ** max(4, round(math.log2(0.0464 * rate))))


# --- Short-time spectra -----------------------------------------------------------------------------------------------


def stft(x: Tensor, window: int, hop: int) -> Tensor:
    """Complex spectra of x (B, T): (B, window // 2 + 1, ceil(T / hop)). Beyond its ends a sound is silent."""
    before = (window - hop) // 2
    after = -x.shape[-1] % hop + window - hop - before
    padded = functional.pad(x, (before, after))
    return torch.stft(padded, window, hop, window=hann(window, x), center=False, return_complex=True)


def istft(spectrum: Tensor, window: int, hop: int) -> Tensor:
    """Sound (B, frames * hop) whose spectra come nearest to (B, F, frames): overlap-add of windowed inverses, divided
    by the sum of squared windows. Inverts `stft`. Source: Griffin and Lim (1984), equation 6."""
    shape = hann(window, spectrum.real)
    frames = torch.fft.irfft(spectrum, window, dim=1) * shape[:, None]
    summed = _overlap(frames, hop)
    weight = _overlap((shape * shape)[None, :, None].expand(1, -1, frames.shape[2]), hop)
    before, length = (window - hop) // 2, frames.shape[2] * hop
    # At the very ends of a long window few squares overlap; below that much nothing can be told, and nothing is said.
    return (summed / weight.clamp_min(1e-4))[:, before : before + length]


def magnitude(spectrum: Tensor) -> Tensor:
    """|spectrum|, with a slope everywhere: a root has none at zero."""
    return (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()


def hann(window: int, like: Tensor) -> Tensor:
    """A periodic Hann window on the device of `like`."""
    return torch.hann_window(window, dtype=like.dtype, device=like.device)


def _overlap(frames: Tensor, hop: int) -> Tensor:
    """Frames (B, window, N) laid over each other a hop apart: (B, (N - 1) * hop + window)."""
    window, count = frames.shape[1:]
    total = (count - 1) * hop + window
    return functional.fold(frames, (1, total), (1, window), stride=(1, hop))[:, 0, 0]


# --- Mel bands --------------------------------------------------------------------------------------------------------


def log_mel(x: Tensor, mel: Mel) -> Tensor:
    """Natural logarithm of the mel bands of magnitudes, x (B, T) -> (B, bands, frames)."""
    return log_bands(magnitude(stft(x, mel.window, mel.hop)), mel)


def log_bands(magnitudes: Tensor, mel: Mel) -> Tensor:
    """The same of magnitudes (B, F, frames)."""
    return (mel_filters(mel).to(magnitudes) @ magnitudes).clamp_min(mel.floor).log()


def mel_filters(mel: Mel) -> Tensor:
    """Triangles (bands, F) that overlap by half on the mel scale. Sources: Slaney (1998); Young et al., HTK."""
    return _filters(mel)


@lru_cache(maxsize=16)
def _filters(mel: Mel) -> Tensor:
    ends = _mels(torch.tensor([mel.low, mel.top], dtype=torch.float64), mel.scale).tolist()
    edges = _hertz(torch.linspace(ends[0], ends[1], mel.bands + 2, dtype=torch.float64), mel.scale)
    bins = torch.linspace(0, mel.rate / 2, mel.bins, dtype=torch.float64)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    filters = torch.minimum(rising, falling).clamp_min(0)
    if mel.scale == "slaney":
        filters = filters * 2 / (high - low)
    return filters.float()


def _mels(hertz: Tensor, scale: str) -> Tensor:
    if scale == "htk":
        return 2595 * torch.log10(1 + hertz / 700)
    above = 15 + 27 * torch.log(hertz.clamp_min(1000) / 1000) / math.log(6.4)
    return torch.where(hertz < 1000, hertz * 3 / 200, above)


def _hertz(mels: Tensor, scale: str) -> Tensor:
    if scale == "htk":
        return 700 * (10 ** (mels / 2595) - 1)
    return torch.where(mels < 15, mels * 200 / 3, 1000 * torch.exp((mels - 15) * math.log(6.4) / 27))


def invert_mel(bands: Tensor, mel: Mel, iterations: int = 100) -> Tensor:
    """Magnitudes (B, F, frames), none negative, whose mel bands come nearest to log bands (B, bands, frames).

    Least squares by projected gradient with momentum. Source: Beck and Teboulle (2009).
    """
    wanted = bands.exp()
    filters, inverse, square, step = (each.to(bands) for each in _inverse(mel))
    aim = filters.T @ wanted
    x = (inverse @ wanted).clamp_min(0)
    ahead, pace = x, 1.0
    for _ in range(iterations):
        nearer = (ahead - step * (square @ ahead - aim)).clamp_min(0)
        quicker = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead, x, pace = nearer + (pace - 1) / quicker * (nearer - x), nearer, quicker
    return x


def mended(
    x: Tensor, bands: Tensor, mel: Mel, iterations: int = 15, share: float = 1.0, momentum: float = 0.8
) -> Tensor:
    """Sound x (B, frames * hop) made louder and softer, band by band, until its log bands come near to those given.

    Each time every frequency moves by `share` of what is missing in the bands that it lies in; phases stay. It is done
    to the sound carried on by `momentum` of its last change, as Perraudin et al. (2013) do with phases: half as many
    iterations come as far.
    """
    filters = mel_filters(mel).to(x)
    spread = (filters / filters.sum(0).clamp_min(1e-9)).T
    before = x
    for _ in range(iterations):
        ahead, before = x + momentum * (x - before), x
        heard = stft(ahead, mel.window, mel.hop)
        missing = (bands - log_bands(magnitude(heard), mel)).clamp(-3, 3)
        x = istft(heard * (share * (spread @ missing)).exp(), mel.window, mel.hop)
    return x


@lru_cache(maxsize=16)
def _inverse(mel: Mel) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The filters, their pseudo-inverse (F, bands), their square (F, F), and the step that descends on that."""
    filters = mel_filters(mel).double()
    square = filters.T @ filters
    step = 1 / torch.linalg.matrix_norm(square, 2)
    return filters, torch.linalg.pinv(filters), square, step


def griffin_lim(
    magnitudes: Tensor, window: int, hop: int, iterations: int = 32, momentum: float = 0.99, seed: int = 0
) -> Tensor:
    """Sound (B, frames * hop) whose spectra have these magnitudes (B, F, frames), as nearly as so many iterations find.

    Momentum 0 is Griffin and Lim (1984); 0.99 is the fast version of Perraudin et al. (2013). The phases it starts
    from are drawn with `seed`.
    """
    drawn = torch.rand(magnitudes.shape, generator=torch.Generator().manual_seed(seed)).to(magnitudes)
    guess = torch.polar(torch.ones_like(magnitudes), 2 * math.pi * drawn)
    before = torch.zeros_like(guess)
    for _ in range(iterations):
        rebuilt = stft(istft(magnitudes * guess, window, hop), window, hop)
        ahead = rebuilt + momentum * (rebuilt - before)
        guess, before = ahead / ahead.abs().clamp_min(1e-12), rebuilt
    return istft(magnitudes * guess, window, hop)


# --- Other rates ------------------------------------------------------------------------------------------------------


def resample(x: Tensor, rate: int, wanted: int, zeros: int = 16) -> Tensor:
    """x (..., T) at `rate` -> (..., ceil(T * wanted / rate)) at the wanted rate, by a windowed sinc.

    What lies above half the lower rate is cut off first, over `zeros` crossings under a Kaiser window. Rates without a
    small ratio are met within a millionth.
    """
    if rate == wanted or not x.numel():
        return x
    ratio = Fraction(wanted, rate).limit_denominator(1000) if max(rate, wanted) < 1000 * min(rate, wanted) else None
    if ratio is None:
        raise ValueError(f"rates are at most a factor of 1000 apart, got {rate} and {wanted}")
    up, down = ratio.numerator, ratio.denominator
    kernel, width = _sinc(up, down, zeros)
    length = -(-x.shape[-1] * wanted // rate)
    flat = functional.pad(x.reshape(-1, 1, x.shape[-1]), (width, width + 2 * down))
    phases = functional.conv1d(flat, kernel.to(x), stride=down)
    out = phases.transpose(1, 2).flatten(1)[:, :length]
    return functional.pad(out, (0, length - out.shape[1])).view(*x.shape[:-1], length)


@lru_cache(maxsize=16)
def _sinc(up: int, down: int, zeros: int) -> tuple[Tensor, int]:
    """Filters (up, 1, K), one a phase of the output, and how many samples they look back."""
    band = 0.97 * min(1.0, up / down)
    width = math.ceil(zeros / band)
    places = torch.arange(-width, width + down, dtype=torch.float64)
    away = places[None] - torch.arange(up, dtype=torch.float64)[:, None] * down / up
    shape = (1 - (away / (width + 0.5)).square()).clamp_min(0).sqrt()
    tapered = torch.special.i0(9.0 * shape) / torch.special.i0(torch.tensor(9.0))
    window = torch.where(away.abs() < width + 0.5, tapered, 0)
    return (torch.sinc(away * band) * band * window).float()[:, None], width
