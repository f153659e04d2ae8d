"""Runs with conditions and runs from pictures to pictures: stopped anywhere, they end in the same bytes."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganworks.launch import Words, launch, plan
from ganworks.model import load
from ganworks.settings import ConfigError
from ganworks.training.interrupt import Stopped
from ganworks.training.journal import read
from tests.training.test_train import StopAt, same, state

TINY = {
    "conditional": ("generator.width=4", "discriminator.width=4"),
    "acgan": ("generator.width=4", "discriminator.width=4"),
    "infogan": ("generator.width=4", "discriminator.width=4"),
    "pix2pix": ("generator.width=4", "discriminator.width=4", "domain.jitter=4"),
    "pix2pix-hd": ("generator.width=4", "generator.blocks=1", "discriminator.width=4", "discriminator.layers=1"),
    "cut": (
        "generator.width=4", "generator.blocks=1", "generator.heads=8", "generator.heads_at=[0,1]",
        "discriminator.width=4",
    ),
    "cyclegan": ("generator.width=4", "generator.blocks=1", "discriminator.width=4", "pool=6"),
    "denoise": ("generator.width=4", "generator.blocks=1", "discriminator.width=4", "domain.crop=16"),
    "inpaint": ("generator.width=4", "generator.depth=1", "discriminator.width=4", "domain.crop=16"),
}  # fmt: skip
DATA = {"pix2pix": "outlines", "pix2pix-hd": "outlines", "cut": "recoloured", "cyclegan": "recoloured"}


@pytest.fixture
def run(tmp_path: Path):
    """Plan a run of a recipe at its smallest, on data that suits it."""
    source = np.random.default_rng(0)
    coloured = tmp_path / "coloured.npy"
    np.save(coloured, source.integers(0, 256, (40, 24, 24, 3), dtype=np.uint8))
    labelled = tmp_path / "labelled.npz"
    np.savez(labelled, images=source.integers(0, 256, (60, 8, 8), dtype=np.uint8), labels=np.arange(60) % 3)

    def make(recipe: str, name: str = "run", samples: int = 96):
        own = str(labelled if recipe in ("conditional", "acgan", "infogan") else coloured)
        settings = ("batch=8", "previews=2", "checkpoints=4", "health.apart=2", "health.remedies=0", *TINY[recipe])
        data = DATA.get(recipe, own)
        return plan(Words(data, recipe, samples=samples, folder=str(tmp_path / name), settings=settings))

    return make


@pytest.mark.parametrize("steps", [5, 9])
@pytest.mark.parametrize("recipe", TINY)
def test_a_stopped_run_goes_on_bit_for_bit(run, monkeypatch, recipe: str, steps: int) -> None:
    straight = run(recipe, "straight")
    launch(straight)
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        launch(run(recipe, "stopped"), StopAt(steps, patched))
    stopped = run(recipe, "stopped")
    launch(stopped)
    assert same(state(straight.folder), state(stopped.folder))
    for name in ("latest.png", f"{96:012d}.png"):
        assert (straight.folder / "samples" / name).read_bytes() == (stopped.folder / "samples" / name).read_bytes()
    stages = [each / "stages" / "pixel" / "model.safetensors" for each in (straight.folder, stopped.folder)]
    assert [each.exists() for each in stages] == [recipe in ("denoise", "inpaint")] * 2
    if stages[0].exists():
        assert (
            stages[0].read_bytes()
            == stages[1].read_bytes()
            != (straight.folder / "model" / stages[0].name).read_bytes()
        )


def test_the_discriminator_stands_still_in_the_pixel_stage(run) -> None:
    each = run("denoise")
    launch(each)
    steps = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "step"]
    assert "discriminator/objective" not in steps[0] and "discriminator/objective" in steps[-1]
    assert all("generator/charbonnier" in entry for entry in steps)
    judged = [entry for entry in read(each.folder / "journal.jsonl") if entry["kind"] == "judged"]
    assert {"psnr", "ssim", "l1"} <= judged[-1]["numbers"].keys()
    assert judged[-1]["distance"] == pytest.approx(judged[-1]["numbers"]["l1"])
    page = json.loads((each.folder / "model" / "model.json").read_text(encoding="utf-8"))
    assert page["samples"] == 96  # the last one, whatever was nearest in pixels


def test_a_class_is_drawn_when_asked_for(run) -> None:
    each = run("conditional")
    launch(each)
    model = load(each.folder)
    mixed, asked = model.generate(8, seed=1), model.generate(8, seed=1, condition="2")
    assert mixed.shape == asked.shape and (mixed != asked).any()
    assert (model.generate(4, seed=1, first=4) == mixed[4:]).all()
    assert (model.interpolate(4, condition="1") == model.interpolate(4, condition="1")).all()
    with pytest.raises(ConfigError, match=r"^no class 'cat'; known: 0, 1, 2$"):
        model.generate(1, condition="cat")
    page = json.loads((each.folder / "model" / "model.json").read_text(encoding="utf-8"))
    assert sum(page["codec"]["shares"]) == pytest.approx(1)


def test_a_translator_draws_from_pictures_alone(run) -> None:
    each = run("denoise")
    launch(each)
    with pytest.raises(
        ConfigError, match=r"^this run makes pictures from pictures, not from latents; use ganworks apply$"
    ):
        load(each.folder).generate(1)


def test_classes_are_missed_in_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.zeros((40, 8, 8), np.uint8))
    with pytest.raises(ValueError, match=r"^domain.condition=class wants a class for every picture, [^\n]+$"):
        plan(Words(str(tmp_path / "plain.npy"), "conditional", samples=8, folder=str(tmp_path / "run")))
