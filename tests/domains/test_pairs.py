"""Pairs: layouts, what is left out, splits, and what is drawn for both sides together."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains import Dataset, Pairs
from ganworks.domains.paired import Translated, toys
from ganworks.settings import ConfigError, DataError
from ganworks.training.feed import encode

CPU = torch.device("cpu")


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def folders(root: Path, names: tuple[str, str] = ("A", "B"), count: int = 30, factor: int = 1) -> Path:
    for i in range(count):
        save(root / names[0] / f"{i:02d}.png", noise(i))
        save(root / names[1] / f"{i:02d}.png", noise(1000 + i, 8 * factor, 8 * factor))
    return root


def sides(dataset: Dataset, codec: Translated) -> dict[bytes, bytes]:
    """Input -> target over all splits, as the user's pixels."""
    found = {}
    for source in (dataset.train, dataset.validation, dataset.test):
        if len(source):
            batch = encode(source.fetch(np.arange(len(source))).x, None, codec, CPU, fixed=True)
            targets = codec.decode(batch.x)
            found |= {c.tobytes(): y.tobytes() for c, y in zip(codec.input.decode(batch.c), targets, strict=True)}
    return found


def read(path: Path, *, strict: bool = False, **settings: object) -> tuple[Dataset, Translated]:
    domain = Pairs(**settings)
    dataset = domain.read(str(path), strict=strict)
    return dataset, domain.fit(dataset)


def refused(path: Path, *, strict: bool = False, **settings: object) -> str:
    with pytest.raises(DataError) as error:
        Pairs(**settings).read(str(path), strict=strict)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_two_folders_are_matched_by_stem_whatever_the_suffix(place: Path) -> None:
    folders(place / "data", count=12)
    Image.fromarray(noise(1011)).save(place / "data/B/11.bmp")
    (place / "data/B/11.png").unlink()
    dataset, codec = read(place / "data")
    assert sides(dataset, codec) == {noise(i).tobytes(): noise(1000 + i).tobytes() for i in range(12)}
    assert any("domain.layout=folders" in line for line in dataset.notes)


@pytest.mark.parametrize("names", [("input", "target"), ("lq", "gt"), ("trainA", "trainB"), ("train/A", "train/B")])
def test_folders_are_known_by_their_names(place: Path, names: tuple[str, str]) -> None:
    dataset, codec = read(folders(place / "data", names, count=3))
    assert sides(dataset, codec)[noise(0).tobytes()] == noise(1000).tobytes()


def test_the_user_may_name_the_folders_and_turn_the_direction(place: Path) -> None:
    folders(place / "data", ("rain", "dry"), count=3)
    dataset, codec = read(place / "data", input="rain", target="dry")
    assert sides(dataset, codec)[noise(2).tobytes()] == noise(1002).tobytes()
    dataset, codec = read(place / "data", input="rain", target="dry", direction="BtoA")
    assert sides(dataset, codec)[noise(1002).tobytes()] == noise(2).tobytes()


def test_both_directions_have_the_same_splits(place: Path) -> None:
    folders(place / "data", count=60)
    there, back = (sides(*read(place / "data", direction=way, test=0)) for way in ("AtoB", "BtoA"))
    assert there == {one: other for other, one in back.items()}
    for split in ("train", "validation"):
        counts = [len(getattr(read(place / "data", direction=way)[0], split)) for way in ("AtoB", "BtoA")]
        assert counts[0] == counts[1]


def test_halves_of_one_file_are_a_and_b_with_their_official_splits(place: Path) -> None:
    for i in range(9):
        folder = "train" if i < 6 else "val"
        save(place / "data" / folder / f"{i}.png", np.concatenate([noise(i), noise(1000 + i)], axis=1))
    dataset, codec = read(place / "data", test=0)
    assert sides(dataset, codec) == {noise(i).tobytes(): noise(1000 + i).tobytes() for i in range(9)}
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [6, 3, 0]
    back, codec = read(place / "data", test=0, direction="BtoA")
    assert sides(back, codec)[noise(1003).tobytes()] == noise(3).tobytes()
    assert back.fingerprint != dataset.fingerprint


def test_official_splits_of_two_folders_are_kept(place: Path) -> None:
    for split in ("train", "val", "test"):
        for i in range(4):
            for side in "AB":
                save(place / "data" / side / split / f"{i}.png", noise(hash_of(split, i, side)))
    dataset, _ = read(place / "data")
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [4, 4, 4]


def hash_of(split: str, i: int, side: str) -> int:
    return ["train", "val", "test"].index(split) * 100 + i * 10 + "AB".index(side)


