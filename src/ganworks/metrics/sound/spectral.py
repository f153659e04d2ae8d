"""How far one sound lies from the one it should have become: by mel bands, and by spectra of several windows.

Sounds are compared by how loud each frequency is at each moment. Phases are no fault: two sounds with the same spectra
are one sound to the ear, though no sample of theirs agrees.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...settings import DataError
from ...spectra import Mel, log_mel, magnitude, stft

DECIBELS = 20 / math.log(10)
"""Of a nat of magnitude."""
FAINT = 1e-5
"""Magnitude below which nothing is compared."""


def mel_distance(real: Tensor, fake: Tensor, mel: Mel) -> Tensor:
    """Mean absolute difference of log mel bands of each pair, in nats (8.69 dB), (B,) float64. 0 is best.

    real and fake (B, T) in -1..1. Raises DataError when shapes differ or a number is not finite.
    """
    _check(real, fake)
    return (log_mel(real.double(), mel) - log_mel(fake.double(), mel)).abs().mean((1, 2))


def spectral_distance(real: Tensor, fake: Tensor, windows: Sequence[int] = (256, 512, 1024)) -> Tensor:
    """Spectral convergence and mean absolute log magnitude added, averaged over windows, (B,) float64. 0 is best.

    It sees what mel bands are too wide to tell, such as the harmonics of a voice.
    Source: Yamamoto et al. (2020), equations 4 to 6. Raises as `mel_distance`.
    """
    _check(real, fake)
    total = torch.zeros(len(real), dtype=torch.float64)
    for window in windows:
        wanted, got = (magnitude(stft(each.double(), window, window // 4)) for each in (real, fake))
        off = (wanted - got).square().sum((1, 2)).sqrt() / wanted.square().sum((1, 2)).sqrt().clamp_min(FAINT)
        logs = (wanted.clamp_min(FAINT).log() - got.clamp_min(FAINT).log()).abs().mean((1, 2))
        total += (off + logs).cpu()
    return total / len(windows)


def _check(real: Tensor, fake: Tensor) -> None:
    if real.shape != fake.shape or real.ndim != 2:
        raise DataError(f"wanted pairs of sounds (B, T), got {tuple(real.shape)} and {tuple(fake.shape)}")
    for name, each in (("real", real), ("fake", fake)):
        if not each.isfinite().all():
            raise DataError(f"the {name} sounds hold {int((~each.isfinite()).sum())} numbers that are not finite")
