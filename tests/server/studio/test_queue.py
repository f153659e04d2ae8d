"""The queue of trainings: what is asked for, what waits, and what a service that starts again finds."""

import json
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")

from ganworks.server.errors import Refused
from ganworks.server.studio.queue import Jobs, Wanted
from ganworks.settings import ConfigError


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    (tmp_path / "data").mkdir()
    return Jobs(tmp_path / "runs", tmp_path / "data")


def asked(name: str, **values) -> Wanted:
    return Wanted.from_tree({"name": name, "data": "digits", **values})


def test_words_become_arguments_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a; rm -rf $(x)").mkdir()
    wanted = asked("x", data="a; rm -rf $(x)", recipe="--help", minutes=0.5, seed=3, settings=("batch=8 --strict",))
    words = wanted.words(tmp_path / "run", tmp_path)
    assert words[1:5] == ["--recipe=--help", "--minutes=0.5", "--seed=3", "--set=batch=8 --strict"]
    assert words[-2:] == ["--", str(tmp_path / "a; rm -rf $(x)")]


@pytest.mark.parametrize(
    "setting", ["a=/etc/passwd", "a='/etc'", 'a="~/x"', "a=../x", "a=x/../../y", "a=file:/x", "a=inception:/w"]
)
def test_settings_name_no_file_outside_of_the_data_folder(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigError, match="from the data folder on"):
        asked("x", settings=(setting,)).words(tmp_path / "run", tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": -1}, {"samples": 0}, {"seed": -1}, {"stepps": 3}, {"minutes": "many"}, {"settings": ["a=1"] * 501}],
)
def test_what_cannot_be_meant_is_refused_in_one_line(wrong: dict) -> None:
    with pytest.raises(ConfigError) as refused:
        asked("x", **wrong)
    assert "\n" not in str(refused.value)


def test_a_service_that_starts_again_finds_what_waited_and_what_was_cut_off(jobs: Jobs) -> None:
    for name in ("zebra", "ape", "cut"):
        jobs.submit(asked(name))
    path = jobs.runs / "cut" / "studio.json"
    (jobs.runs / "odd").mkdir()
    (jobs.runs / "odd" / "studio.json").write_text('{"state": []}')
    foreign = jobs.runs / "from elsewhere"
    foreign.mkdir()
    (foreign / "studio.json").write_text((jobs.runs / "zebra" / "studio.json").read_text())
    jobs.stop(jobs.runs / "cut")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "running"}))
    again = Jobs(jobs.runs, jobs.data)
    again.find()
    assert again.waiting() == ["zebra", "ape"]
    assert again.of(jobs.runs / "ape")["place"] == 2
    assert again.of(jobs.runs / "cut")["state"] == "stopped"


def test_a_name_is_taken_once_and_what_never_began_can_be_removed(jobs: Jobs) -> None:
    folder = jobs.submit(asked("mine"))
    with pytest.raises(Refused, match="there already"):
        jobs.submit(asked("mine"))
    with pytest.raises(Refused, match="runs or waits"):
        jobs.resume(folder)
    jobs.stop(folder)
    assert jobs.waiting() == [] and jobs.of(folder)["state"] == "stopped"
    with pytest.raises(Refused, match="does not run"):
        jobs.stop(folder)
    jobs.forget(folder)
    assert not folder.exists()


def test_what_has_begun_is_not_removed(jobs: Jobs) -> None:
    folder = jobs.submit(asked("mine"))
    (folder / "run.toml").write_text("")
    with pytest.raises(Refused, match="has begun"):
        jobs.forget(folder)


def test_a_training_that_cannot_begin_fails_in_one_line_and_the_next_one_starts(jobs: Jobs) -> None:
    folder = jobs.submit(asked("bad"))
    path = folder / "studio.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"wanted": {"name": "bad", "data": "/etc"}}))
    jobs.tick()
    found = jobs.of(folder)
    assert found["state"] == "failed" and "not in the data folder" in found["line"]
