"""Two kinds of recordings without pairs: what is read, cut and refused, and the way to spectra and back."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains import Voices
from ganworks.domains.audio.wav import sixteen, write_wav
from ganworks.domains.voices import in_pieces
from ganworks.settings import DataError
from ganworks.spectra import log_mel


def sound(path: Path, hertz: float, seconds: float = 0.4, rate: int = 8000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.4 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    return write_wav(path, sixteen(np.repeat(tone[None].astype(np.float32), channels, 0)), rate)


def sides(place: Path, a: str = "trainA", b: str = "trainB", count: int = 24) -> Path:
    for i in range(count):
        sound(place / a / f"{i}.wav", 150 + i)
        sound(place / b / f"{i}.wav", 700 + 5 * i)
    return place


def test_both_sides_are_read_at_one_rate_and_level_and_it_is_said(tmp_path: Path) -> None:
    sound(sides(tmp_path) / "trainB" / "other.wav", 500, rate=16000, channels=2)
    dataset = Voices().read(str(tmp_path))
    codec = Voices().fit(dataset)
    assert codec.mel.rate == 8000 and codec.spec.shape == (1, 64, 32) == codec.spec.condition.shape
    told = "; ".join(dataset.notes)
    assert "'trainA' becomes 'trainB'" in told and "1 of 16,000 Hz" in told and "several channels were mixed" in told
    train = dataset.train
    assert abs(train.inputs.fetch(np.arange(len(train.inputs))).x).max(1).min() > 31_000
    back = Voices(direction="BtoA").read(str(tmp_path))
    assert "'trainB' becomes 'trainA'" in "; ".join(back.notes) and back.fingerprint != dataset.fingerprint


def test_folders_of_tests_are_held_out_and_named_folders_are_taken(tmp_path: Path) -> None:
    place = sides(sides(tmp_path), "testA", "testB", 5)
    dataset = Voices(validation=0.1).read(str(place))
    assert len(dataset.test.inputs) == len(dataset.test.targets) == 5
    sides(tmp_path / "other", "anna", "bert")
    assert len(Voices(input="anna", target="bert").read(str(tmp_path / "other")).train)


def test_training_takes_windows_from_anywhere_and_held_out_records_their_start(tmp_path: Path) -> None:
    place = sides(tmp_path)
    sound(place / "trainA" / "long.wav", 300, seconds=3)
    dataset = Voices().read(str(place))
    codec = Voices().fit(dataset)
    raw = torch.from_numpy(dataset.train.fetch(dataset.train.spread(8)).x)
    fixed, again = (codec.encode(raw, fixed=True) for _ in range(2))
    assert torch.equal(fixed.x, again.x) and torch.equal(fixed.c, again.c)
    torch.manual_seed(0)
    assert not torch.equal(codec.encode(raw).c, fixed.c) and fixed.x.abs().max() <= 1


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        ("missing", "folders of 'A' but none of 'B'; add that side"),
        ("empty", "no sound files in this folder"),
        ("silent", "none of 24 sound files can be used; the first, 0.wav: silent"),
        ("names", "wanted two folders of recordings, such as trainA and trainB"),
    ],
)
def test_a_side_that_is_missing_or_of_no_use_is_one_line(tmp_path: Path, spoil: str, line: str) -> None:
    place = sides(tmp_path, *(("one", "two") if spoil == "names" else ("trainA", "trainB")))
    for each in (place / "trainB").glob("*.wav"):
        each.unlink()
        if spoil == "silent":
            write_wav(each, np.zeros((1, 4000), np.int16), 8000)
    if spoil == "missing":
        (place / "trainB").rmdir()
    with pytest.raises(DataError) as caught:
        Voices().read(str(place))
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_what_was_drawn_is_heard_again() -> None:
    codec = Voices().fit(Voices().toy())
    batch = codec.encode(torch.from_numpy(Voices().toy().train.fetch(np.arange(4)).x), fixed=True)
    bands = codec.target.bands(batch.x)
    again = log_mel(codec.target.heard(bands), codec.mel)
    assert float((again - bands).abs()[bands > codec.target.quietest + 1].mean()) < 0.3


@pytest.mark.parametrize("frames", [1, 31, 32, 33, 48, 200])
def test_pieces_of_any_length_put_together_are_the_whole(frames: int) -> None:
    c = torch.rand(2, 1, 8, frames)
    torch.testing.assert_close(in_pieces(lambda part: part * 0.5, c, 32), c * 0.5)
