"""Clips in every form they come in, and everything that is wrong with some of them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganworks.domains.video import Video
from ganworks.settings import DataError
from tests.application.filming import film, moving

GREY = {"size": [16, 16], "frames": 4}


def domain(**settings: object) -> Video:
    return Video.from_tree({"name": "video", **GREY, **settings})


def noise(frames: int, side: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (frames, side, side), dtype=np.uint8)


def strip(path: Path, frames: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(list(frames), axis=1)).save(path)


def gif(path: Path, frames: np.ndarray, times: int | list[int] = 100) -> None:
    pictures = [Image.fromarray(each) for each in frames]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=times, loop=0)


def every(data) -> np.ndarray:
    return np.concatenate([each.fetch(np.arange(len(each))).x for each in (data.train, data.validation, data.test)])


@pytest.fixture
def strips(tmp_path: Path) -> Path:
    for i in range(12):
        strip(tmp_path / "strips" / ("run" if i % 2 else "jump") / f"{i}.png", noise(6, seed=i))
    return tmp_path / "strips"


def test_strips_are_told_by_their_shape_and_their_folder_is_the_class(strips: Path) -> None:
    data = domain().read(str(strips))
    assert data.classes == ("jump", "run") and len(every(data)) == 12 * 3
    clips = every(data)
    assert clips.shape[1:] == (4, 16, 16, 1)
    assert any(np.array_equal(each[..., 0], noise(6, seed=3)[1:5]) for each in clips)


def test_every_other_frame_and_a_stride(strips: Path) -> None:
    data = domain(every=2, frames=3).read(str(strips))
    assert any(np.array_equal(each[..., 0], noise(6, seed=3)[[1, 3, 5]]) for each in every(data))
    assert len(every(domain(stride=2).read(str(strips)))) == 12 * 2


def test_a_folder_a_clip_and_one_above_a_class(tmp_path: Path) -> None:
    for i in range(4):
        inner = tmp_path / "frames" / ("a" if i < 2 else "b") / f"clip{i}"
        inner.mkdir(parents=True)
        for t, each in enumerate(noise(11, seed=i)):
            Image.fromarray(each).save(inner / f"{t}.png")
    data = domain(frames=11, validation=0, test=0).read(str(tmp_path / "frames"))
    assert data.classes == ("a", "b") and len(data.train) == 4
    assert any(np.array_equal(each[..., 0], noise(11, seed=2)) for each in every(data))  # frame 10 after frame 9


def test_films_and_gifs_are_read_and_an_uneven_rate_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    film(folder / "even.mkv", moving(6, 16, 16), "ffv1", "bgr0", None)
    times = [0, 40, 80, 200, 240, 280]
    film(folder / "uneven.mkv", moving(6, 16, 16, seed=1), "ffv1", "bgr0", None, times=times, unit=Fraction(1, 1000))
    gif(folder / "g.gif", noise(6), [50, 50, 50, 200, 50, 50])
    assert Video.recognises(folder)
    data = domain().read(str(folder))
    assert every(data).shape[-1] == 3 and any("2 films of uneven frame rate" in each for each in data.notes)
    assert any(np.array_equal(each, np.stack(moving(6, 16, 16))[1:5]) for each in every(data))


def test_arrays_bring_labels_and_the_box_that_bounces(tmp_path: Path) -> None:
    clips = np.stack([noise(5, seed=i) for i in range(20)])
    np.savez(tmp_path / "c.npz", clips=clips, labels=np.arange(20) % 3, box=np.array(8))
    data = domain(condition="class").read(str(tmp_path / "c.npz"))
    assert data.classes == ("0", "1", "2") and data.facts["box"] == 8 and len(every(data)) == 40
    np.save(tmp_path / "f.npy", (clips[..., None] / 255).astype(np.float32))
    assert {each.tobytes() for each in every(data)} == {
        each.tobytes() for each in every(domain().read(str(tmp_path / "f.npy")))
    }


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"clips": np.zeros((2, 5, 16, 16), np.float32) + 7}, "numbers from 0 to 1, got 7 to 7"),
        ({"clips": np.full((2, 5, 16, 16), np.nan)}, "numbers from 0 to 1, got nan to nan"),
        ({"clips": np.zeros((5, 16, 16), np.uint8)}, "wanted clips (N, T, H, W)"),
        ({"clips": np.zeros((2, 5, 16, 16), np.uint8), "labels": np.zeros(3, int)}, "wanted 2 labels"),
        ({"other": np.zeros(3)}, "wanted an array 'clips'"),
    ],
)
def test_arrays_that_are_no_clips_get_one_line(tmp_path: Path, parts: dict[str, np.ndarray], words: str) -> None:
    np.savez(tmp_path / "c.npz", **parts)
    with pytest.raises(DataError) as refused:
        domain().read(str(tmp_path / "c.npz"))
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_a_damaged_array_gets_one_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", clips=np.zeros((3, 5, 16, 16), np.uint8))
    (tmp_path / "c.npz").write_bytes((tmp_path / "c.npz").read_bytes()[:300])
    with pytest.raises(DataError, match="cannot be read as an array"):
        domain().read(str(tmp_path / "c.npz"))


def test_bad_clips_cost_themselves_alone(strips: Path) -> None:
    strip(strips / "run" / "short.png", noise(3))
    Image.fromarray(np.zeros((16, 70), np.uint8)).save(strips / "run" / "odd.png")
    (strips / "run" / "broken.png").write_bytes(b"no picture")
    strip(strips / "run" / "large.png", noise(5, side=24))
    data = domain().read(str(strips))
    told = {each.name: each.reason for each in data.skipped}
    assert set(told) == {"short.png", "odd.png", "broken.png"}
    assert told["short.png"] == "3 frames are shorter than a window of 4 which takes 4; set domain.frames"
    assert told["odd.png"].startswith("70 pixels wide and 16 high is no strip")
    assert len(every(data)) == 12 * 3 + 2
    assert "clips of 2 sizes; all were brought to 16 x 16" in data.notes
    for name in told:
        assert all("\n" not in reason for reason in told.values()), name
    with pytest.raises(DataError, match=r"broken\.png"):
        domain().read(str(strips), strict=True)


def test_a_corrupt_last_frame_costs_the_clip_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for i in range(3):
        inner = folder / f"clip{i}"
        inner.mkdir(parents=True)
        for t, each in enumerate(noise(6, seed=i)):
            Image.fromarray(each).save(inner / f"{t}.png")
    last = folder / "clip1" / "5.png"
    last.write_bytes(last.read_bytes()[:60])
    (folder / "clip2" / "5.png").unlink()
    Image.fromarray(noise(1, side=20)[0]).save(folder / "clip2" / "5.png")
    data = domain(frames=5, validation=0, test=0).read(str(folder))
    told = {each.name: each.reason for each in data.skipped}
    assert told["clip1"].startswith("left out from frame 6 on: 5.png")
    assert told["clip2"].startswith("left out from frame 6 on: frame 6 is 20 x 20")
    assert len(data.train) == 2 + 1 + 1


def test_a_truncated_film_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "v.mkv", moving(40, 32, 32), "ffv1", "bgr0", None)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    data = domain(size=[32, 32]).read(str(path))
    assert len(every(data)) > 4 and any("kept as far as it goes" in each.reason for each in data.skipped)


def test_one_long_clip_is_held_out_by_stretches(tmp_path: Path) -> None:
    gif(tmp_path / "long.gif", noise(90))
    data = domain(validation=0.3, test=0.3).read(str(tmp_path / "long.gif"))
    assert min(len(each) for each in (data.train, data.validation, data.test)) > 0
    assert any("too few to be held out whole" in each for each in data.notes)


def test_nothing_to_read_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is none"):
        domain().read(str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="found none"):
        domain().read(str(tmp_path))
    strip(tmp_path / "a.png", noise(3))
    with pytest.raises(DataError, match=r"found no clip of at least 4 frames; a\.png: 3 frames are shorter"):
        domain(source="strips").read(str(tmp_path))


def test_memory_ends_the_reading_not_the_run(strips: Path) -> None:
    data = domain(most_bytes=6 * 256 * 4).read(str(strips))
    assert len(every(data)) == 4 * 3 and any("memory for" in each.reason for each in data.skipped)


def test_pictures_in_folders_are_left_to_the_domain_of_pictures(good: Path) -> None:
    assert not Video.recognises(good) and not Video.recognises(good / "000.png")


def test_weizmanns_strips_are_read(real_data) -> None:
    data = Video(condition="class").read(str(real_data("weizmann_actions") / "clips"))
    assert data.classes == ("0", "1", "3", "4") and not data.skipped
    assert data.train.fetch(np.arange(2)).x.shape == (2, 16, 64, 64, 3)
