"""Clips: videos, folders of frames and photographs that are made to move, spoilt as videos are."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains.clips import Clips, Films
from ganworks.domains.clips.codec import apart, together
from ganworks.domains.clips.draws import ClipDraws
from ganworks.domains.clips.motion import moving as moved
from ganworks.domains.degraded.draws import Draws
from ganworks.settings import ConfigError, DataError
from tests.application.filming import film, moving

CPU = torch.device("cpu")


def domain(**settings) -> Clips:
    return Clips.from_tree({"name": "clips", "preset": "denoise-25", "frames": 4, **settings})


@pytest.fixture
def scenes(tmp_path):
    """A folder with three videos of two scenes each."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for i in range(3):
        first, second = moving(14, 24, 32, seed=i), [each // 5 for each in moving(11, 24, 32, seed=10 + i)]
        film(folder / f"v{i}.mkv", [*first, *second], "ffv1", "bgr0", None)
    return folder


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for i in range(12):
        Image.fromarray(moving(1, 32, 40, seed=i)[0]).save(folder / f"{i}.png")
    return folder


def test_videos_become_clips_that_reach_over_no_cut(scenes) -> None:
    data = domain(size=[24, 32]).read(str(scenes))
    clips = np.concatenate([each.fetch(np.arange(len(each))).x for each in (data.train, data.validation, data.test)])
    assert clips.shape == (3 * (3 + 2), 4, 24, 32, 3) and data.facts["records"] == 15
    bright = clips.reshape(15, 4, -1).mean(2) > 70
    assert (bright == bright[:, :1]).all()  # the second scene of each is dark
    assert data.notes[0] == "15 clips of 4 frames from 6 scenes"
    wanted = np.stack(moving(14, 24, 32))
    assert any(np.array_equal(each, wanted[4:8]) for each in clips)
    codec = domain(size=[24, 32]).fit(data)
    batch = codec.encode(torch.from_numpy(clips), fixed=True)
    assert np.array_equal(codec.decode(batch.x), clips) and batch.c.shape == batch.x.shape == (15, 3, 4, 24, 32)


def test_ten_scenes_are_held_out_whole_and_the_fingerprint_follows_the_frames(tmp_path) -> None:
    for i in range(12):
        film(tmp_path / f"v{i}.mkv", moving(9, 24, 32, seed=i), "ffv1", "bgr0", None)
    settings = domain(size=[24, 32], test=0.4, validation=0.0)
    data = settings.read(str(tmp_path))
    assert len(data.train) % 2 == 0 and len(data.test) % 2 == 0 and len(data.test) > 0  # two clips a scene
    assert not any("share scenes" in note for note in data.notes)
    assert data.fingerprint == settings.read(str(tmp_path)).fingerprint
    (tmp_path / "v0.mkv").unlink()
    assert data.fingerprint != settings.read(str(tmp_path)).fingerprint


def test_folders_of_frames_are_read_in_the_order_of_their_numbers(tmp_path) -> None:
    frames = moving(12, 24, 32)
    for i, pixels in enumerate(frames):
        path = tmp_path / "one" / f"frame{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    data = domain(source="frames", size=[24, 32]).read(str(tmp_path))
    clips = [
        each for split in (data.train, data.validation, data.test) for each in split.fetch(np.arange(len(split))).x
    ]
    assert sorted(each.tobytes() for each in clips) == sorted(np.stack(frames[i : i + 4]).tobytes() for i in (0, 4, 8))


def test_what_holds_no_clip_is_refused_in_one_line(tmp_path, scenes) -> None:
    with pytest.raises(DataError, match=r"^wanted videos with scenes of at least 16 frames, found none$"):
        domain(frames=16, size=[24, 32]).read(str(scenes))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: wanted folders of frames, found no pictures; set domain.source=auto"):
        domain(source="frames").read(str(tmp_path / "empty"))
    (scenes / "broken.mp4").write_bytes(b"nothing")
    data = domain(size=[24, 32]).read(str(scenes))
    assert data.skipped[0].name == "broken.mp4" and len(data.train) > 0
    with pytest.raises(DataError, match=r"^broken.mp4: broken.mp4: cannot be opened as a video"):
        domain(size=[24, 32]).read(str(scenes), strict=True)
    with pytest.raises(ConfigError, match="frames must be at least 2, got 1"):
        domain(frames=1)


def test_photographs_are_moved_over_and_held_out_ones_always_alike(photographs) -> None:
    settings = domain(crop=16, pan=3.0)
    data = settings.read(str(photographs))
    assert "photographs: motion of up to 3 pixels a frame is made over them; it is no video's" in data.notes
    codec = settings.fit(data)
    raw = torch.from_numpy(data.train.fetch(np.arange(4)).x)
    torch.manual_seed(0)
    batch = codec.encode(raw)
    assert batch.x.shape == batch.c.shape == (4, 3, 4, 16, 16)
    assert (batch.x[:, :, 1:] - batch.x[:, :, :-1]).abs().mean() > 0.01
    held = codec.encode(raw, fixed=True)
    other = codec.encode(raw.flip(0), fixed=True)
    assert torch.equal(held.x, other.x.flip(0)) and torch.equal(held.c, other.c.flip(0))
    assert not torch.equal(batch.x, held.x)
    torch.manual_seed(0)
    again = codec.encode(raw)
    assert torch.equal(again.x, batch.x) and torch.equal(again.c, batch.c)


def test_a_camera_that_stands_still_sees_one_picture_and_one_that_pans_sees_it_shifted() -> None:
    x = torch.rand(1, 1, 20, 24, generator=torch.Generator().manual_seed(0))
    draws = Draws(1, CPU, torch.Generator().manual_seed(1))
    still = moved(x, draws, 3, (12, 14), 0, 0, 0, middle=True)
    torch.testing.assert_close(still, x[:, :, None, 4:16, 5:19].expand(-1, -1, 3, -1, -1), rtol=0, atol=1e-5)
    panned = moved(x, draws, 3, (12, 14), 2, 0, 0, middle=True)
    assert not torch.allclose(panned[:, :, 0], panned[:, :, 2], atol=1e-2)


def test_what_spoils_a_clip_spoils_its_frames_alike_but_for_noise() -> None:
    draws = ClipDraws(3, 6, CPU, torch.Generator().manual_seed(0))
    numbers = draws.within((0.0, 1.0)).view(2, 3)
    assert (numbers == numbers[:, :1]).all() and numbers[0, 0] != numbers[1, 0]
    flags = ClipDraws(3, 300, CPU, torch.Generator().manual_seed(0)).flags(0.5).view(100, 3)
    assert (flags == flags[:, :1]).all() and 0 < flags.sum() < 300
    assert draws.among(3).within((0.0, 1.0)).unique().numel() == 1
    fields = draws.normal((2,))
    assert fields.unique().numel() == 12
    seeds = torch.tensor(ClipDraws(3, 300, CPU, torch.Generator().manual_seed(0)).seeds()).view(100, 3)
    fresh = (seeds != seeds[:, :1]).any(1)
    assert 20 < int(fresh.sum()) < 80
    assert len(set(draws.offsets(1000)[:3])) == 1


@pytest.mark.parametrize(("preset", "channels", "scale"), [("bicubic-x2", 3, 2), ("inpaint", 4, 1), ("real-v1", 3, 1)])
def test_every_kind_of_spoiling_has_the_shape_it_promises(photographs, preset, channels, scale) -> None:
    settings = Clips.from_tree({"name": "clips", "preset": preset, "crop": 16})
    data = settings.read(str(photographs))
    codec = settings.fit(data)
    raw = torch.from_numpy(data.train.fetch(np.arange(3)).x)
    for fixed in (False, True):
        batch = codec.encode(raw, fixed=fixed)
        assert batch.x.shape[1:] == codec.spec.shape == (3, 5, 16, 16)
        assert batch.c.shape[1:] == codec.spec.condition.shape == (channels, 5, 16 // scale, 16 // scale)
    shown = codec.shown(batch.c)
    assert shown.shape == (3, 5, 16, 16, 3)
    if preset == "inpaint":
        assert torch.equal(codec.compose(batch.x * 0, batch.c)[:, :, 0][batch.c[:, -1:, 0].expand(-1, 3, -1, -1) < 0],
                           batch.c[:, :3, 0][batch.c[:, -1:, 0].expand(-1, 3, -1, -1) < 0])  # fmt: skip


def test_clips_are_folded_into_frames_and_back_and_written_as_folders(tmp_path) -> None:
    x = torch.rand(2, 3, 4, 5, 6)
    assert torch.equal(together(apart(x), 4), x) and torch.equal(apart(x)[5], x[1, :, 1])
    films = Films(channels=3, height=5, width=6, mode="RGB", frames=4)
    records = films.decode(x * 2 - 1)
    assert np.array_equal(records[1, 2], films.decode(x[:, :, 2] * 2 - 1)[1])
    paths = films.write(records, tmp_path, first=7)
    assert [path.relative_to(tmp_path).as_posix() for path in paths[:5]] == [
        *(f"000007/{i:06d}.png" for i in range(4)), "000008/000000.png",
    ]  # fmt: skip
    strips, single = films.preview(records), films.preview(records[:, 0])
    assert strips.shape[1] > strips.shape[0] and single.ndim == 3
