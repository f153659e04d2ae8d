"""One run against another: better, worse or inconclusive, and one line when they cannot be compared."""

import json
import shutil
from pathlib import Path

import pytest

from ganworks.cli import run
from ganworks.compare import compare

from .conftest import NARROW

RING = ["train", "ring", "--no-evaluate", "--set", "domain.count=4000", "--set", "batch=64", "--set", "checkpoints=1"]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recipes of two training seeds each: one of a hundred steps, one of a single step."""
    folder = tmp_path_factory.mktemp("compared")
    for seed in ("0", "1"):
        for name, samples in (("long", "6400"), ("short", "64")):
            words = ["--samples", samples, "--seed", seed, "--run", str(folder / f"{name}{seed}")]
            assert run([*RING, *words]) == 0
    return folder


def test_a_trained_run_is_better_than_one_that_has_hardly_begun(runs, capsys, tmp_path) -> None:
    target = tmp_path / "page.json"
    capsys.readouterr()
    assert run(["compare", str(runs / "long0"), str(runs / "short0"), "--repeats", "5", "--json", str(target)]) == 0
    told = capsys.readouterr().out
    assert "better by FD(pixels)" in told and "1 training seed each" in told
    page = json.loads(target.read_text())
    first = page["comparisons"][0]
    assert first["metric"] == "frechet" and first["verdict"] == "better" and first["high"] < 0
    assert page["protocol"]["seeds"] == [0, 1, 2, 3, 4]
    back = compare([runs / "short0", runs / "long0"], repeats=5)["comparisons"][0]
    assert back["verdict"] == "worse" and back["difference"] == pytest.approx(-first["difference"])


def test_a_run_against_itself_is_inconclusive(runs, tmp_path) -> None:
    shutil.copytree(runs / "long0", tmp_path / "same")
    page = compare([runs / "long0", tmp_path / "same"], repeats=3)
    assert {each["verdict"] for each in page["comparisons"]} == {"inconclusive"}
    assert "these runs differ in nothing but their seed" in page["notes"]


def test_runs_that_differ_in_their_seed_alone_are_one_recipe(runs) -> None:
    page = compare([runs / each for each in ("long0", "long1", "short0", "short1")], repeats=3)
    assert {each["over"] for each in page["comparisons"]} == {"training seeds"}
    assert page["comparisons"][0]["first"] == [str(runs / "long0"), str(runs / "long1")]
    assert not any("1 training seed" in note for note in page["notes"])
    mixed = compare([runs / each for each in ("long0", "long1", "short0")], repeats=3)
    assert {each["over"] for each in mixed["comparisons"]} == {"sampling seeds"}


def test_runs_that_cannot_be_compared_get_one_line(runs, place, told) -> None:
    assert run(["train", "ring", "--set", "domain.count=200", "--samples", "64", "--run", "other"]) == 0
    assert "were trained on other data" in told("compare", str(runs / "long0"), "other")
    assert "at least two runs are compared, got 1" in told("compare", "other")
    assert "nowhere: wanted a run" in told("compare", "other", "nowhere")
    assert "repeats must be at least 3" in told("compare", "other", "other", "--repeats", "2")


@pytest.fixture(scope="session")
def translators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of pairs: sixty steps and one step of a narrow network."""
    folder = tmp_path_factory.mktemp("translators")
    words = ["train", "outlines", "--recipe", "pix2pix", "--no-evaluate", *NARROW, "--set", "health.judgements=0"]
    for name, samples in (("long", "480"), ("short", "8")):
        assert run([*words, "--set", "batch=8", "--samples", samples, "--run", str(folder / name)]) == 0
    return folder


def test_runs_that_make_pictures_from_pictures_are_compared_on_the_same_ones(translators, capsys, tmp_path) -> None:
    target = tmp_path / "page.json"
    capsys.readouterr()
    assert run(["compare", str(translators / "long"), str(translators / "short"), "--json", str(target)]) == 0
    told = capsys.readouterr().out
    assert "held-out pictures of the test split" in told and "better by PSNR (dB)" in told and "over pictures" in told
    page = json.loads(target.read_text())
    assert [each["metric"] for each in page["comparisons"]] == ["psnr", "features", "frechet"]
    first = page["comparisons"][0]
    assert first["verdict"] == "better" and 0 < first["low"] < first["difference"] < first["high"]
    rows = [each["metrics"]["psnr"]["value"] for each in page["runs"]]
    assert rows[0] - rows[1] == pytest.approx(first["difference"])
    back = compare([translators / "short", translators / "long"])["comparisons"]
    turned = {"better": "worse", "worse": "better", "inconclusive": "inconclusive"}
    assert [turned[each["verdict"]] for each in back] == [each["verdict"] for each in page["comparisons"]]
    assert back[2]["difference"] == pytest.approx(-page["comparisons"][2]["difference"])
    same = compare([translators / "short", translators / "short"], count=12)
    assert {each["verdict"] for each in same["comparisons"]} == {"inconclusive"} and same["protocol"]["count"] == 12


def test_what_keeps_such_runs_from_being_compared_is_one_line(translators, runs, told) -> None:
    assert "count must be at least 10 to compare runs, got 4" in told(
        "compare", str(translators / "long"), str(translators / "short"), "--count", "4"
    )
    assert "were trained on other data" in told("compare", str(translators / "long"), str(runs / "long0"))
