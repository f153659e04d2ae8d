"""A voice into another: trained for a moment, applied to sounds of any length, and judged beside what is trivial."""

from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.application import apply
from ganworks.compare import compare
from ganworks.domains.audio.reading import read
from ganworks.domains.audio.wav import sixteen, write_wav
from ganworks.domains.voices.toy import chirps
from ganworks.evaluation.evaluate import evaluate
from ganworks.settings import ConfigError, DataError

NARROW = ["generator.width=4", "generator.blocks=1", "generator.heads_at=[0, 1]", "discriminator.width=4", "batch=4",
          "threads=1", "device=cpu", "domain.test=0.3", "domain.validation=0.2", "domain.iterations=4",
          "health.samples=32", "health.judgements=2", "previews=1", "checkpoints=1"]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("voices")
    for high, side in ((False, "trainA"), (True, "trainB")):
        (place / "in" / side).mkdir(parents=True)
        for i, each in enumerate(chirps(0, high, 8000, 40)):
            write_wav(place / "in" / side / f"{i}.wav", sixteen(0.5 * each[None] / abs(each).max()), 8000)
    ganworks.train(place / "in", recipe="convert-sound", samples=16, run=place / "run", settings=NARROW)
    return place / "run"


def test_any_length_rate_and_level_comes_out_as_it_went_in(trained: Path, tmp_path: Path) -> None:
    time = np.arange(30_001) / 16_000
    tone = 0.2 * np.sin(2 * np.pi * 200 * time)[None].repeat(2, 0)
    source, lines = write_wav(tmp_path / "a.wav", sixteen(tone.astype(np.float32)), 16_000), []
    (out,) = apply(trained, source, tmp_path / "b.wav", notify=lines.append)
    made, rate = read(out)
    assert made.shape == (2, 15_001) and rate == 8000 and abs(np.abs(made).max() - 0.2) < 0.01
    assert "resampled from 16,000" in "; ".join(lines)


def test_what_it_cannot_take_is_one_line(trained: Path, tmp_path: Path) -> None:
    silent = write_wav(tmp_path / "silent.wav", np.zeros((1, 4000), np.int16), 8000)
    np.save(tmp_path / "bands.npy", np.zeros((64, 9), np.float32))
    for path, line in ((silent, "silent: no sample"), (tmp_path / "bands.npy", "wanted a recording; this model")):
        with pytest.raises(DataError, match=line):
            apply(trained, path, tmp_path / "out")
    with pytest.raises(ConfigError, match="--tile is for pictures"):
        apply(trained, silent, tmp_path / "out", tile=64)
    with pytest.raises(ConfigError, match="not compared yet"):
        compare([trained, trained])


def test_evaluation_has_the_trivial_ways_beside_a_listener_and_sounds_to_play(trained: Path) -> None:
    page = evaluate(trained)
    (table,) = page["domain"]["tables"]
    rows = {row["name"]: row["values"] for row in table["rows"]}
    assert rows.keys() == {
        "converted", "copy-input", "input, there and back", "equaliser", "target, there and back", "floor",
    }  # fmt: skip
    assert rows["floor"][0] < rows["copy-input"][0] and rows["copy-input"][2] == "1.000"
    assert {row["name"] for row in page["metrics"]} == {"frechet", "heard", "kept"}
    assert {each["kind"] for each in page["findings"]} == {"baselines", "asked", "audio"}
    for each in (*page["domain"]["sounds"], *page["domain"]["pictures"]):
        assert 0 < (trained / "samples" / each["file"]).stat().st_size <= 300_000
