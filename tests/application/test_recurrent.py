"""ganworks apply with a model that goes from frame to frame: a stream gives what a clip gives, and forgets at cuts."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.application import apply
from ganworks.application.drawer import stored
from ganworks.application.video.recurrent import Streaming
from ganworks.domains.clips import DegradedClips, Films
from ganworks.domains.degraded import PRESETS
from ganworks.model import Model
from ganworks.training import artefact
from tests.application.conftest import run_of
from tests.application.filming import film, look, moving


@pytest.fixture
def follower(tmp_path):
    """Save a recurrent model with random weights; returns its folder."""

    def save(preset: str = "denoise-25") -> Path:
        target = Films(channels=3, height=16, width=16, mode="RGB", frames=3)
        codec = DegradedClips(target=target, steps=PRESETS[preset], scale={"bicubic-x2": 2}.get(preset, 1))
        settings = {"name": "recurrent", "width": 4, "blocks": 1, "motion_width": 4, "motion_levels": 2}
        run = run_of({"name": "clips", "preset": preset, "frames": 3}, settings, str(tmp_path / "trained-on"))
        torch.manual_seed(0)
        network = run.generator.build(codec.spec)
        for each in network.parameters():
            torch.nn.init.normal_(each, std=0.05)
        artefact.write(tmp_path / f"run-{preset}" / "model", run, codec, network, 1)
        return tmp_path / f"run-{preset}"

    return save


def drawn_at_once(folder: Path, frames: list[np.ndarray]) -> np.ndarray:
    """What the network makes of the frames as one clip (T, H, W, C)."""
    model = Model.load(folder)
    c = torch.stack([model.codec.condition(torch.from_numpy(each)[None])[0] for each in frames], 1)[None]
    with torch.no_grad():
        return np.stack([stored(255)(y) for y in model.network(None, c)[0].unbind(1)])


@pytest.mark.parametrize("preset", ["denoise-25", "bicubic-x2"])
def test_a_stream_gives_to_the_last_bit_what_the_clip_gives(follower, tmp_path, preset) -> None:
    frames = moving(6, 32, 40)
    source = film(tmp_path / "clip.mkv", frames, "ffv1", "bgr0", None)
    (out,) = apply(follower(preset), source, tmp_path / "out.mkv", codec="ffv1")
    at_once = drawn_at_once(follower(preset), frames)
    assert all(np.array_equal(a, b) for a, b in zip(look(out).frames, at_once, strict=True))
    alone = drawn_at_once(follower(preset), frames[3:4])[0]
    assert not np.array_equal(alone, at_once[3])


def test_the_past_is_forgotten_at_a_cut_and_at_the_next_file(follower, tmp_path) -> None:
    first, second = moving(4, 32, 40), [each // 5 for each in moving(4, 32, 40, seed=7)]
    folder = tmp_path / "in"
    folder.mkdir()
    film(folder / "a.mkv", [*first, *second], "ffv1", "bgr0", None)
    film(folder / "b.mkv", first, "ffv1", "bgr0", None)
    lines: list[str] = []
    both, again = apply(follower(), folder, tmp_path / "out", codec="ffv1", notify=lines.append)
    assert any(line.startswith("a.mkv: 8 frames; 1 cuts; flicker ") for line in lines)
    wanted = [*drawn_at_once(follower(), first), *drawn_at_once(follower(), second)]
    assert all(np.array_equal(a, b) for a, b in zip(look(both).frames, wanted, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(look(again).frames, wanted[:4], strict=True))


def test_a_folder_of_pictures_is_a_sequence_in_the_order_of_its_numbers(follower, tmp_path) -> None:
    frames = moving(11, 32, 40)
    folder = tmp_path / "frames"
    folder.mkdir()
    for i, pixels in enumerate(frames):
        Image.fromarray(pixels).save(folder / f"f{i}.png")
    apply(follower(), folder, tmp_path / "out")
    wanted = drawn_at_once(follower(), frames)
    assert all(np.array_equal(np.asarray(Image.open(tmp_path / "out" / f"f{i}.png")), wanted[i]) for i in range(11))


def test_sides_that_need_padding_and_tiles(follower, tmp_path, told) -> None:
    odd = film(tmp_path / "odd.mkv", moving(3, 33, 41), "ffv1", "bgr0", None)
    (out,) = apply(follower(), odd, tmp_path / "out.mkv", codec="ffv1")
    assert look(out).frames[0].shape == (33, 41, 3)
    line = told("apply", str(follower()), str(odd), str(tmp_path / "tiles.mkv"), "--tile", "16")
    assert line.endswith("sees the whole picture, so tiles would not fit together; leave --tile out")


def test_holes_are_filled_from_the_frame_before_and_known_pixels_are_exact(follower, tmp_path) -> None:
    frames = moving(4, 32, 40)
    source = film(tmp_path / "clip.mkv", frames, "ffv1", "bgr0", None)
    hole = np.zeros((32, 40), np.uint8)
    hole[8:16, 10:30] = 255
    Image.fromarray(hole).save(tmp_path / "mask.png")
    (out,) = apply(follower("inpaint"), source, tmp_path / "out.mkv", mask=tmp_path / "mask.png", codec="ffv1")
    for before, after in zip(frames, look(out).frames, strict=True):
        assert np.array_equal(before[hole == 0], after[hole == 0])
    streaming = Streaming(Model.load(follower("inpaint")))
    assert streaming.holes and streaming.cuts == 0
