"""Distances between sounds, by what they sound like."""

import pytest
import torch

from ganworks.metrics.sound.spectral import DECIBELS, mel_distance, spectral_distance
from ganworks.settings import DataError
from ganworks.spectra import Mel

MEL = Mel(rate=8000, window=256, hop=64, bands=40)


def sounds(count: int = 3) -> torch.Tensor:
    return 0.1 * torch.randn(count, 4096, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_same_sound_is_at_no_distance_and_so_is_its_negative() -> None:
    x = sounds()
    for distance in (mel_distance(x, -x, MEL), spectral_distance(x, -x)):
        assert distance.shape == (3,) and distance.dtype == torch.float64 and distance.abs().max() < 1e-9


def test_half_as_loud_is_six_decibels_away() -> None:
    x = sounds()
    found = mel_distance(x, x / 2, MEL) * DECIBELS
    torch.testing.assert_close(found, torch.full((3,), 6.0206, dtype=torch.float64), rtol=1e-4, atol=0.0)


def test_a_tone_beside_the_right_one_is_heard_by_spectra() -> None:
    time = torch.arange(4096, dtype=torch.float64) / 8000
    tone, other = (torch.sin(6.2832 * pitch * time)[None] for pitch in (1000.0, 1030.0))
    assert spectral_distance(tone, other) > 3 * spectral_distance(tone, 0.95 * tone)


def test_what_cannot_be_compared_is_one_line() -> None:
    x = sounds()
    with pytest.raises(DataError, match=r"^wanted pairs of sounds"):
        mel_distance(x, x[:, :-1], MEL)
    broken = x.clone()
    broken[0, 5] = float("nan")
    with pytest.raises(DataError, match=r"^the fake sounds hold 1 numbers that are not finite$"):
        spectral_distance(x, broken)
