"""A run on disk: begun, stopped, gone on with, broken and mended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ganworks.adversarial.player import Player
from ganworks.launch import Words, launch, plan
from ganworks.model import load
from ganworks.settings import CheckpointError, ConfigError, DataError, TrainingError
from ganworks.training import keeper, session
from ganworks.training.interrupt import Stopped
from ganworks.training.journal import read
from ganworks.training.watch import Watch


def state(folder: Path, samples: int = 96) -> dict[str, torch.Tensor]:
    found = folder / "checkpoints" / f"{samples:012d}"
    parts = {part: load_file(found / f"{part}.safetensors") for part in ("generator", "discriminator")}
    return {f"{part}.{name}": value for part, tensors in parts.items() for name, value in tensors.items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(value, b[name]) for name, value in a.items())


class Lines(Watch):
    def __init__(self):
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


class StopAt(Watch):
    """Sends this process a signal when a number of samples is reached."""

    def __init__(self, steps: int, monkeypatch: pytest.MonkeyPatch):
        played = session.Session.step

        def step(each):
            stats = played(each)
            if each.game.steps == steps:
                os.kill(os.getpid(), signal.SIGTERM)
            return stats

        monkeypatch.setattr(session.Session, "step", step)


def test_a_run_leaves_everything_a_user_needs(trained) -> None:
    folder = trained()
    for name in ("run.toml", "journal.jsonl", "model/model.safetensors", "model/model.json", "samples/latest.png"):
        assert (folder / name).stat().st_size > 0
    kinds = [entry["kind"] for entry in read(folder / "journal.jsonl")]
    assert kinds[0] == "begun" and kinds[-1] == "finished" and "step" in kinds
    assert Image.open(folder / "samples" / "real-beside-fake.png").size[0] > 500
    assert len(list((folder / "checkpoints").iterdir())) == 3


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(trained) -> None:
    assert same(state(trained("a")), state(trained("b")))
    assert not same(state(trained("a")), state(trained("c", settings=("seed=1",))))


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("lean-28", ()),
        ("lean-28", ("terms.0.every=3", "precision=bfloat16")),
        ("mlp", ("discriminator.dropout=0.3", "augmentations=['translate', 'noise']")),
        ("mlp", ("packing=2", "discriminator_turns=3", "constraints=['weight-clipping']")),
    ],
)
def test_a_stopped_run_goes_on_bit_for_bit(trained, planned, monkeypatch, recipe, settings) -> None:
    straight = trained("straight", recipe=recipe, settings=settings)
    with monkeypatch.context() as patched, pytest.raises(Stopped) as stopped:
        each = planned("stopped", recipe=recipe, settings=settings)
        launch(each, StopAt(5, patched))
    assert stopped.value.exit_code == 143
    assert not same(state(straight), state(each.folder, 40))
    launch(planned("stopped", recipe=recipe, settings=settings))
    assert same(state(straight), state(each.folder))


def test_losing_any_part_of_the_state_would_be_seen(trained, planned, monkeypatch) -> None:
    """The control: a resume without optimiser moments is not the uninterrupted run."""
    straight = trained("straight")
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        each = planned("stopped")
        launch(each, StopAt(5, patched))
    load_all = Player.load
    monkeypatch.setattr(
        Player, "load", lambda self, saved: load_all(self, {k: v for k, v in saved.items() if "exp_avg_sq" not in k})
    )
    with pytest.raises(KeyError):
        launch(planned("stopped"))
    monkeypatch.setattr(
        Player, "load", lambda self, saved: load_all(self, {k: v for k, v in saved.items() if "optim" not in k})
    )
    launch(planned("stopped"))
    assert not same(state(straight), state(each.folder))


def test_a_finished_run_says_so_and_a_larger_budget_goes_on(trained, planned) -> None:
    trained()
    before = read(planned().folder / "journal.jsonl")
    lines = Lines()
    launch(planned(), lines)
    assert any("already complete at 96 samples" in line for line in lines.lines)
    assert len(read(planned().folder / "journal.jsonl")) <= len(before) + 1
    launch(planned(samples=160))
    assert (planned().folder / "checkpoints" / f"{160:012d}").exists()


def test_another_run_in_the_same_folder_is_refused_by_the_setting_that_differs(trained, planned) -> None:
    trained()
    with pytest.raises(ConfigError, match=r"holds another run: seed was 0, now 3; choose another --run"):
        launch(planned(settings=("seed=3",)))


def test_changed_data_is_refused(trained, planned, pictures) -> None:
    import numpy as np  # noqa: PLC0415

    trained()
    np.save(pictures, np.zeros((40, 8, 8), dtype=np.uint8) + np.arange(40, dtype=np.uint8)[:, None, None])
    with pytest.raises(DataError, match="is not what this run began with"):
        launch(planned(samples=200))


def test_a_broken_number_goes_back_and_heals_with_a_fresh_stream(planned, monkeypatch) -> None:
    played, broken = session.Session.step, []

    def step(each):
        stats = played(each)
        if each.game.steps == 7 and not broken:
            broken.append(True)
            with torch.no_grad():
                next(each.game.discriminator.network.parameters()).fill_(torch.nan)
        return stats

    monkeypatch.setattr(session.Session, "step", step)
    each, lines = planned(), Lines()
    launch(each, lines)
    assert any("back to 48 with a fresh stream (1 of 3)" in line for line in lines.lines)
    kinds = [entry["kind"] for entry in read(each.folder / "journal.jsonl")]
    assert {"broken", "went back", "finished"} <= set(kinds)
    assert all(value.isfinite().all() for value in load_file(each.folder / "model" / "model.safetensors").values())


@pytest.mark.parametrize("what", ["loss", "gradient", "weight"])
def test_what_breaks_again_and_again_stops_with_a_diagnosis(planned, monkeypatch, what) -> None:
    played = session.Session.step

    def step(each):
        stats = played(each)
        if each.game.steps > 7:
            weight = next(each.game.generator.network.parameters())
            if what == "loss":
                stats["generator/objective"] = torch.tensor(torch.inf)
            elif what == "gradient":
                weight.grad.fill_(torch.nan)
                stats["generator/gradient"] = torch.tensor(torch.nan)
            else:
                weight.data.fill_(torch.inf)
        return stats

    monkeypatch.setattr(session.Session, "step", step)
    with pytest.raises(TrainingError, match=r"training broke at .* for the 4\. time") as caught:
        launch(planned())
    assert "\n" not in str(caught.value)
    last = max((planned().folder / "checkpoints").iterdir())
    assert all(value.isfinite().all() for value in load_file(last / "generator.safetensors").values())


def test_a_save_that_fails_keeps_the_last_good_one_and_training_goes_on(planned, monkeypatch) -> None:
    from ganworks.training.checkpoint import Checkpoints  # noqa: PLC0415

    saved, lines = Checkpoints.save, Lines()

    def full(self, parts, values, samples, retry=0):
        if samples == 48:
            raise CheckpointError("no space left on the disk")
        return saved(self, parts, values, samples, retry)

    monkeypatch.setattr(Checkpoints, "save", full)
    launch(planned(), lines)
    assert any("not saved: no space left" in line for line in lines.lines)
    assert (planned().folder / "model" / "model.json").exists()


def test_free_space_is_asked_for_before_the_start(planned, monkeypatch) -> None:
    import shutil  # noqa: PLC0415
    from collections import namedtuple  # noqa: PLC0415

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6, 10))
    with pytest.raises(CheckpointError, match="free"):
        launch(planned())


def test_a_budget_in_minutes_becomes_samples_and_leaves_no_trace_of_the_trial(pictures, tmp_path) -> None:
    words = Words(str(pictures), "mlp", minutes=0.02, folder=str(tmp_path / "timed"), settings=("batch=8",))
    launch(plan(words))
    entries = read(tmp_path / "timed" / "journal.jsonl")
    finished = entries[-1]["samples"]
    assert finished > 0 and entries[0]["total"] > 0
    again = Words(str(pictures), "mlp", samples=finished, folder=str(tmp_path / "counted"), settings=("batch=8",))
    launch(plan(again))
    if not any(entry["kind"] == "planned" for entry in entries):
        assert same(state(tmp_path / "timed", finished), state(tmp_path / "counted", finished))


def test_fewer_records_than_a_batch_repeat(tmp_path) -> None:
    import numpy as np  # noqa: PLC0415

    for count in (1, 3):
        path = tmp_path / f"{count}.npy"
        np.save(path, np.random.default_rng(0).integers(0, 256, (count, 8, 8), dtype=np.uint8))
        each = plan(
            Words(str(path), "lean-28", samples=32, folder=str(tmp_path / f"run{count}"), settings=("batch=16",))
        )
        assert any("fewer than a batch of 16" in line for line in each.lines)
        launch(each)


def test_two_processes_in_one_folder_are_refused(planned, pictures, tmp_path) -> None:
    command = [sys.executable, "-m", "ganworks", "train", str(pictures), "--recipe", "mlp", "--samples", "10000000",
               "--run", str(tmp_path / "shared"), "--set", "batch=8"]  # fmt: skip
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not (tmp_path / "shared" / "checkpoints").exists() or not any(
            (tmp_path / "shared" / "checkpoints").glob("0*")
        ):
            assert time.monotonic() < until
            time.sleep(0.1)
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"is in use by process {first.pid}" in second.stderr
        first.send_signal(signal.SIGINT)
        assert first.wait(60) == 130
    finally:
        first.kill()
    assert json.loads((tmp_path / "shared" / "journal.jsonl").read_text().splitlines()[0])["kind"] == "begun"


def test_a_model_is_loaded_from_a_run_that_is_not_finished(planned, monkeypatch) -> None:
    with pytest.raises(Stopped):
        launch(planned(), StopAt(5, monkeypatch))
    assert load(planned().folder).samples == 40


def test_a_model_of_a_run_that_went_on_is_the_newest(planned, monkeypatch) -> None:
    launch(planned())
    with pytest.raises(Stopped):
        launch(planned(samples=200), StopAt(15, monkeypatch))
    assert load(planned().folder).samples == 120


def test_keeping_too_many_retries_is_bounded() -> None:
    assert keeper.RETRIES == 3
