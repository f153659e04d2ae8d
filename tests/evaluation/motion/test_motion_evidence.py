"""Evidence about clips: tables beside their floors, digits between walls, first frames, pictures that play."""

import json
from pathlib import Path

import pytest
from PIL import Image

from ganworks.evaluation.motion import evidence
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load
from ganworks.launch import train

NARROW = ("generator.width=4", "discriminator.width=4", "discriminator.clip_width=4", "batch=4")
SMALL = ("domain.count=60", "domain.frames=6", "domain.size=[16, 16]")
ASK = Ask(None, 2, "test", False, lambda line: None)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("clips")
    for condition in ("class", "first"):
        settings = [*NARROW, *SMALL, f"domain.condition={condition}", "health.judgements=0", "previews=1"]
        train("bouncing", recipe="video", samples=8, run=place / condition, settings=settings)
    return {each: place / each for each in ("class", "first")}


def test_clips_are_compared_with_their_floor_and_what_needs_no_learning(runs: dict[str, Path]) -> None:
    found = evidence(load(runs["class"]), ASK)
    tables = {each["title"]: each for each in found.record["tables"]}
    assert list(tables) == ["Frames and clips", "Motion", "Digits between walls"]
    for table in tables.values():
        assert all(len(row["values"]) == len(table["columns"]) for row in table["rows"])
    rows = {row["name"]: row["values"] for row in tables["Frames and clips"]["rows"]}
    assert set(rows) == {"generated", "copycat", "still"}  # too few validation clips for a floor
    assert rows["still"][2] > rows["copycat"][2] < rows["generated"][2]
    walls = {row["name"]: dict(zip(tables["Digits between walls"]["columns"], row["values"], strict=True))
             for row in tables["Digits between walls"]["rows"]}  # fmt: skip
    assert walls["held out"]["one digit all along"] == "100.0 %" and walls["generated"]["the digit asked for"]
    assert walls["out of order"]["velocity residual"] > 2 * walls["held out"]["velocity residual"]
    assert {each.kind for each in found.findings} == {"video"}
    json.dumps(found.record, allow_nan=True)


def test_what_plays_lies_beside_the_run(runs: dict[str, Path]) -> None:
    found = evidence(load(runs["class"]), ASK)
    for each in found.record["pictures"]:
        with Image.open(runs["class"] / "samples" / each["file"]) as shown:
            assert getattr(shown, "is_animated", False) == each["file"].endswith(".webp")


def test_first_frames_are_gone_on_from_beside_the_nearest_training_clip(runs: dict[str, Path]) -> None:
    found = evidence(load(runs["first"]), ASK)
    table = found.record["tables"][-1]
    assert table["title"] == "Going on from a first frame"
    assert [row["name"] for row in table["rows"]] == ["generated", "best of 2", "nearest training clip", "still"]
    closeness = [row["values"][0] for row in table["rows"]]
    assert closeness[0] <= closeness[1] < min(closeness[2:]) and "made-up" in found.notes[0]


def test_a_generator_that_hardly_moves_is_told(runs: dict[str, Path]) -> None:
    lines = [each.line for each in evidence(load(runs["class"]), ASK).findings]
    assert any("hardly move" in line or "velocity changes" in line for line in lines)
