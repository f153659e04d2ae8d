"""A run on clips from beginning to end: resumed to the last bit, judged, evaluated, applied."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.conclude import conclude
from ganworks.launch import Words, launch, plan
from ganworks.training.interrupt import Stopped
from ganworks.training.watch import Watch
from tests.application.filming import moving
from tests.training.test_train import StopAt, same, state

SMALL = (
    "batch=2", "previews=1", "checkpoints=4", "domain.crop=16", "domain.frames=3", "domain.longest=32",
    "generator.width=4", "generator.blocks=1", "generator.motion_width=4", "generator.motion_levels=2",
    "discriminator.width=4", "discriminator.layers=1", "domain.test=0.4", "domain.validation=0.2",
)  # fmt: skip


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for i in range(16):
        Image.fromarray(moving(1, 32, 32, seed=i)[0]).save(folder / f"{i}.png")
    return folder


def planned(photographs, name: str, recipe: str = "video-denoise"):
    return plan(Words(str(photographs), recipe, samples=20, folder=str(photographs.parent / name), settings=SMALL))


def test_a_stopped_run_on_clips_goes_on_bit_for_bit(photographs, monkeypatch) -> None:
    straight = planned(photographs, "straight")
    launch(straight)
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        each = planned(photographs, "stopped")
        launch(each, StopAt(7, patched))  # in the adversarial stage
    launch(planned(photographs, "stopped"))
    assert same(state(straight.folder, 20), state(each.folder, 20))


@pytest.mark.parametrize("recipe", ["video-super-resolution-x2", "video-inpaint"])
def test_a_run_on_clips_is_judged_and_evaluated_by_its_frames(photographs, recipe) -> None:
    each = planned(photographs, "run", recipe)
    model = launch(each)
    conclude(each.folder, Watch())
    page = json.loads((each.folder / "evaluation.json").read_text())
    numbers = {row["name"]: row["value"] for row in page["metrics"]}
    assert 5 < numbers["psnr"] < 100 and len(page["translated"]["rows"]) >= 3
    strips = np.asarray(Image.open(each.folder / "samples" / "latest.png"))
    assert strips.ndim == 3 and (each.folder / "samples" / "restored.png").exists()
    clips = model.translate(each.run.domain.fit(each.dataset).encode(_raw(each), fixed=True).c)
    assert clips.shape == (2, 3, 16, 16, 3) and clips.dtype == np.uint8


def _raw(each):
    return torch.from_numpy(each.dataset.train.fetch(np.arange(2)).x)
