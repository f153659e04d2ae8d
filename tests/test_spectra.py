"""Spectra of sound: definitions, ways back, bands, other rates."""

import math

import pytest
import torch

from ganworks.settings import ConfigError
from ganworks.spectra import (
    Mel,
    griffin_lim,
    invert_mel,
    istft,
    log_bands,
    log_mel,
    magnitude,
    mel_filters,
    resample,
    stft,
)  # fmt: skip


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def sine(rate: int, pitch: float, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * math.pi * pitch * torch.arange(round(rate * seconds), dtype=torch.float64) / rate)


def test_a_frame_is_the_fourier_transform_of_its_window() -> None:
    x, window, hop = noise(2, 256), 64, 16
    frame = 5
    begin = frame * hop + hop // 2 - window // 2
    wanted = torch.fft.rfft(x[:, begin : begin + window] * torch.hann_window(window, dtype=torch.float64))
    torch.testing.assert_close(stft(x, window, hop)[:, :, frame], wanted)


def test_spectra_are_those_of_torch_where_the_sound_goes_on() -> None:
    x, window, hop = noise(1, 512), 64, 16
    shifted = torch.nn.functional.pad(x, (0, hop))[:, hop // 2 :]
    wanted = torch.stft(
        shifted, window, hop, window=torch.hann_window(window, dtype=x.dtype), center=True, return_complex=True
    )
    torch.testing.assert_close(stft(x, window, hop)[:, :, 3:-3], wanted[:, :, 3:29])


@pytest.mark.parametrize(("window", "hop"), [(64, 16), (64, 32), (512, 128), (20, 10)])
def test_sound_comes_back_from_its_spectrum_to_the_last_sample(window: int, hop: int) -> None:
    x = noise(3, 7 * 128)
    x = x[:, : x.shape[1] // hop * hop]
    spectrum = stft(x, window, hop)
    assert spectrum.shape == (3, window // 2 + 1, x.shape[1] // hop)
    torch.testing.assert_close(istft(spectrum, window, hop), x)


def test_a_piece_of_the_sound_is_a_piece_of_the_spectrum() -> None:
    x = noise(1, 1024)
    whole, piece = stft(x, 64, 16), stft(x[:, 160:], 64, 16)
    torch.testing.assert_close(whole[:, :, 12:], piece[:, :, 2:])


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_bands_cover_what_lies_between_their_ends_and_peak_where_a_tone_is(scale: str) -> None:
    mel = Mel(rate=8000, window=512, hop=128, bands=40, low=50, high=3500, scale=scale)
    filters = mel_filters(mel)
    assert filters.shape == (40, 257) and (filters >= 0).all() and (filters.sum(1) > 0).all()
    bins = torch.linspace(0, 4000, 257)
    assert filters[:, (bins < 50) | (bins > 3500)].sum() == 0
    found = log_mel(sine(8000, 1000)[None], mel)[0, :, 20].argmax()
    assert abs(float(bins[filters[found].argmax()]) - 1000) < 60
    if scale == "htk":
        assert abs(float(filters[20:].max()) - 1) < 0.1
    else:  # unit area, in hertz
        torch.testing.assert_close(filters.sum(1) * 4000 / 256, torch.ones(40), rtol=0.2, atol=0.0)


def test_silence_has_a_logarithm_and_a_gradient() -> None:
    x = torch.zeros(1, 512, requires_grad=True)
    found = log_mel(x, Mel(rate=8000, window=64, hop=16, bands=10))
    assert torch.allclose(found, torch.tensor(1e-5).log())
    magnitude(stft(x, 64, 16)).sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


def test_magnitudes_without_a_negative_one_are_found_for_bands() -> None:
    mel = Mel(rate=8000, window=256, hop=64, bands=40)
    bands = log_mel(0.1 * noise(1, 4096).float(), mel)
    found = invert_mel(bands, mel)
    assert (found >= 0).all() and (log_bands(found, mel) - bands).abs().mean() < 0.02


def test_griffin_and_lim_come_nearer_with_every_iteration_and_momentum_is_quicker() -> None:
    x = (sine(8000, 440) + 0.5 * sine(8000, 700)).float()[None, :4096]
    wanted = magnitude(stft(x, 256, 64))

    def off(iterations: int, momentum: float) -> float:
        made = griffin_lim(wanted, 256, 64, iterations, momentum)
        return float((magnitude(stft(made, 256, 64)) - wanted).square().mean())

    plain = [off(each, 0.0) for each in (0, 4, 32)]
    assert plain[0] > plain[1] > plain[2] > off(32, 0.99)
    assert torch.equal(griffin_lim(wanted, 256, 64, 3), griffin_lim(wanted, 256, 64, 3))


@pytest.mark.parametrize(
    ("rate", "wanted"), [(8000, 16000), (22050, 8000), (44100, 16000), (8000, 11025), (44101, 8000)]
)
def test_resampling_keeps_a_tone_and_its_length(rate: int, wanted: int) -> None:
    found = resample(sine(rate, 440, 0.5)[None].float(), rate, wanted)
    ideal = sine(wanted, 440, 0.5).float()
    assert abs(found.shape[1] - wanted * 0.5) <= 1
    away = slice(200, min(len(ideal), found.shape[1]) - 200)
    assert (found[0, away] - ideal[away]).abs().max() < 5e-3


def test_resampling_takes_away_what_the_lower_rate_cannot_hold() -> None:
    assert resample(sine(16000, 5000)[None].float(), 16000, 8000)[0, 100:-100].abs().max() < 1e-3


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"window": 64, "hop": 33}, "a hop is at most half a window"),
        ({"rate": 8000, "high": 5000.0}, "bands lie between low and half the rate"),
    ],
)
def test_what_cannot_be_is_one_line(settings: dict, line: str) -> None:
    with pytest.raises(ConfigError, match=line) as caught:
        Mel.from_tree(settings)
    assert "\n" not in str(caught.value)
