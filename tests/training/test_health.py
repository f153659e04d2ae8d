"""A run that is judged: what it tells, what it keeps, what it does about it, and that judging disturbs nothing."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ganworks.adversarial.optimisers import Adam
from ganworks.launch import Plan, Words, launch, plan
from ganworks.model import load
from ganworks.settings import ConfigError
from ganworks.training import judge, remedies, session
from ganworks.training.interrupt import Stopped
from ganworks.training.journal import read, verdict_of
from ganworks.training.run import Run
from ganworks.training.session import Session
from ganworks.training.verdicts import Verdict
from ganworks.training.watch import Watch

QUICK = ("batch=64", "previews=1", "checkpoints=5", "health.apart=2")


@pytest.fixture
def points(tmp_path: Path):
    """Plan a run on the ring: 60 steps of 64, judged ten times."""

    def make(name: str = "run", *settings: str, samples: int = 3840, until: str | None = None) -> Plan:
        words = ("domain.count=2000", "health.judgements=10", "health.samples=64", *QUICK, *settings)
        return plan(Words("ring", samples=samples, folder=str(tmp_path / name), settings=words, until=until))

    return make


def content(folder: Path, samples: int = 3840) -> dict[str, bytes]:
    """Every byte of the last checkpoint and the model, but for the seconds it took."""
    checkpoint = next((folder / "checkpoints").glob(f"{samples:012d}*"))
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir() if path.suffix == ".safetensors"}
    values = json.loads((checkpoint / "values.json").read_text())
    values["clock"].pop("seconds")
    return {**files, "values": json.dumps(values).encode(), "model": (folder / "model/model.safetensors").read_bytes()}


def stopping(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    played = session.Session.step

    def step(each: Session):
        stats = played(each)
        if each.game.steps == steps:
            os.kill(os.getpid(), signal.SIGTERM)
        return stats

    monkeypatch.setattr(session.Session, "step", step)


class Heard(Watch):
    def __init__(self) -> None:
        self.judgements: list[tuple[int, float, str]] = []
        self.lines: list[str] = []

    def judged(self, samples: int, distance: float, verdict: str) -> None:
        self.judgements.append((samples, distance, verdict))

    def line(self, text: str) -> None:
        self.lines.append(text)


def test_a_run_is_judged_told_and_written_down(points) -> None:
    each, heard = points(), Heard()
    launch(each, heard)
    samples = [samples for samples, _, _ in heard.judgements]
    assert samples[0] == 0 and samples[-1] == 3840 and len(samples) == 12
    judged = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "judged"]
    wanted = {"samples", "progress", "distance", "best", "best_samples", "verdict", "reason", "cause", "numbers"}
    assert len(judged) == 12 and all(wanted <= entry.keys() for entry in judged)
    numbers = {"diversity", "coverage", "precision", "frechet", "order", "copied", "train-gap", "held-out gap", "live",
               "moved", "generator step", "discriminator rank", "generator/gradient"}  # fmt: skip
    assert numbers <= judged[-1]["numbers"].keys()
    last = read(each.folder / "journal.jsonl")[-2]
    assert last["kind"] == "verdict" and last["verdict"] == "budget-reached"
    assert "verdict: budget-reached" in verdict_of(each.folder)


# Ten judgements in 60 steps: one after every sixth, so 15 lies between two and 18 right after one.
@pytest.mark.parametrize("steps", [15, 18])
def test_a_stopped_run_is_judged_as_the_straight_one_was(points, monkeypatch, steps) -> None:
    straight = points("straight")
    launch(straight)
    stopped = points("stopped")
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stopping(patched, steps)
        launch(stopped)
    launch(points("stopped"))
    assert content(straight.folder) == content(stopped.folder)
    told = [[(e["samples"], e["distance"], e["verdict"]) for e in read(each.folder / "journal.jsonl")
             if e["kind"] == "judged"] for each in (straight, stopped)]  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize("recipe", ["mlp", "dcgan"])
def test_judging_moves_no_weight_no_statistic_and_no_random_number(planned, recipe) -> None:
    settings = ("generator.norm=batch", "discriminator.dropout=0.2") if recipe == "mlp" else ("generator.width=8",)
    if recipe == "dcgan":
        settings = ("domain.size=[16, 16]", "generator.width=8", "discriminator.width=8")
    folders = []
    for judgements in (0, 6):
        each = planned(
            f"run{judgements}", recipe=recipe, settings=(*settings, f"health.judgements={judgements}", "health.apart=2")
        )
        launch(each)
        folders.append(each.folder)
    parts = [load_file(folder / "checkpoints/000000000096" / f"{part}.safetensors")
             for folder in folders for part in ("generator", "discriminator")]  # fmt: skip
    for i in range(2):
        assert parts[i].keys() == parts[i + 2].keys()
        assert all(torch.equal(value, parts[i + 2][name]) for name, value in parts[i].items())


def test_a_run_of_a_few_steps_is_judged_a_few_times(planned) -> None:
    heard = Heard()
    launch(planned(samples=32, settings=("health.apart=2",)), heard)
    assert [samples for samples, _, _ in heard.judgements] == [0, 16, 32]
    heard = Heard()
    launch(planned("rarely", samples=32), heard)
    assert [samples for samples, _, _ in heard.judgements] == [0, 32]
    heard = Heard()
    launch(planned("off", samples=32, settings=("health.judgements=0",)), heard)
    assert not heard.judgements


def test_what_cannot_be_measured_is_left_out_and_breaks_nothing(tmp_path) -> None:
    path = tmp_path / "grey.npy"
    np.save(path, np.full((40, 8, 8), 128, dtype=np.uint8))
    settings = ("batch=8", "domain.duplicates=keep") if False else ("batch=8",)
    each = plan(Words(str(path), "lean-28", samples=64, folder=str(tmp_path / "run"), settings=settings))
    launch(each)
    judged = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "judged"]
    assert judged[-1]["cause"] == "few-records" and "distinct training record" in judged[-1]["reason"]


def test_a_frozen_generator_is_named_before_a_quarter_of_the_run(points) -> None:
    each, heard = points(settings := "run", "generator_optimiser.learning_rate=1e-12"), Heard()
    assert settings
    launch(each, heard)
    entry = next(e for e in read(each.folder / "journal.jsonl") if e.get("cause") == "generator-frozen")
    assert entry["progress"] <= 0.25 and "the generator's weights have not moved" in entry["reason"]
    assert sum("weights have not moved" in line for line in heard.lines) == 1
    assert not [e for e in read(each.folder / "journal.jsonl") if e["kind"] == "remedy"]


def test_an_unknown_extractor_is_refused_before_the_first_step(points) -> None:
    with pytest.raises(ConfigError, match="no extractor 'pixel'"):
        launch(points("run", "health.extractor=pixel"))


@pytest.fixture
def struck(monkeypatch) -> None:
    """Runs whose weights are struck after 50 steps."""
    played = session.Session.step

    def step(each: Session):
        stats = played(each)
        if each.game.steps == 50:
            with torch.no_grad():  # a blow that is no number out of range
                for network in (each.game.generator.network, each.game.generator.averaged):
                    for weight in network.parameters():
                        weight.mul_(3.0)
        return stats

    monkeypatch.setattr(session.Session, "step", step)


def test_the_last_generator_is_shipped_where_that_is_asked_for(points, struck) -> None:
    assert launch(points("run", "health.remedies=0", "health.choose_by=last")).samples == 3840


def test_the_best_generator_is_shipped_where_the_last_is_worse(points, struck) -> None:
    each = points("run", "health.remedies=0")
    model = launch(each)
    shipped = json.loads((each.folder / "model/model.json").read_text())
    assert model.samples == shipped["samples"] < 50 * 64 and shipped["of"] == 3840
    again = load(each.folder)
    assert again.samples == model.samples
    np.testing.assert_array_equal(again.generate(8, seed=1), model.generate(8, seed=1))
    best = load_file(each.folder / "checkpoints/000000003840/best.safetensors")
    assert all(
        torch.equal(value, best[name]) for name, value in load_file(each.folder / "model/model.safetensors").items()
    )
    assert launch(points("run", "health.remedies=0")).samples == model.samples  # complete already, and the same


class Says(judge.Judge):
    """A judge that always says the same from the third judgement on."""

    word: tuple[str, str] = ("", "")

    def _judged(self, count: int | None = None) -> Verdict:
        said = len(self.readings[:count]) > 3
        return Verdict(*self.word, "so it was told") if said else super()._judged(count)


def saying(monkeypatch: pytest.MonkeyPatch, word: str, cause: str = "rising") -> None:
    monkeypatch.setattr(Says, "word", (word, cause))
    monkeypatch.setattr("ganworks.training.keeper.Judge", Says)


def test_until_converged_ends_the_run_where_the_verdict_says_so_and_for_good(points, monkeypatch) -> None:
    saying(monkeypatch, "converged", "")
    each = points(until="converged")
    ended = launch(each).samples
    entries = read(each.folder / "journal.jsonl")
    assert ended < 3840 and [e["samples"] for e in entries if e["kind"] == "converged"] == [ended]
    heard = Heard()
    assert launch(points(until="converged"), heard).samples == ended
    assert any(f"already complete at {ended:,}" in line for line in heard.lines)


@pytest.mark.parametrize("word", remedies.PRESCRIPTIONS)
def test_remedies_are_taken_told_and_no_more_than_the_budget(points, monkeypatch, word) -> None:
    saying(monkeypatch, word)
    each, heard = points("run", "health.remedies=2", "checkpoints=20", "keep=20"), Heard()
    launch(each, heard)
    taken = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "remedy"]
    assert [entry["number"] for entry in taken] == [1, 2]
    assert [entry["remedy"] for entry in taken] == list(remedies.PRESCRIPTIONS[word][:2])
    assert sum("(remedy" in line for line in heard.lines) == 2
    assert any("back to" in line for line in heard.lines) == (word in remedies.ROLLS_BACK)
    assert Run.from_tree(plan(Words(folder=str(each.folder))).run.tree()) == each.run  # run.toml is as it was


@pytest.mark.parametrize("word", ["collapsed", "discriminator-overfitting"])
def test_a_run_under_remedies_is_gone_on_with_bit_for_bit(points, monkeypatch, word) -> None:
    saying(monkeypatch, word)
    straight, stopped = points("straight"), points("stopped")
    launch(straight)
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stopping(patched, 45)
        launch(stopped)
    launch(points("stopped"))
    assert content(straight.folder) == content(stopped.folder)


@pytest.mark.parametrize("name", remedies.REMEDIES)
def test_every_remedy_makes_another_run_that_can_be_built_and_trained(points, name) -> None:
    each = points()
    live = Session(each.run, each.dataset)
    live.step()
    before = {key: value.clone() for key, value in live.parts()["generator"].items()}
    live.take(name)
    assert remedies.treated(each.run, [name], remedies.Case(0)) != each.run
    assert all(torch.equal(value, before[key]) for key, value in live.parts()["generator"].items())
    assert all(value.isfinite() for value in live.step().values())
    assert live.game.steps == 2


def test_remedies_follow_an_order_and_end() -> None:
    run = Adam(learning_rate=1e-3)
    assert remedies.steered(0.2, 0.5) == pytest.approx(0.3) and remedies.steered(0.2, 0.0) == pytest.approx(0.1)
    assert remedies.steered(0.8, 0.9) == 0.8 and remedies.steered(0.0, -1.0) == 0.0
    assert remedies.steered(0.4, None) == 0.4 and run


def test_adaptive_augmentation_follows_the_held_out_gap(points) -> None:
    each = points()
    live = Session(each.run, each.dataset)
    live.steer(0.7)
    assert live.strength == remedies.FIRST and not live.game.rules.augmentations  # nobody asked for it
    live.take("augment")
    game = live.game
    live.steer(0.7)
    assert live.game is game and live.game.rules.augmentations[-1].strength == 0.7


def test_a_record_that_is_not_a_number_is_named(points, monkeypatch) -> None:
    from ganworks.domains import Fetched, Stored  # noqa: PLC0415
    from ganworks.settings import TrainingError  # noqa: PLC0415

    each = points("run", "health.judgements=0")
    fetch = Stored.fetch

    def poisoned(self, indices):
        fetched = fetch(self, indices)
        x = fetched.x.copy()
        x[np.asarray(indices) == 17] = np.nan
        return Fetched(x, fetched.labels)

    codec = each.run.domain.fit(each.dataset)
    monkeypatch.setattr(Stored, "fetch", poisoned)
    monkeypatch.setattr(type(each.run.domain), "fit", lambda self, dataset: codec)
    with pytest.raises(TrainingError):
        launch(each)
    broken = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "broken"]
    assert broken[0]["cause"] == "data" and broken[0]["reason"].endswith("training records 17")
