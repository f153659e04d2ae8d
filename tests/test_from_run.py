"""Fine-tuning: what a run begins with, what stays fresh, and that it goes on without the run it came from."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ganworks import launch
from ganworks.launch import Plan, Words
from ganworks.settings import CheckpointError, ConfigError
from ganworks.training.begun import origin
from ganworks.training.interrupt import Stopped
from ganworks.training.watch import Watch
from tests.training.test_train import Lines, StopAt

SMALL = ("batch=8", "previews=2", "checkpoints=4", "keep=20")
NARROW = ("generator.width=4", "discriminator.width=4")


def grey(path: Path, seed: int, side: int = 8) -> Path:
    np.save(path, np.random.default_rng(seed).integers(0, 256, (40, side, side), dtype=np.uint8))
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on forty small pictures."""
    place = tmp_path_factory.mktemp("first")
    words = Words(str(grey(place / "old.npy", 0)), "lean-28", 64, folder=str(place / "run"), settings=SMALL + NARROW)
    launch.launch(launch.plan(words))
    return place / "run"


@pytest.fixture
def tuned(tmp_path: Path, first: Path):
    """Plan the fine-tuning of the first run on other pictures."""

    def make(name: str = "tuned", settings: tuple[str, ...] = (), watch: Watch | None = None, **changes) -> Plan:
        data = grey(tmp_path / "new.npy", 1)
        words = Words(str(data), samples=64, seed=5, folder=str(tmp_path / name), settings=settings, begin=str(first))
        return launch.plan(words._replace(**changes), watch)

    return make


def weights(folder: Path, samples: int) -> dict[str, torch.Tensor]:
    place = folder / "checkpoints" / f"{samples:012d}"
    return {
        f"{part}.{name}": value
        for part in ("generator", "discriminator")
        for name, value in load_file(place / f"{part}.safetensors").items()
    }


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(value, b[name]) for name, value in a.items())


def test_a_run_begins_with_the_weights_and_the_average_of_another_and_nothing_else(first: Path, tuned) -> None:
    lines = Lines()
    plan = tuned()
    launch.launch(plan, lines)
    begun, before = weights(plan.folder, 0), weights(first, 64)
    taken = {name: value for name, value in before.items() if ".optimiser." not in name}
    assert same(begun, taken)  # moments begin afresh: there are none before the first step
    assert any(".average." in name for name in begun)
    count = sum(".network." in name for name in begun)
    told = f"begun from {first} ({count} weights of {count}); this is fine-tuning, not resuming"
    assert told in lines.lines
    assert plan.run.seed == 5 and plan.run.generator == launch.plan(Words(folder=str(first))).run.generator
    assert not same(weights(plan.folder, 64), before)


