"""Files of sound and of mel bands through a vocoder: names, lengths, rates, channels, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ganworks
from ganworks.application import apply
from ganworks.application.sound import Voice
from ganworks.domains.audio.reading import read
from ganworks.domains.audio.wav import sixteen, write_wav
from ganworks.evaluation.evaluate import evaluate
from ganworks.model import Model
from ganworks.settings import ConfigError, DataError
from ganworks.spectra import log_mel

NARROW = ["generator.width=16", "generator.blocks=1", "discriminator.width=2", "batch=4", "domain.frames=16",
          "threads=1", "discriminator.periods=[2, 3]", "device=cpu", "domain.test=0.2", "domain.validation=0.2",
          "health.samples=32", "health.judgements=2", "previews=1", "checkpoints=1"]  # fmt: skip


def tone(path: Path, rate: int = 8000, count: int = 5000, channels: int = 1, seed: int = 0) -> Path:
    draw = np.random.default_rng(seed)
    time = np.arange(count) / rate
    sound = [0.2 * np.sin(2 * np.pi * (150 + 40 * seed + 90 * each) * time) for each in range(channels)]
    return write_wav(path, sixteen(np.stack(sound) + 0.003 * draw.standard_normal((channels, count))), rate)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocoder")
    (folder / "in").mkdir()
    for i in range(24):
        tone(folder / "in" / f"t{i}.wav", seed=i)
    ganworks.train(folder / "in", recipe="vocoder", samples=16, run=folder / "run", settings=NARROW)
    return folder / "run"


def test_a_file_of_another_rate_and_two_channels_keeps_its_length_and_says_so(trained: Path, tmp_path: Path) -> None:
    source, lines = tone(tmp_path / "a.wav", rate=16000, count=9001, channels=2), []
    (out,) = apply(trained, source, tmp_path / "b.wav", notify=lines.append)
    sound, rate = read(out)
    assert sound.shape == (2, 4501) and rate == 8000
    told = "; ".join(lines)
    assert "resampled from 16,000 to the model's 8,000" in told and "each channel" in told and "real time" in told


def test_bands_of_a_sound_make_the_same_sound(trained: Path, tmp_path: Path) -> None:
    source = tone(tmp_path / "a.wav", count=128 * 40)
    model = Model.load(trained)
    bands = log_mel(torch.from_numpy(read(source)[0]), model.codec.mel)[0]
    np.save(tmp_path / "a.npy", bands.numpy())
    (one,) = apply(model, source, tmp_path / "one.wav")
    (other,) = apply(model, tmp_path / "a.npy", tmp_path / "other.wav")
    np.testing.assert_allclose(read(one)[0], read(other)[0], atol=2e-3)


def test_long_sounds_come_in_pieces_that_nobody_hears(trained: Path) -> None:
    voice = Voice(Model.load(trained))
    c = voice.codec.condition(0.1 * torch.randn(1, 128 * 90, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(voice.draw(c, at_once=20), voice.draw(c), rtol=1e-3, atol=1e-4)


def test_a_folder_keeps_its_names_and_leaves_out_what_cannot_be_used(trained: Path, tmp_path: Path) -> None:
    place = tmp_path / "in"
    (place / "below").mkdir(parents=True)
    tone(place / "good.wav")
    tone(place / "below" / "also.wav", seed=3)
    (place / "read.txt").write_text("not sound")
    write_wav(place / "silent.wav", np.zeros((1, 4000), np.int16), 8000)
    (place / "cut.wav").write_bytes((place / "good.wav").read_bytes()[:3000])
    np.save(place / "other.npy", np.zeros((40, 9), np.float32))
    np.save(place / "nan.npy", np.full((80, 9), np.nan, np.float32))
    (place / "pickled.npy").write_bytes(b"\x93NUMPY nothing")
    lines: list[str] = []
    written = apply(trained, place, tmp_path / "out", notify=lines.append)
    assert sorted(each.relative_to(tmp_path / "out").as_posix() for each in written) == ["below/also.wav", "good.wav"]
    left = [line for line in lines if line.startswith("left out")]
    assert len(left) == 5 and all("\n" not in line for line in left)
    with pytest.raises(ConfigError, match=r"exist"):
        apply(trained, place, tmp_path / "out")
    assert len(apply(trained, place, tmp_path / "out", force=True)) == 2


@pytest.mark.parametrize(("options", "line"), [({"tile": 64}, "--tile is for pictures"), ({"sheet": True}, "--sheet")])
def test_options_of_pictures_are_refused_in_one_line(trained: Path, tmp_path: Path, options: dict, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        apply(trained, tone(tmp_path / "a.wav"), tmp_path / "b.wav", **options)


def test_other_files_are_refused_in_one_line(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no sound")
    with pytest.raises(DataError, match=r"wanted sound \(\.wav"):
        apply(trained, tmp_path / "a.txt", tmp_path / "out")
    with pytest.raises(ConfigError, match=r"sound is written as \.wav, got '\.mp3'"):
        apply(trained, tone(tmp_path / "a.wav"), tmp_path / "b.mp3")


def test_evaluation_has_the_classical_ways_beside_and_sounds_to_play(trained: Path) -> None:
    page = evaluate(trained, count=4)
    (table,) = page["domain"]["tables"]
    rows = {row["name"]: row["values"] for row in table["rows"]}
    beside = {"Griffin-Lim, 32", "Griffin-Lim, 32, mended", "classic Griffin-Lim, 32", "random phases"}
    assert rows.keys() == {"vocoder", "network alone", *beside}
    assert rows["Griffin-Lim, 32"][0] < rows["random phases"][0]
    assert {each["kind"] for each in page["findings"]} == {"baselines", "stages"}
    for each in (*page["domain"]["sounds"], *page["domain"]["pictures"]):
        assert 0 < (trained / "samples" / each["file"]).stat().st_size <= 200_000
    assert (trained / "samples" / "latest.png").exists()


def test_a_run_of_pictures_or_latents_is_not_asked_for_sound(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ganworks apply"):
        Model.load(trained).inputs(1, 0)
