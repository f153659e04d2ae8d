"""Recordings and their mel spectra: what is read, cut, spoilt and given."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains.audio.wav import sixteen, write_wav
from ganworks.domains.vocoder import Vocoder, spectrogram
from ganworks.settings import ConfigError, DataError
from ganworks.spectra import log_mel


def recording(path: Path, rate: int = 8000, seconds: float = 1.0, channels: int = 1, seed: int = 0) -> Path:
    draw = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(2 * np.pi * (200 + 50 * seed) * np.arange(int(rate * seconds)) / rate)
    sound = 0.3 * tone + 0.01 * draw.standard_normal((channels, len(tone)))
    return write_wav(path, sixteen(sound), rate)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(24):
        recording(tmp_path / "in" / f"take_{i:02d}.wav", seed=i)
    return tmp_path / "in"


def test_mixed_rates_and_channels_are_brought_together_and_said(folder: Path) -> None:
    recording(folder / "stereo.wav", channels=2, seed=30)
    recording(folder / "fast.wav", rate=16000, seed=31)
    dataset = Vocoder().read(str(folder))
    notes = "; ".join(dataset.notes)
    assert dataset.facts["mel"]["rate"] == 8000 and "1 of 16,000 Hz" in notes and "1 recordings of several" in notes


def test_one_bad_file_is_listed_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "empty.wav").write_bytes(b"")
    whole = recording(folder / "cut.wav", seed=40).read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    write_wav(folder / "silent.wav", np.zeros((1, 8000), np.int16), 8000)
    recording(folder / "short.wav", seconds=0.01)
    dataset = Vocoder().read(str(folder))
    assert sorted(each.name for each in dataset.skipped) == ["cut.wav", "empty.wav", "short.wav", "silent.wav"]
    assert all("\n" not in each.reason and str(folder) not in each.reason for each in dataset.skipped)
    with pytest.raises(DataError, match=r"cut\.wav: [^\n]+$"):
        Vocoder().read(str(folder), strict=True)


@pytest.mark.parametrize("what", ["nothing", "nowhere"])
def test_a_folder_without_sound_is_one_line(tmp_path: Path, what: str) -> None:
    place = tmp_path / what
    if what == "nothing":
        place.mkdir()
    with pytest.raises(DataError) as caught:
        Vocoder().read(str(place))
    assert str(place) in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_given_is_the_spectrum_of_the_target_with_all_that_lies_around(folder: Path) -> None:
    domain = Vocoder(frames=8, gain=0)
    dataset = domain.read(str(folder))
    codec = domain.fit(dataset)
    assert codec.mel.window == 512 and codec.mel.hop == 128
    piece = torch.from_numpy(dataset.train.fetch(np.arange(3)).x)
    torch.manual_seed(3)
    batch = codec.encode(piece)
    assert batch.x.shape == (3, 1, 1024) and batch.c is not None and batch.c.shape == (3, 80 + 257, 8)
    inner = log_mel(batch.x[:, 0], codec.mel)[..., 2:-2]
    torch.testing.assert_close(codec.bands(batch.c)[..., 2:-2], inner)
    whole = codec.bands(codec.condition(piece.float() / 32768))
    fixed = codec.encode(piece, fixed=True)
    assert fixed.c is not None
    torch.testing.assert_close(codec.bands(fixed.c), whole[..., :8], rtol=1e-4, atol=1e-4)


def test_no_segment_begins_in_what_fills_a_short_recording_up(tmp_path: Path) -> None:
    for i in range(12):
        recording(tmp_path / f"{i}.wav", seconds=0.2 if i % 2 else 2.0, seed=i)
    domain = Vocoder(frames=16)
    dataset = domain.read(str(tmp_path))
    codec = domain.fit(dataset)
    for _ in range(5):
        x = codec.encode(torch.from_numpy(dataset.train.fetch(np.arange(len(dataset.train))).x)).x
        assert (x[..., :1000].abs().amax((1, 2)) > 0.01).all()


@pytest.mark.parametrize("spoil", ["noise", "low-pass"])
def test_spoiling_changes_what_is_given_and_follows_from_the_record_where_it_is_held_out(spoil: str) -> None:
    clean, domain = Vocoder(frames=8), Vocoder(frames=8, spoil=spoil)
    dataset = domain.toy()
    codec = domain.fit(dataset)
    piece = torch.from_numpy(dataset.test.fetch(np.arange(4)).x)
    one, other = codec.encode(piece, fixed=True), codec.encode(piece[2:3], fixed=True)
    torch.testing.assert_close(one.x, clean.fit(dataset).encode(piece, fixed=True).x)
    assert (one.c - clean.fit(dataset).encode(piece, fixed=True).c).abs().mean() > 0.05
    torch.testing.assert_close(one.c[2:3], other.c, rtol=1e-4, atol=1e-4)


def test_bands_that_are_not_the_models_are_one_line() -> None:
    codec = Vocoder(frames=8).fit(Vocoder(frames=8).toy())
    assert codec.given(torch.full((80, 5), -20.0)).shape == (1, 80 + 257, 5)
    wrong = {
        r"wanted log mel bands \(80, frames\), got 40 x 5": torch.zeros(40, 5),
        r"3 of its numbers are not finite": torch.where(torch.arange(400) < 3, torch.nan, 0.0).view(80, 5),
        r"wanted natural logarithms": torch.full((80, 5), 90.0),
    }
    for line, bands in wrong.items():
        with pytest.raises(DataError, match=line) as caught:
            codec.given(bands)
        assert "\n" not in str(caught.value)


def test_a_picture_of_sound_is_bright_where_a_tone_is() -> None:
    mel = Vocoder().mel(8000)
    sound = torch.sin(2 * torch.pi * 500 * torch.arange(8000) / 8000)
    picture = spectrogram(sound, mel).astype(int).sum(2)
    assert picture.shape == (80, 63)
    assert picture[:, 30].argmax() > 40 and picture[40:, 30].max() > 500 and picture[:20, 30].mean() < 100


def test_windows_that_do_not_fit_are_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^domain[^\n]*a hop is at most half a window[^\n]*$"):
        Vocoder(window=256, hop=200).mel(8000)
