"""Files of sound: every kind of WAV is read, and what is broken is told in a few words and left out."""

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.audio import Audio
from ganworks.domains.audio.reading import clipped, fault, read
from ganworks.domains.audio.wav import sixteen, write_wav
from ganworks.settings import DataError

RATE = 8000


def tone(seconds: float = 0.2, hertz: float = 440.0, loud: float = 0.5, rate: int = RATE) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate))[None]


def save(path: Path, sound: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_wav(path, sixteen(sound), rate)


def page(kind: int, bits: int, data: bytes, channels: int = 1, size: int | None = None, rate: int = RATE) -> bytes:
    """A whole WAV file, whose header may claim another size of the sound."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty sound recordings of 8 kHz."""
    for i in range(20):
        save(tmp_path / "sounds" / f"{i:02d}.wav", tone(hertz=200 + 20 * i))
    return tmp_path / "sounds"


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_whole_numbers_of_every_width_are_read(tmp_path: Path, bits: int) -> None:
    sound = np.array([[0.0, 0.5, -0.5, 0.25], [0.75, -0.25, 0.0, -1.0]])
    whole = np.rint(sound.T.ravel() * 2 ** (bits - 1)).astype(np.int64) + (128 if bits == 8 else 0)
    data = b"".join(int(each).to_bytes(bits // 8, "little", signed=bits > 8) for each in whole)
    (tmp_path / "a.wav").write_bytes(page(1, bits, data, channels=2))
    found, rate = read(tmp_path / "a.wav")
    assert rate == RATE and np.allclose(found, sound, atol=1e-6)


@pytest.mark.parametrize("bits", [32, 64])
def test_fractions_are_read(tmp_path: Path, bits: int) -> None:
    sound = np.array([0.1, -0.7, 0.3])
    (tmp_path / "a.wav").write_bytes(page(3, bits, sound.astype(f"<f{bits // 8}").tobytes()))
    assert np.allclose(read(tmp_path / "a.wav")[0], sound)


def test_what_is_written_is_what_the_standard_library_reads(tmp_path: Path) -> None:
    whole = np.array([[0, 1, -32768], [32767, 5, 6]], np.int16)
    with wave.open(str(write_wav(tmp_path / "a.wav", whole, 16000))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 16000, 2)
        assert np.array_equal(np.frombuffer(file.readframes(9), "<i2").reshape(-1, 2).T, whole)
    found, rate = read(tmp_path / "a.wav")
    assert rate == 16000 and np.array_equal(sixteen(found), whole)


def test_flac_and_ogg_are_read_where_the_library_is(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    sound = tone()
    for suffix in ("flac", "ogg"):
        soundfile.write(tmp_path / f"a.{suffix}", sound.T, RATE)
        found, rate = read(tmp_path / f"a.{suffix}")
        assert rate == RATE and found.shape == sound.shape and np.abs(found - sound).max() < 0.1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty file"),
        (b"not a sound at all", "no WAV file"),
        (page(1, 16, b"\1\0" * 50, size=2000), "promises 1,000 samples, 50 are there"),
        (page(1, 16, b"\1\0" * 50, rate=0), "0 samples a second"),
        (page(1, 16, b"\1\0" * 50, channels=0), "0 channels"),
        (page(0x1234, 16, b"\1\0" * 50), "format 4660, 16 bits"),
        (page(1, 16, b"")[:30], "header is cut short"),
        (page(1, 16, b"")[:-8], "the sound is not"),
    ],
)
def test_a_broken_file_is_told_in_one_line_with_its_name(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(data)
    with pytest.raises(DataError, match=said) as told:
        read(path)
    assert str(told.value).startswith(str(path)) and "\n" not in str(told.value)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_length_that_a_pipe_left_open_is_that_of_the_file(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.wav").write_bytes(page(1, 16, b"\1\0" * 50, size=size))
    assert read(tmp_path / "a.wav")[0].shape == (1, 50)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (tone(0.01), "too short"),
        (np.zeros((1, 2000)), "silent"),
        (np.where(np.arange(2000) == 7, np.nan, tone(0.25)), "1 of 2,000 samples are no numbers"),
        (np.clip(tone(loud=9), -1, 1), "clipped"),
    ],
)
def test_a_recording_of_no_use_is_told_so(sound: np.ndarray, said: str) -> None:
    assert said in str(fault(sound.astype(np.float32), RATE, 0.05))


def test_a_single_loud_sample_is_no_clipping() -> None:
    sound = tone().astype(np.float32)
    sound[0, 10] = 1.0
    assert clipped(sound) == 0 and fault(sound, RATE, 0.05) is None


def test_broken_files_are_listed_and_the_rest_carries_on(folder: Path) -> None:
    save(folder / "zero.wav", np.zeros((1, 2000)))
    (folder / "cut.wav").write_bytes(page(1, 16, b"\1\0" * 50, size=2000))
    (folder / "nan.wav").write_bytes(page(3, 32, np.full(2000, np.nan, "<f4").tobytes()))
    dataset = Audio().read(str(folder))
    assert [each.name for each in dataset.skipped] == ["cut.wav", "nan.wav", "zero.wav"]
    assert dataset.notes[0].startswith("20 recordings")
    with pytest.raises(DataError, match=r"cut\.wav: cut short"):
        Audio().read(str(folder), strict=True)


def test_a_folder_without_any_use_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sound files"):
        Audio().read(str(tmp_path))
    save(tmp_path / "a.wav", np.zeros((1, 2000)))
    with pytest.raises(DataError, match=r"none of 1 sound files can be used; the first, a\.wav: silent"):
        Audio().read(str(tmp_path))
    with pytest.raises(DataError, match="there is none"):
        Audio().read(str(tmp_path / "nowhere"))


def test_mixed_rates_and_channels_are_brought_together_and_said(folder: Path) -> None:
    stereo = np.concatenate([tone(rate=16000), tone(rate=16000)])
    save(folder / "wide.wav", stereo, 16000)
    dataset = Audio().read(str(folder))
    notes = "; ".join(dataset.notes)
    assert "resampled to 8,000 samples a second (domain.rate): 20 of 8,000 Hz, 1 of 16,000 Hz" in notes
    assert "brought to 1 channel (domain.channels): 20 with 1, 1 with 2" in notes
    spectrum = np.abs(
        np.fft.rfft(
            np.concatenate([s.fetch(np.arange(len(s))).x for s in (dataset.train, dataset.validation, dataset.test)])[
                :, 0
            ]
        )
    )
    assert 440 in np.round(spectrum.argmax(1) * RATE / dataset.facts["length"], -1)


def test_sounds_are_recognised_by_their_names(folder: Path, tmp_path: Path) -> None:
    assert Audio.recognises(folder) and Audio.recognises(folder / "00.wav") and Audio.recognises(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"")
    assert not Audio.recognises(tmp_path / "other") and not Audio.recognises(tmp_path / "nowhere")
