"""What a short sound is like, in numbers: statistics of its mel spectrum, its pitch, how loud it is and how long."""

import math

import torch
from torch import Tensor

from ...spectra import Mel, log_mel

BANDS = 20
"""Mel bands of the statistics: three numbers each, so that a few hundred sounds are enough."""
QUIET = 1e-4
"""Magnitude of a band that counts as silence, under windows whose squares sum to one."""
WINDOW, PITCH_WINDOW = 0.032, 0.048
"""Seconds of a window of the spectrum, and of one in which pitch is looked for: two periods of the lowest."""
LOWEST, HIGHEST = 60.0, 500.0
"""Hz between which pitch is looked for: voices."""
VOICED = 0.5
"""Autocorrelation from which on a window is voiced."""
OCTAVE = 0.1
"""What a period twice as long has to be better by."""
AUDIBLE = 30.0
"""Decibels below a sound's loudest window at which it counts as silence."""


def statistics(x: Tensor, rate: int) -> Tensor:
    """Sounds (N, T) -> (N, 60): of each mel band the mean, deviation and mean step of its logarithm over time."""
    return torch.cat([_statistics(part, rate) for part in torch.split(x, 64)])


def _statistics(x: Tensor, rate: int) -> Tensor:
    window = 4 * max(4, round(WINDOW * rate / 4))
    mel = Mel(rate=rate, window=window, hop=window // 4, bands=BANDS, floor=QUIET * math.sqrt(window))
    bands = log_mel(x, mel)
    return torch.cat([bands.mean(2), bands.std(2), bands.diff(dim=2).abs().mean(2)], dim=1)


def loudness(x: Tensor, rate: int) -> Tensor:
    """Root mean square of what is audible in each of sounds (N, T), in decibels of full scale (N,)."""
    power = _windows(x, round(0.02 * rate)).square().mean(2)
    heard = power >= power.amax(1, keepdim=True) * 10 ** (-AUDIBLE / 10)
    mean = (power * heard).sum(1) / heard.sum(1)
    return 10 * (mean + 1e-12).log10()


def seconds(x: Tensor, rate: int) -> Tensor:
    """From the first to the last audible hundredth of a second of sounds (N, T): (N,)."""
    power = _windows(x, max(1, rate // 100)).square().mean(2)
    heard = power >= power.amax(1, keepdim=True).clamp_min(1e-12) * 10 ** (-AUDIBLE / 10)
    places = torch.arange(1, power.shape[1] + 1)
    last = (heard * places).amax(1)
    first = power.shape[1] + 1 - (heard * places.flip(0)).amax(1)
    return (last - first + 1).clamp_min(0) * max(1, rate // 100) / rate


def pitch(x: Tensor, rate: int) -> Tensor:
    """Median pitch of the voiced windows of sounds (N, T), in Hz (N,); NaN where none is voiced.

    Where the autocorrelation, divided by the window's own, is highest: Boersma (1993), without his path through time.
    """
    return torch.cat([_pitch(part, rate) for part in torch.split(x, 64)])


def _pitch(x: Tensor, rate: int) -> Tensor:
    length = round(PITCH_WINDOW * rate)
    windows = _windows(x, length, length // 2)
    power = windows.square().mean(2)
    shape = torch.hann_window(length)
    centred = (windows - windows.mean(2, keepdim=True)) * shape
    own, found = _autocorrelation(shape[None, None]), _autocorrelation(centred)
    lags = torch.arange(math.ceil(rate / HIGHEST), math.floor(rate / LOWEST) + 1)
    # Far lags are known from few samples, and what fades or is noisy seems to agree with itself more than wholly.
    share = ((found[..., lags] / found[..., :1].clamp_min(1e-12)) / (own[..., lags] / own[..., :1])).clamp_max(1)
    # Of equally good periods the shortest: twice a period is one, too.
    place = (share - OCTAVE * (lags / lags[0]).log2()).argmax(2)
    heard = power >= power.amax(1, keepdim=True) * 10 ** (-AUDIBLE / 10)
    voiced = heard & (share.gather(2, place[..., None])[..., 0] >= VOICED) & (power > 1e-10)
    hertz = torch.where(voiced, rate / _between(share, place, lags), torch.nan)
    return hertz.nanmedian(1).values


def _between(share: Tensor, place: Tensor, lags: Tensor) -> Tensor:
    """The lag of the peak, to fractions of a sample, by the parabola through it and its neighbours."""
    inner = place.clamp(1, len(lags) - 2)
    before, at, after = (share.gather(2, (inner + step)[..., None])[..., 0] for step in (-1, 0, 1))
    bend = before - 2 * at + after
    away = torch.where(bend < 0, (before - after) / (2 * bend.clamp(max=-1e-9)), 0.0).clamp(-1, 1)
    return lags[inner] + away


def _autocorrelation(x: Tensor) -> Tensor:
    spectrum = torch.fft.rfft(x, 2 * x.shape[-1])
    found: Tensor = torch.fft.irfft(spectrum.abs().square(), 2 * x.shape[-1])
    return found[..., : x.shape[-1]]


def _windows(x: Tensor, length: int, hop: int | None = None) -> Tensor:
    """(N, T) -> (N, windows, length), the last one filled up with silence."""
    hop = hop or length
    count = max(1, math.ceil((x.shape[1] - length) / hop) + 1)
    padded = torch.nn.functional.pad(x, (0, max(0, (count - 1) * hop + length - x.shape[1])))
    return padded.unfold(1, length, hop)


def semitones(hertz: Tensor) -> Tensor:
    """Above 100 Hz; twelve a doubling."""
    return 12 * (hertz / 100).log2()
