"""Two collections without partners: what is drawn with what, one size for both, and the stack of both directions."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains import Dataset, Unpaired
from ganworks.domains.paired import Translated, toys
from ganworks.settings import DataError
from ganworks.training.feed import Feed, encode, held

CPU = torch.device("cpu")


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def folder(path: Path, first: int, count: int, **shape: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        Image.fromarray(noise(first + i, **shape)).save(path / f"{i:02d}.png")


def read(path: Path, *, strict: bool = False, **settings: object) -> tuple[Dataset, Translated]:
    domain = Unpaired(**settings)
    dataset = domain.read(str(path), strict=strict)
    return dataset, domain.fit(dataset)


def refused(path: Path, **settings: object) -> str:
    with pytest.raises(DataError) as error:
        Unpaired(**settings).read(str(path))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_epoch_shows_every_picture_of_the_larger_side_once(place: Path) -> None:
    folder(place / "data/trainA", 0, 30)
    folder(place / "data/trainB", 100, 12)
    dataset, codec = read(place / "data", test=0, validation=0)
    assert len(dataset.train) == 30
    order = dataset.train.order(7)[:]
    batch = held(dataset.train, order, codec)
    inputs = [each.tobytes() for each in codec.input.decode(batch.c)]
    targets = [each.tobytes() for each in codec.decode(batch.x)]
    assert len(set(inputs)) == 30 and len(set(targets)) == 12 and max(map(targets.count, targets)) == 3
    assert set(inputs) == {noise(i).tobytes() for i in range(30)}


def test_both_sides_are_shuffled_on_their_own_and_the_seed_decides(place: Path) -> None:
    source = Unpaired().toy(0).train
    count = len(source.targets)
    first, again, other = (np.divmod(source.order(seed)[:], count) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    partners = dict(zip(*first, strict=True))
    same = sum(partners[a] == b for a, b in zip(*other, strict=True))
    assert same < 0.1 * len(source)
    a, b = np.divmod(source.spread(5), count)
    assert len(set(a)) == len(set(b)) == 5


def test_a_feed_goes_on_where_it_stopped() -> None:
    domain = Unpaired(flip=True, jitter=4)
    dataset = domain.toy(0)
    codec = domain.fit(dataset)
    whole, stopped, resumed = (Feed(dataset.train, codec, 96, CPU, seed=3) for _ in range(3))
    for _ in range(3):
        next(whole), next(stopped)
    resumed.position = stopped.position
    batches = []
    for feed in (whole, resumed):
        torch.manual_seed(11)
        batches.append(next(feed))
    assert torch.equal(batches[0].x, batches[1].x) and torch.equal(batches[0].c, batches[1].c)


def test_official_test_pictures_are_kept_and_validation_is_by_content(place: Path) -> None:
    for side, first in (("A", 0), ("B", 500)):
        folder(place / f"data/train{side}", first, 60)
        folder(place / f"data/test{side}", first + 200, 9)
    dataset, codec = read(place / "data", validation=0.2)
    batch = held(dataset.test, dataset.test.order(0)[:], codec)
    assert {each.tobytes() for each in codec.decode(batch.x)} == {noise(700 + i).tobytes() for i in range(9)}
    assert 0 < len(dataset.validation) < 25 and len(dataset.train) < 60


def test_both_sides_come_to_the_size_and_channels_of_one(place: Path) -> None:
    folder(place / "data/A", 0, 6, height=12, width=20, channels=1)
    folder(place / "data/B", 100, 6, height=8, width=8)
    dataset, codec = read(place / "data")
    assert codec.spec.shape == codec.spec.condition.shape == (3, 8, 8)
    assert "one side has 1 channels, the other 3; both are read with 3" in dataset.notes
    back, codec = read(place / "data", direction="BtoA")
    assert (codec.target.height, codec.target.width) == (12, 20) and "'B' is the input" in back.notes[0]
    _, codec = read(place / "data", size=(16, 8))
    assert codec.spec.shape == codec.spec.condition.shape == (3, 16, 8)


def test_what_is_held_out_of_one_side_alone_is_trained_on(place: Path) -> None:
    folder(place / "data/A", 0, 40)
    folder(place / "data/B", 100, 1)
    dataset, _ = read(place / "data")
    assert len(dataset.train) == 40 and len(dataset.validation) == len(dataset.test) == 0
    assert any("no pictures fell into validation and test" in line for line in dataset.notes)


def test_a_missing_side_and_no_sides_are_one_line(place: Path) -> None:
    folder(place / "data/trainA", 0, 3)
    assert "3 pictures in 'A' folders but none in 'B'" in refused(place / "data")
    folder(place / "flat", 0, 3)
    assert "wanted a folder with two folders of pictures, such as trainA and trainB" in refused(place / "flat")
    assert "there is none" in refused(place / "nowhere")
    folder(place / "named/one", 0, 3)
    assert "no folder of pictures 'two'" in refused(place / "named", input="one", target="two")
    assert "are the same folder" in refused(place / "named", input="one", target="one")


def test_broken_pictures_are_listed_and_strict_stops(place: Path) -> None:
    folder(place / "data/A", 0, 6)
    folder(place / "data/B", 100, 6)
    (place / "data/B/03.png").write_bytes(b"no picture")
    dataset, _ = read(place / "data")
    assert dataset.skipped == (("B/03.png", "not a picture"),)
    with pytest.raises(DataError, match=r"data/B/03.png: not a picture"):
        read(place / "data", strict=True)


def test_pictures_on_both_sides_are_told(place: Path) -> None:
    folder(place / "data/A", 0, 6)
    folder(place / "data/B", 4, 6)
    assert "2 pictures lie on both sides" in read(place / "data")[0].notes


def test_the_stack_holds_both_directions(tmp_path: Path) -> None:
    plain, both = Unpaired(), Unpaired(cycle=True, flip=True, jitter=4)
    dataset = plain.toy(0)
    codec, stacked = plain.fit(dataset), both.fit(dataset)
    raw = dataset.train.fetch(np.arange(6)).x
    alone, batch = (encode(raw, None, each, CPU, fixed=True) for each in (codec, stacked))
    assert stacked.spec.shape == stacked.spec.condition.shape == (6, 32, 32)
    assert torch.equal(batch.x, torch.cat([alone.x, alone.c], 1))
    torch.manual_seed(0)
    x, c = stacked.encode(torch.from_numpy(raw))
    assert torch.equal(c, torch.cat([x[:, 3:], x[:, :3]], 1))
    records = stacked.decode(batch.x)
    assert records.shape == (6, 32, 32, 6) and stacked.shown(batch.c).shape == records.shape
    assert np.array_equal(np.asarray(Image.open(stacked.write(records, tmp_path)[0])),
                          np.concatenate([records[0, ..., :3], records[0, ..., 3:]], axis=1))  # fmt: skip
    assert stacked.preview(records).shape[2] == 3
    assert stacked.learned_unpaired and stacked.output == codec.target


def test_a_picture_of_ones_own_goes_into_both_directions() -> None:
    domain = Unpaired(cycle=True)
    codec = domain.fit(domain.toy(0))
    c = codec.condition(torch.from_numpy(noise(0, 20, 12)[None]))
    assert c.shape == (1, 6, 20, 12) and torch.equal(c[:, :3], c[:, 3:])
    assert c.min() >= -1 and c.max() <= 1


def test_the_toy_mapping_is_measured() -> None:
    domain = Unpaired()
    dataset = domain.read("recoloured")
    codec = domain.fit(dataset)
    batch = held(dataset.train, dataset.train.spread(40), codec)
    inputs = codec.input.decode(batch.c)
    right, copied = toys.recovered(inputs, toys.as_red(inputs)), toys.recovered(inputs, inputs)
    assert right == toys.Recovered(error=0, colour=1, stripes=1, ground=0)
    assert copied.colour == copied.stripes == copied.ground == 0 and copied.error > 5
    flat = np.where((inputs[..., 2:] > inputs[..., :1]), toys.RED, 255 - inputs)
    found = toys.recovered(inputs, flat.astype(np.uint8))
    assert found.colour == pytest.approx(1) and found.stripes == 0 and found.ground > 20


def test_summer_and_winter_are_read_as_they_lie(real_data) -> None:
    dataset, codec = read(real_data("summer2winter"))
    assert len(dataset.test) == 60 and codec.spec.shape == (3, 64, 64) and not dataset.skipped
    assert "'trainA' is the input and 'trainB' is the target (domain.direction)" in dataset.notes
