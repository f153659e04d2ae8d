"""Clips as samples and as files; classes, first frames, volumes; digits between walls."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains.video import Moving, Video
from ganworks.settings import ConfigError, DataError
from tests.application.filming import look


@pytest.fixture
def toy():
    return Video().toy(), Video().model_copy(update={"frames": 8})


def records(data) -> np.ndarray:
    return data.train.fetch(np.arange(min(4, len(data.train)))).x


@pytest.mark.parametrize("files", ["gif", "webp"])
def test_clips_are_written_so_that_they_play(toy, tmp_path: Path, files: str) -> None:
    data, domain = toy
    codec = domain.model_copy(update={"files": files}).fit(data)
    paths = codec.write(records(data), tmp_path, first=5)
    assert [each.name for each in paths] == [f"{i:06d}.{files}" for i in range(5, 9)]
    with Image.open(paths[0]) as shown:
        assert shown.n_frames > 1 and shown.size == (16, 16)


def test_clips_are_written_as_films_frames_and_arrays(toy, tmp_path: Path) -> None:
    data, domain = toy
    clips = records(data)
    films = domain.model_copy(update={"files": "mp4"}).fit(data).write(clips, tmp_path / "films")
    found = look(films[0])
    assert len(found.frames) == 8 and found.rate == 8
    assert np.abs(np.stack(found.frames).mean(-1) - clips[0, ..., 0]).mean() < 4
    frames = domain.model_copy(update={"files": "frames"}).fit(data).write(clips, tmp_path / "frames")
    again = Video(frames=8, validation=0, test=0).read(str(tmp_path / "frames"))
    assert len(frames) == 32 and len(again.train) == 4
    (array,) = domain.model_copy(update={"files": "npz"}).fit(data).write(clips, tmp_path / "arrays")
    with np.load(array) as held:
        assert np.array_equal(held["clips"], clips)


def test_films_of_odd_sides_are_written(tmp_path: Path) -> None:
    codec = Moving(channels=1, frames=3, height=17, width=15, mode="L", files="mp4")
    (path,) = codec.write(np.zeros((1, 3, 17, 15, 1), np.uint8), tmp_path)
    assert look(path).frames[0].shape == (18, 16, 3)


def test_classes_are_asked_for_by_name(toy) -> None:
    data, domain = toy
    codec = domain.model_copy(update={"condition": "class"}).fit(data)
    assert codec.conditions(["7"]).argmax() == 7 and codec.spec.condition.shape == (10,)
    with pytest.raises(ConfigError, match="no class"):
        codec.conditions(["seven"])
    drawn = codec.some_conditions(50, torch.Generator().manual_seed(0))
    assert drawn.sum(1).eq(1).all() and drawn.argmax(1).unique().numel() > 3


def test_a_first_frame_is_a_condition_and_the_model_keeps_none(toy, tmp_path: Path) -> None:
    data, domain = toy
    codec = domain.model_copy(update={"condition": "first"}).fit(data)
    clips = records(data)
    batch = codec.encode(torch.from_numpy(clips))
    torch.testing.assert_close(batch.c.view(4, 1, 16, 16), batch.x[:, :, 0])
    Image.fromarray(clips[0, 0, ..., 0]).save(tmp_path / "a.png")
    torch.testing.assert_close(codec.conditions([str(tmp_path / "a.png")]), batch.c[:1], atol=1e-6, rtol=0)
    text = codec.model_dump_json()
    assert all(clip[0].tobytes().hex() not in text for clip in clips) and len(text) < 20_000
    drawn = codec.some_conditions(6, torch.Generator().manual_seed(0))
    assert drawn.shape == (6, 256) and drawn.abs().max() <= 1
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "b.png")
    for word, reason in (("b.png", "16 x 16 pixels"), ("c.png", "wanted a picture")):
        with pytest.raises(ConfigError, match=reason):
            codec.conditions([str(tmp_path / word)])


def test_a_class_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    np.save(
        tmp_path / "c.npy", np.zeros((30, 4, 16, 16), np.uint8) + np.arange(30, dtype=np.uint8)[:, None, None, None]
    )
    domain = Video(condition="class", frames=4)
    with pytest.raises(DataError, match="a folder a class, or an array with labels"):
        domain.fit(domain.read(str(tmp_path / "c.npy")))


def test_previews_show_rows_and_things_that_move(toy, tmp_path: Path) -> None:
    data, domain = toy
    codec = domain.fit(data)
    assert codec.preview(records(data)).shape[2] == 3
    with Image.open(codec.moving(records(data), tmp_path / "m.webp", 2)) as shown:
        assert shown.is_animated and shown.n_frames <= 8


def test_volumes_keep_their_axes_and_spacing(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    rng = np.random.default_rng(0)
    for i in range(12):
        values = (rng.normal(size=(16, 8, 12)).cumsum(0) * 50).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(values, np.diag([1.0, 2.0, 3.0, 1.0])), tmp_path / f"v{i}.nii.gz")
    (tmp_path / "bad.nii.gz").write_bytes(b"no volume")
    domain = Video(source="volumes", frames=8, size=(8, 12), validation=0, test=0)
    data = domain.read(str(tmp_path))
    codec = domain.fit(data)
    assert (
        codec.kind == "volumes"
        and codec.spec.shape == (1, 8, 8, 12)
        and [each.name for each in data.skipped] == ["bad.nii.gz"]
    )
    batch = codec.encode(torch.from_numpy(records(data).astype(np.int32)))
    assert batch.x.min() >= -1 and batch.x.max() <= 1
    again = codec.decode(batch.x)
    np.testing.assert_array_equal(again, records(data))
    (path, *_) = codec.write(again, tmp_path / "out")
    written = nibabel.load(path)
    assert written.shape == (8, 8, 12) and written.header.get_zooms() == pytest.approx((2.0, 2.0, 3.0))
    wanted = np.asarray(nibabel.load(tmp_path / "v0.nii.gz").dataobj, np.float32).reshape(8, 2, 8, 12).mean(1)
    near = [
        np.abs(np.asarray(nibabel.load(each).dataobj) - wanted).max() for each in sorted((tmp_path / "out").iterdir())
    ]
    assert min(near) < 0.05


def test_arrays_of_three_axes_are_volumes(tmp_path: Path) -> None:
    for i in range(3):
        np.save(tmp_path / f"{i}.npy", np.random.default_rng(i).normal(size=(8, 8, 8)))
    np.save(tmp_path / "flat.npy", np.full((8, 8, 8), np.nan))
    domain = Video(frames=8, size=(8, 8), validation=0, test=0)
    data = domain.read(str(tmp_path))
    assert len(data.train) == 3 and data.skipped[0].reason == "has values that are not finite"
    (path, *_) = domain.fit(data).write(records(data)[:1], tmp_path / "out")
    assert np.abs(np.load(path)).max() > 1


def test_digits_between_walls_are_of_other_digits_in_the_test_split() -> None:
    data = Video(count=200).read("bouncing")
    assert data.facts["box"] == 16 and len(data.test) == 20 and data.classes == tuple("0123456789")
    assert data.fingerprint == Video(count=200).read("bouncing").fingerprint
    shown = data.train.fetch(np.arange(5)).x
    assert shown.shape == (5, 16, 32, 32, 1) and (shown.reshape(5, 16, -1).max(2) > 128).all()


def test_digits_may_be_those_of_mnist(real_data) -> None:
    folder = str(real_data("mnist"))
    assert len(Video(count=100, digits=folder).read("bouncing").test) == 10
    with pytest.raises(DataError, match="MNIST's IDX files"):
        Video(count=100, digits=str(Path(folder).parent / "nowhere")).read("bouncing")
