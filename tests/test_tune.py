"""A study searches what the settings declare, goes on where it stopped, and ends in a recipe."""

import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from ganworks import launch, tune
from ganworks.adversarial import TERMS
from ganworks.cli import run
from ganworks.launch import Words
from ganworks.schedule import Cosine, at
from ganworks.search import Search, moved, narrowed, space
from ganworks.settings import ConfigError, DataError, read_toml
from ganworks.training.run import Run

SMALL = ("domain.count=600", "batch=16", "generator.widths=[8]", "discriminator.widths=[8]", "health.samples=32")


def words(folder: str = "study", **changes: object) -> Words:
    return Words("ring", samples=160, folder=folder, settings=SMALL)._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return launch.plan(Words("ring", settings=SMALL)).run


def test_the_space_is_declared_beside_the_settings_and_spelled_as_the_user_spells_it(mixture: Run) -> None:
    found = space(mixture)
    assert found.keys() >= {"terms.0.weight", "terms.1.weight", "generator_optimiser.learning_rate", "batch"}
    assert found["terms.0.weight"] == Search(1 / 10, 10)


def test_factors_move_numbers_schedules_and_whole_numbers(mixture: Run) -> None:
    factors = {"generator_optimiser.learning_rate": 2.0, "terms.1.weight": 0.5, "batch": 1.4}
    changed = moved(mixture, factors)
    before, after = (each.generator_optimiser.learning_rate for each in (mixture, changed))
    assert at(after, 0.3) == pytest.approx(2 * at(before, 0.3))
    assert at(changed.terms[1].weight, 0.0) == pytest.approx(0.5 * at(mixture.terms[1].weight, 0.0))
    assert changed.batch == 22 and changed.terms[0] == mixture.terms[0]
    assert moved(mixture, {}) == mixture


def test_every_term_can_be_searched() -> None:
    for kind in TERMS.values():
        assert "weight" in space(kind(weight=Cosine(start=1, end=0.1)))


def test_a_space_can_be_narrowed_on_the_command_line(mixture: Run) -> None:
    assert narrowed(space(mixture), ("batch=0.5:3", "terms.0.weight")).keys() == {"batch", "terms.0.weight"}
    with pytest.raises(ConfigError, match=r"no searchable setting 'term\.0\.weight'; did you mean 'terms\.0\.weight'"):
        narrowed(space(mixture), ("term.0.weight",))
    with pytest.raises(ConfigError, match="batch: a range is written low:high"):
        narrowed(space(mixture), ("batch=3:1",))


def test_a_study_ends_in_a_recipe_that_trains_and_goes_on_where_it_stopped(place: Path) -> None:
    first = tune.tune(words(), trials=2)
    assert first.default is not None and len(first.ranking) <= 2
    again = tune.tune(words(), trials=4)
    assert {each.number for each in again.ranking} >= {each.number for each in first.ranking}
    assert again.ranking[0].distance <= first.ranking[0].distance
    assert len(list((place / "study" / "trials").iterdir())) == 4
    planned = launch.plan(Words(recipe=str(again.recipe)))
    assert planned.run.recipe == "mixture-tuned" and planned.run.budget == launch.plan(Words("ring")).run.budget
    assert not list((place / "study" / "trials").glob("*/checkpoints"))
    assert len(list((place / "study" / "trials").glob("*/model"))) <= tune.KEPT
    assert all(plot.exists() for plot in again.plots)


def test_the_command_prints_a_ranking_and_its_recipe(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [word for each in SMALL for word in ("--set", each)]
    assert run(["tune", "ring", "--samples", "96", "--trials", "1", "--run", "here", *settings]) == 0
    told = capsys.readouterr().out
    assert " 1. trial 0: distance" in told and "the recipe as it is" in told and "best.toml" in told
    assert read_toml(place / "here" / "best.toml")["recipe"] == "mixture-tuned"
    assert run(["tune", "ring", "--space", *settings]) == 0
    assert "terms.0.weight: 0.1 to 10 times" in capsys.readouterr().out


def test_a_study_of_other_data_or_settings_is_refused(place: Path) -> None:
    tune.tune(words(), trials=1)
    with pytest.raises(DataError, match="was made with other data"):
        tune.tune(words(data="grid"), trials=2)
    with pytest.raises(ConfigError, match="was made with another seed"):
        tune.tune(words(seed=3), trials=2)


def test_a_locked_database_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "LOCKED_SECONDS", 0.2)
    tune.tune(words(), trials=1)
    held = sqlite3.connect(place / "study" / "study.db")
    held.execute("BEGIN EXCLUSIVE")
    settings = [word for each in SMALL for word in ("--set", each)]
    assert run(["tune", "ring", "--samples", "160", "--trials", "2", "--run", "study", *settings]) == 1
    held.close()
    told = capsys.readouterr().err.strip().splitlines()
    assert "database is locked; another process holds it" in told[-1]
    assert len(tune.tune(words(), trials=2).ranking) >= 1


def test_what_cannot_be_tuned_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, line in (
        (["--trials", "3"], "give at least 1 trial, and minutes or samples"),
        (["--samples", "64", "--set", "health.judgements=0"], "give health.judgements above 0"),
        (["--samples", "64", "--storage", "nosuch://x"], "choose another --storage"),
    ):
        assert run(["tune", "ring", *arguments]) == 1
        told = capsys.readouterr().err.strip()
        assert line in told.splitlines()[-1]
