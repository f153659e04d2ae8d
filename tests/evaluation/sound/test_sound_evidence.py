"""Evidence about sounds: tables that can be stored, clips that can be played, and a word on what was asked for."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains.audio.toy import notes
from ganworks.domains.audio.wav import write_wav
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.sound import evidence
from ganworks.evaluation.sound.sets import Set, _copied, _noise
from ganworks.evaluation.subject import load
from ganworks.launch import train
from ganworks.metrics.sound.traits import loudness, seconds

QUICK = Ask(None, 3, "test", False, lambda line: None)
FULL = Ask(12, 3, "test", True, lambda line: None)
WORDS = ("batch=8", "previews=1", "checkpoints=1", "health.judgements=0", "generator.width=4", "discriminator.width=4")


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety-six notes in files, and a run of a few steps on them."""
    place = tmp_path_factory.mktemp("tones")
    data = notes(0).train
    for i, (sound, label) in enumerate(zip(data.array, data.labels, strict=True)):
        (place / "notes" / notes(0).classes[label]).mkdir(parents=True, exist_ok=True)
        write_wav(place / "notes" / notes(0).classes[label] / f"take{i}.wav", sound, 8000)
    words = [*WORDS, "domain.iterations=4", "domain.test=0.2"]
    train(place / "notes", samples=32, run=place / "run", settings=words)
    return place / "run"


def test_a_run_brings_tables_clips_and_a_sheet(tones: Path) -> None:
    found = evidence(load(tones), FULL)
    titles = [table["title"] for table in found.record["tables"]]
    assert titles == ["Heard as asked", "Distances", "Pitch, loudness and length", "Class by class"]
    for table in found.record["tables"]:
        assert all(len(row["values"]) == len(table["columns"]) for row in table["rows"])
    assert json.loads(json.dumps(found.record)) == found.record
    assert {each.kind for each in found.findings} == {"asked", "audio"}
    clips = [tones / "samples" / each["file"] for each in found.record["sounds"]]
    assert len(clips) == 10 and all(path.stat().st_size <= 200_000 for path in clips)
    with wave.open(str(clips[0])) as file:
        assert file.getframerate() == 8000 and file.getnframes() == 1024
    assert (tones / "samples" / found.record["pictures"][0]["file"]).stat().st_size > 1000


def test_a_copy_of_the_training_data_is_nearer_than_noise(tones: Path) -> None:
    table = evidence(load(tones), FULL).record["tables"][1]
    values = {row["name"]: row["values"][0] for row in table["rows"]}
    assert values["copycat"] < values["noise"] and values["floor"] < values["noise"]


def test_in_short_nothing_is_learnt_and_clips_are_there(tones: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GANWORKS_CACHE", str(tmp_path))
    found = evidence(load(tones), QUICK)
    assert [table["title"] for table in found.record["tables"]] == ["Distances", "Pitch, loudness and length"]
    assert len(found.record["sounds"]) == 10 and "ganworks evaluate" in found.notes[0]


def test_noise_is_as_loud_and_as_long_as_recordings() -> None:
    data = notes(0).train
    real = Set(torch.from_numpy(np.pad(data.array[:8, 0], ((0, 0), (0, 1000)))).float() / 32768, None)
    drawn = _noise(real)
    assert torch.allclose(drawn.x.square().mean(1), real.x.square().mean(1), rtol=1e-3)
    assert (seconds(drawn.x, 8000) <= 0.14).all() and (
        loudness(_copied(real).x, 8000) - loudness(real.x, 8000)
    ).abs().max() < 1