def test_a_stopped_fine_tuning_goes_on_bit_for_bit_without_the_run_it_came_from(
    first: Path, tmp_path: Path, tuned, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "copy"
    shutil.copytree(first, other)
    straight = tuned("straight", begin=str(other))
    launch.launch(straight)
    stopped = tuned("stopped", begin=str(other))
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        launch.launch(stopped, StopAt(3, patched))
    shutil.rmtree(other)
    launch.launch(tuned("stopped", begin=str(other)))  # the same words
    assert same(weights(straight.folder, 64), weights(stopped.folder, 64))
    launch.launch(launch.plan(Words(folder=str(stopped.folder), samples=96)))  # and the folder alone
    assert (stopped.folder / "checkpoints" / f"{96:012d}").exists()


def test_frozen_layers_stay_as_they_came_and_the_others_move(first: Path, tuned) -> None:
    plan = tuned(settings=("freeze=2",))
    launch.launch(plan)
    before, after = weights(first, 64), weights(plan.folder, 64)
    moved = [name for name in after if ".optimiser." not in name and not torch.equal(before[name], after[name])]
    judging = {name.removeprefix("discriminator.network.") for name in moved if name.startswith("discriminator")}
    # The bias of a logit has no gradient where only differences of logits count.
    assert judging == {"body.6.weight"}
    assert any(name.startswith("generator.network.") for name in moved)


def test_other_classes_leave_only_what_meets_them_fresh(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "classes"
    for label in "ab":
        (folder / label).mkdir(parents=True)
        for i in range(20):
            pixels = np.random.default_rng(i).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    lines = Lines()
    words = Words(str(folder), samples=16, folder=str(tmp_path / "run"), settings=("domain.condition=class",))
    launch.launch(launch.plan(words._replace(begin=str(first))), lines)
    told = next(line for line in lines.lines if line.startswith("begun from"))
    assert "fresh: generator.body.0.weight, discriminator.body" in told


def test_what_differs_is_named_in_one_line(first: Path, tmp_path: Path, tuned) -> None:
    with pytest.raises(ConfigError, match=r"^\S+ has generator.width=4, this run has 9; leave --recipe out [^\n]+$"):
        tuned(settings=("generator.width=9",))
    with pytest.raises(ConfigError, match=r"has generator.name=lean, this run has light; [^\n]+$"):
        tuned(recipe="light")
    with pytest.raises(ConfigError, match=r"draws samples of shape \(1, 8, 8\), this run would draw \(1, 16, 16\); "):
        tuned(settings=("domain.size=[16, 16]",))
    assert not (tmp_path / "tuned").exists()


def test_pictures_of_another_size_and_colour_are_read_as_the_first_runs_were(
    first: Path, tmp_path: Path, tuned
) -> None:
    larger = tmp_path / "larger.npy"
    np.save(larger, np.zeros((40, 24, 16, 3), dtype=np.uint8) + np.arange(40, dtype=np.uint8)[:, None, None, None])
    plan = tuned(data=str(larger))
    assert plan.run.domain.fit(plan.dataset).spec.shape == (1, 8, 8)


def test_a_run_that_is_not_there_or_not_whole_is_one_line(first: Path, tmp_path: Path, tuned) -> None:
    with pytest.raises(CheckpointError, match=r"wanted a run's directory to begin from, there is none; [^\n]+$"):
        tuned(begin=str(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match="that is a model alone"):
        tuned(begin=str(first / "model"))
    broken = tmp_path / "broken"
    shutil.copytree(first, broken)
    for path in (broken / "checkpoints").glob("*/generator.safetensors"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"no checkpoint here is whole to begin from; train it with [^\n]+$"):
        tuned(begin=str(broken))
    with pytest.raises(ConfigError, match="a run cannot begin from itself; leave --from out to go on with it"):
        tuned(str(first), begin=str(first))


def test_an_unfinished_run_is_begun_from_and_that_is_said(first: Path, tmp_path: Path, tuned) -> None:
    young = tmp_path / "young"
    shutil.copytree(first, young)
    (young / "model" / "model.json").unlink()
    lines = Lines()
    assert tuned(begin=str(young), watch=lines).run.begun_from.run == str(young)
    assert lines.lines == [f"{young} is not finished: its newest checkpoint, of 64 samples, is begun from"]


def test_a_checkpoint_that_changed_before_the_first_step_is_refused(first: Path, tmp_path: Path, tuned) -> None:
    other = tmp_path / "other"
    shutil.copytree(first, other)
    plan = tuned(begin=str(other))
    manifest = next((other / "checkpoints").glob(f"{64:012d}")) / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(CheckpointError, match=r"which this run begins from, holds another checkpoint now; [^\n]+$"):
        launch.launch(plan)
    manifest.unlink()
    with pytest.raises(CheckpointError, match="is gone or damaged"):
        launch.launch(plan)


def test_what_a_run_began_from_is_written_down(first: Path, tuned) -> None:
    plan = tuned()
    found = origin(first).begun
    assert plan.run.begun_from == found and found.checkpoint == f"{64:012d}"
    assert json.loads((first / "checkpoints" / found.checkpoint / "manifest.json").read_text())["samples"] == 64
    assert type(plan.run).from_tree(plan.run.tree()) == plan.run