def test_a_manifest_gives_pairs_splits_and_patients(place: Path) -> None:
    folders(place / "data", ("in", "out"), count=40)
    with (place / "data/pairs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["input", "target", "patient"])
        rows.writerows([f"in/{i:02d}.png", f"out/{i:02d}.png", f"P{i // 4}"] for i in range(40))
    dataset, codec = read(place / "data/pairs.csv", test=0.3, validation=0.3)
    patient = {noise(i).tobytes(): i // 4 for i in range(40)}
    found = []
    for source in (dataset.train, dataset.validation, dataset.test):
        batch = encode(source.fetch(np.arange(len(source))).x, None, codec, CPU, fixed=True)
        found.append({patient[each.tobytes()] for each in codec.input.decode(batch.c)})
    assert sum(map(len, found)) == 10 and all(len(each) < 10 for each in found)
    assert any("10 groups of pairs stay together" in line for line in dataset.notes)


def test_a_group_can_be_the_start_of_a_name(place: Path) -> None:
    for i in range(24):
        for side in "AB":
            save(place / "data" / side / f"case{i // 3}-{i % 3}.png", noise(i + 1000 * "AB".index(side)))
    dataset, codec = read(place / "data", split_by="stem-prefix", test=0.4)
    batch = encode(dataset.test.fetch(np.arange(len(dataset.test))).x, None, codec, CPU, fixed=True)
    cases = [next(i // 3 for i in range(24) if noise(i).tobytes() == each.tobytes()) for each in
             codec.input.decode(batch.c)]  # fmt: skip
    assert cases and all(cases.count(case) == 3 for case in cases)


def test_a_patient_in_two_official_splits_is_refused(place: Path) -> None:
    folders(place / "data", ("in", "out"), count=2)
    lines = ["input,target,split,patient", "in/00.png,out/00.png,train,P1", "in/01.png,out/01.png,test,P1"]
    (place / "data/pairs.csv").write_text("\n".join(lines))
    assert "'P1' is in two splits, test and train" in refused(place / "data/pairs.csv")


def test_what_has_no_partner_is_listed_and_the_rest_is_read(place: Path) -> None:
    folders(place / "data", count=6)
    save(place / "data/A/lonely.png", noise(7))
    save(place / "data/B/other.png", noise(8))
    dataset, codec = read(place / "data")
    assert len(sides(dataset, codec)) == 6
    assert {each.name: each.reason for each in dataset.skipped} == {
        "A/lonely.png": "has no partner in 'B'", "B/other.png": "has no partner in 'A'",
    }  # fmt: skip
    assert any("2 pictures have no partner: A/lonely.png, B/other.png" in line for line in dataset.notes)
    assert "A/lonely.png: has no partner" in refused(place / "data", strict=True)


def test_mostly_lonely_pictures_are_pointed_to_the_other_domain(place: Path) -> None:
    folders(place / "data", count=2)
    for i in range(5, 8):
        save(place / "data/A" / f"{i}.png", noise(i))
        save(place / "data/B" / f"other{i}.png", noise(i))
    assert any(line.endswith("say domain=unpaired") for line in read(place / "data")[0].notes)


def test_folders_without_any_partners_name_five_of_each_side(place: Path) -> None:
    for i in range(7):
        save(place / "data/A" / f"one{i}.png", noise(i))
        save(place / "data/B" / f"two{i}.png", noise(i))
    line = refused(place / "data")
    assert "A/one4.png and 2 more against B/two0.png" in line and "domain=unpaired" in line


def test_a_missing_side_is_one_line(place: Path) -> None:
    save(place / "data/trainA/1.png", noise(1))
    assert "1 pictures in 'A' folders but none in 'B'" in refused(place / "data")
    folders(place / "more", ("rain", "dry"), count=1)
    assert "no folder of pictures 'dri'; did you mean 'dry'?" in refused(place / "more", input="rain", target="dri")
    assert "give both" in refused(place / "more", input="rain")
    (place / "more/pairs.csv").write_text("input,target\nrain/00.png,\nrain/00.png,dry/00.png\n")
    dataset, _ = read(place / "more/pairs.csv")
    assert dataset.skipped[0] == ("rain/00.png", "its target is missing")
    (place / "more/wrong.csv").write_text("path,label\nrain/00.png,1\n")
    assert "line 2: wanted columns input and target, got path, label" in refused(place / "more/wrong.csv")


def test_pairs_of_another_size_are_listed(place: Path) -> None:
    folders(place / "data", count=5)
    save(place / "data/B/03.png", noise(3, 8, 9))
    dataset, codec = read(place / "data")
    assert dataset.skipped == (("03", "its sides differ in size, 8 x 8 to 9 x 8"),) and codec.scale == 1
    for i in range(5):
        save(place / "data/B" / f"{i:02d}.png", noise(i, 9, 8))
    line = refused(place / "data")
    assert "all 5 were left out, 00: its sides differ in size, 8 x 8 to 8 x 9" in line


def test_targets_that_are_a_whole_multiple_are_enlargements(place: Path) -> None:
    folders(place / "data", ("lr", "hr"), count=10, factor=2)
    save(place / "data/hr/04.png", noise(4, 32, 32))
    dataset, codec = read(place / "data")
    assert codec.scale == 2 and codec.spec.shape == (3, 16, 16) and codec.spec.condition.shape == (3, 8, 8)
    assert dataset.skipped == (("04", "8 x 8 to 32 x 32 is not x2 as most are"),)
    assert sides(dataset, codec)[noise(2).tobytes()] == noise(1002, 16, 16).tobytes()
    assert "give multiples of 2" in refused(place / "data", size=(9, 9))
    assert "at x2, below 4x4" in refused(place / "data", size=(6, 6))


def test_shown_inputs_have_the_size_of_targets(place: Path) -> None:
    dataset, codec = read(folders(place / "data", count=6, factor=2))
    batch = encode(dataset.train.fetch(np.arange(3)).x, None, codec, CPU, fixed=True)
    assert codec.shown(batch.c).shape == codec.decode(batch.x).shape == (3, 16, 16, 3)


def test_grey_among_colour_is_converted_and_said(place: Path) -> None:
    folders(place / "data", count=6)
    save(place / "data/A/02.png", noise(2, channels=1))
    dataset, codec = read(place / "data")
    assert codec.input.channels == 3 and "input: 1 of 6 pictures are grey; converted to RGB" in dataset.notes
    for i in range(6):
        save(place / "data/A" / f"{i:02d}.png", noise(i, channels=1))
    dataset, codec = read(place / "data")
    assert codec.spec.condition.shape == (1, 8, 8) and codec.spec.shape == (3, 8, 8)


def test_sixteen_bits_and_alpha_survive(place: Path) -> None:
    rng = np.random.default_rng(0)
    deep = rng.integers(0, 65536, (6, 8, 8), dtype=np.uint16)
    clear = rng.integers(0, 256, (6, 8, 8, 4), dtype=np.uint8)
    for i in range(6):
        save(place / "data/A" / f"{i}.png", deep[i])
        save(place / "data/B" / f"{i}.png", clear[i])
    dataset, codec = read(place / "data", alpha="keep")
    assert codec.input.bits == 16 and codec.target.mode == "RGBA"
    assert sides(dataset, codec) == {deep[i].tobytes(): clear[i].tobytes() for i in range(6)}
    pictures = torch.from_numpy(deep.astype(np.int32))[..., None]
    fetched = encode(dataset.train.fetch(np.arange(len(dataset.train))).x, None, codec, CPU, fixed=True)
    mine = {each.numpy().tobytes() for each in codec.condition(pictures)}
    assert {each.contiguous().numpy().tobytes() for each in fetched.c} <= mine


def test_broken_files_are_listed_with_their_name(place: Path) -> None:
    folders(place / "data", count=6)
    whole = (place / "data/B/01.png").read_bytes()
    (place / "data/B/01.png").write_bytes(whole[: len(whole) // 2])
    (place / "data/A/02.png").write_bytes(b"")
    dataset, codec = read(place / "data")
    reasons = {each.name: each.reason for each in dataset.skipped}
    assert reasons["02"] == "A/02.png: empty (0 bytes)" and reasons["01"].startswith("B/01.png: truncated after")
    assert len(sides(dataset, codec)) == 4
    again, _ = read(place / "data")
    assert again.fingerprint == dataset.fingerprint and again.skipped == dataset.skipped


def test_pictures_that_are_no_pairs_are_told_apart_from_halves(place: Path) -> None:
    save(place / "data/1.png", noise(1, 8, 16))
    save(place / "data/2.png", noise(2, 8, 10))
    assert "1 of 2 pictures are not twice as wide as high (2.png: 10 x 8)" in refused(place / "data")
    dataset, codec = read(place / "data", layout="beside")
    assert len(sides(dataset, codec)) == 2
    save(place / "data/2.png", noise(2, 8, 11))
    dataset, _ = read(place / "data", layout="beside")
    assert "11 pixels wide" in dataset.skipped[0].reason
    assert "found no two folders" in refused(place / "data", layout="folders")
    assert "there is none" in refused(place / "nowhere")
    (place / "empty").mkdir()
    assert "no pairs in" in refused(place / "empty")


def test_settings_that_cannot_be_are_one_line() -> None:
    with pytest.raises(ConfigError, match=r"domain.*size: must be a height and a width of at least 4"):
        Pairs.from_tree({"name": "pairs", "size": [2, 2]}, "domain")
    with pytest.raises(ConfigError, match="must leave something to train on"):
        Pairs.from_tree({"name": "pairs", "test": 0.5, "validation": 0.5}, "domain")


def test_jitter_must_be_whole_pixels_of_the_input(place: Path) -> None:
    with pytest.raises(ConfigError, match="jitter=3 must be a multiple of 2"):
        read(folders(place / "data", count=6, factor=2), jitter=3)


def test_jitter_and_mirroring_are_the_same_for_both_sides_and_follow_the_seed() -> None:
    dataset = Pairs().toy(0)
    same = dataset.train.fetch(np.arange(32)).x
    # A target that is its own input: whatever is drawn, both must come out equal.
    codec = Pairs(jitter=6, flip=True).fit(dataset)
    twin = codec.model_copy(update={"input": codec.target})
    rows = torch.from_numpy(np.concatenate([same[:, 1024:]] * 2, axis=1))
    torch.manual_seed(5)
    one = twin.encode(rows)
    assert torch.equal(one.x, one.c) and not torch.equal(one.x, twin.encode(rows, fixed=True).x)
    torch.manual_seed(5)
    assert torch.equal(one.x, twin.encode(rows).x)
    assert not torch.equal(one.x, twin.encode(rows).x)
    assert one.x.abs().max() <= 1
    before = torch.get_rng_state()
    codec.encode(torch.from_numpy(same), fixed=True)
    assert torch.equal(before, torch.get_rng_state())


def test_a_jittered_part_has_the_right_place_at_another_scale() -> None:
    ramp = np.arange(8, dtype=np.uint8)[None, :, None, None].repeat(4, 0).repeat(8, 2).repeat(1, 3) * 8 + 64
    large = ramp.repeat(2, 1).repeat(2, 2)
    rows = np.concatenate([ramp.reshape(4, -1), large.reshape(4, -1)], axis=1)
    shape = {"channels": 1, "mode": "L"}
    codec = Translated.from_tree(
        {"input": {**shape, "height": 8, "width": 8}, "target": {**shape, "height": 16, "width": 16},
         "scale": 2, "jitter": 4}
    )  # fmt: skip
    torch.manual_seed(0)
    x, c = codec.encode(torch.from_numpy(rows))
    small = torch.nn.functional.avg_pool2d(x, 2)
    assert (small - c)[:, :, 2:-2, 2:-2].abs().max() < 0.03


def test_a_mask_is_refused_in_one_line() -> None:
    codec = Pairs().fit(Pairs().toy(0))
    with pytest.raises(ConfigError, match="fills no holes"):
        codec.condition(torch.zeros(1, 8, 8, 1, dtype=torch.uint8), torch.zeros(1, 8, 8, dtype=torch.bool))


def test_the_toy_answer_is_measured() -> None:
    domain = Pairs()
    dataset = domain.read("outlines")
    codec = domain.fit(dataset)
    batch = encode(dataset.train.fetch(np.arange(50)).x, None, codec, CPU, fixed=True)
    inputs, targets = codec.input.decode(batch.c), codec.decode(batch.x)
    assert toys.coloured(inputs, targets, targets) == 1
    assert toys.coloured(inputs, inputs.repeat(3, 3), targets) == 0
    assert toys.coloured(inputs, np.where(targets == toys.GROUND, targets, 255 - targets), targets) < 0.2


def test_facades_are_read_as_they_lie(real_data) -> None:
    domain = Pairs(direction="BtoA", test=0)
    dataset = domain.read(str(real_data("facades")))
    assert [len(dataset.train), len(dataset.validation)] == [200, 50] and not dataset.skipped
    codec = domain.fit(dataset)
    batch = encode(dataset.train.fetch(np.arange(8)).x, None, codec, CPU, fixed=True)
    # Label maps are flat colours, mostly blue; photographs are not.
    assert batch.c[:, 2].mean() > batch.c[:, 0].mean() + 0.5 and abs(batch.x[:, 2].mean() - batch.x[:, 0].mean()) < 0.3
