"""Pitch, loudness and length of sounds whose own are known."""

import math

import pytest
import torch

from ganworks.metrics.sound.traits import loudness, pitch, seconds, semitones, statistics

RATE = 8000


def voices(hertz: list[float], loud: float = 0.5, length: int = 4000, rate: int = RATE) -> torch.Tensor:
    """Sounds of ten harmonics, (N, length)."""
    time = torch.arange(length, dtype=torch.float64) / rate
    waves = [sum(torch.sin(2 * math.pi * n * each * time) / n for n in range(1, 11)) for each in hertz]
    return torch.stack([loud * each / each.abs().max() for each in waves]).float()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_pitch_is_found_to_a_tenth_of_a_semitone(rate: int) -> None:
    hertz = [80.0, 110.0, 155.5, 220.0, 311.0, 450.0]
    found = pitch(voices(hertz, rate=rate), rate)
    assert (12 * (found / torch.tensor(hertz)).log2()).abs().max() < 0.1


def test_pitch_does_not_mind_a_little_noise_and_silence_around() -> None:
    noise = 0.02 * torch.randn(3, 8000, generator=torch.Generator().manual_seed(0))
    sounds = torch.nn.functional.pad(voices([120.0, 200.0, 300.0]), (2000, 2000)) + noise
    assert (12 * (pitch(sounds, RATE) / torch.tensor([120.0, 200.0, 300.0])).log2()).abs().max() < 0.3


def test_noise_and_silence_have_no_pitch() -> None:
    noise = torch.randn(20, 8000, generator=torch.Generator().manual_seed(0))
    assert pitch(noise, RATE).isnan().double().mean() > 0.9
    assert pitch(torch.zeros(2, 4000), RATE).isnan().all()


def test_loudness_is_that_of_what_is_heard() -> None:
    tone = torch.sin(2 * math.pi * 400 * torch.arange(4000) / RATE)[None]
    padded = torch.nn.functional.pad(0.1 * tone, (0, 4000))
    assert loudness(torch.cat([padded, torch.nn.functional.pad(tone, (0, 4000))]), RATE).numpy() == pytest.approx(
        [-23.01, -3.01], abs=0.1
    )


def test_length_is_from_the_first_to_the_last_that_is_heard() -> None:
    sound = torch.nn.functional.pad(voices([200.0], length=2000), (1600, 3000))
    assert seconds(sound, RATE).item() == pytest.approx(0.25, abs=0.02)


def test_statistics_tell_pitches_apart_and_know_no_order_of_sounds() -> None:
    sounds = voices([100.0, 300.0])
    found = statistics(sounds, RATE)
    assert found.shape == (2, 60) and found.isfinite().all() and (found[0] - found[1]).abs().max() > 0.5
    assert torch.allclose(statistics(sounds.flip(0), RATE).flip(0), found, atol=1e-5)


def test_twelve_semitones_are_a_doubling() -> None:
    assert semitones(torch.tensor([100.0, 200.0])).tolist() == [0, 12]
