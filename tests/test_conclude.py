"""A run ends in a statement, and what cannot be said is said."""

import json
from pathlib import Path

import pytest

from ganworks.cli import run

from .conftest import NARROW


def test_a_run_ends_with_its_evidence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "ring", "--samples", "640", "--set", "domain.count=2000", "--run", "new"]) == 0
    told = capsys.readouterr().err
    assert "closeness (" in told and "coverage (" in told and "copying (" in told
    assert (place / "new" / "evaluation.json").exists()
    assert "FD(" in (place / "new" / "report.html").read_text(encoding="utf-8")


def test_too_little_data_for_evidence_costs_nothing_of_the_run(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for each in sorted(good.iterdir())[4:]:
        each.unlink()
    assert run(["train", "good", "--samples", "16", *NARROW, "--run", "new"]) == 0
    assert "not evaluated: " in capsys.readouterr().err
    assert (good.parent / "new" / "model" / "model.json").exists()
    assert "Not evaluated yet" in (good.parent / "new" / "report.html").read_text(encoding="utf-8")


def test_evidence_can_be_left_out(good: Path) -> None:
    assert run(["train", "good", "--samples", "16", "--no-evaluate", *NARROW, "--run", "new"]) == 0
    assert not (good.parent / "new" / "report.html").exists()


def test_longer_evidence_about_the_same_model_is_kept(place: Path) -> None:
    words = ["train", "ring", "--samples", "640", "--set", "domain.count=2000", "--run", "new"]
    assert run(words) == 0
    assert run(["evaluate", "new", "--repeats", "6"]) == 0
    before = (place / "new" / "evaluation.json").read_bytes()
    assert run(words) == 0
    assert (place / "new" / "evaluation.json").read_bytes() == before
    assert run([*words, "--samples", "1280"]) == 0
    assert (place / "new" / "evaluation.json").read_bytes() != before


def test_pictures_made_from_pictures_are_judged_on_as_many_as_an_evaluation_takes(place: Path) -> None:
    words = ["train", "digits", "--recipe", "denoise", "--samples", "16", *NARROW, "--set", "domain.test=0.3"]
    assert run([*words, "--set", "domain.size=[16, 16]", "--set", "health.judgements=0", "--run", "new"]) == 0
    page = json.loads((place / "new" / "evaluation.json").read_text(encoding="utf-8"))
    assert page["protocol"]["count"] == 200 and page["translated"]["rows"][-1]["kind"] == "baseline"
