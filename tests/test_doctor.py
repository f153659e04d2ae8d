"""The doctor finds what spoils training, in a line each, and prices the recipe."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.cli import run
from ganworks.doctor import cost, examine, write
from ganworks.doctor.sample import look
from ganworks.domains import Degraded

FAST = ["batch=8", "generator.width=4", "discriminator.width=4"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "SECONDS", 0.0)


def shape(i: int, handed: bool = True) -> np.ndarray:
    """A smooth random picture; a handed one is darker on its left."""
    rng = np.random.default_rng(i)
    coarse = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
    picture = np.asarray(coarse.resize((16, 16), Image.Resampling.BICUBIC)).astype(float)
    slope = np.linspace(0.3, 1, 16) if handed else np.ones(16)
    return (picture * slope[None, :, None]).astype(np.uint8)


def folder(place: Path, count: int, handed: bool = True) -> Path:
    path = place / "some <b>"
    path.mkdir()
    for i in range(count):
        Image.fromarray(shape(i, handed)).save(path / f"{i:04d}.png")
    return path


def lines(data: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in examine(str(data), FAST).findings.lines:
        found.setdefault(each.about, []).append(f"{each.level}: {each.line}")
    return found


def test_copies_near_copies_and_mirror_images_are_found(place: Path) -> None:
    data = folder(place, 60)
    Image.fromarray(shape(0)).save(data / "exact.png")
    Image.fromarray(np.clip(shape(1).astype(int) + 3, 0, 255).astype(np.uint8)).save(data / "near.png")
    Image.fromarray(shape(2)[:, ::-1].copy()).save(data / "mirrored.png")
    found = lines(data)
    assert "1 of 63" in found["copies"][0]
    assert "1 pair of pictures" in found["near-copies"][0]
    assert "1 pair of pictures" in found["mirrored copies"][0]


def test_blank_and_broken_pictures_are_told_with_their_names(place: Path) -> None:
    data = folder(place, 40)
    Image.new("RGB", (16, 16)).save(data / "black.png")
    (data / "cut.png").write_bytes((data / "0000.png").read_bytes()[:90])
    found = lines(data)
    assert "1 of 41" in found["brightness"][0] and "one colour" in found["brightness"][0]
    assert "cut.png" in found["left out"][0]
    assert "warning: " in found["count"][0] and "by heart" in found["count"][0]


@pytest.mark.parametrize(("handed", "word"), [(True, "do not flip"), (False, "flips are safe")])
def test_a_handedness_is_measured(place: Path, handed: bool, word: str) -> None:
    assert word in lines(folder(place, 600, handed))["handedness"][0]


def test_uneven_labels_are_told(place: Path) -> None:
    data = folder(place, 60)
    for name, rows in (("many", range(56)), ("few", range(56, 60))):
        (data / name).mkdir()
        for i in rows:
            (data / f"{i:04d}.png").rename(data / name / f"{i:04d}.png")
    assert "warning: 2 classes, 'many' with 56 and 'few' with 4" in lines(data)["labels"][0]


def test_points_are_examined_as_rows() -> None:
    found = examine("ring", ["domain.count=500", "batch=16"]).findings
    assert {each.about for each in found.lines} >= {"count", "copies", "range"}


def test_the_page_is_self_contained_and_escaped(place: Path) -> None:
    data = folder(place, 40)
    write(examine(str(data), FAST), place / "page.html")
    page = (place / "page.html").read_text(encoding="utf-8")
    assert "some &lt;b&gt;" in page and "some <b>" not in page
    assert "default-src 'none'" in page and "<script" not in page and "data:image/png" in page


def test_the_command_prints_findings_a_recipe_and_its_price(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for each in FAST for word in ("--set", each)]
    assert run(["doctor", str(folder(place, 40)), *words]) == 0
    told = capsys.readouterr().out
    assert "recipe lean-28: " in told and "samples a second on cpu" in told and "train with: ganworks train" in told
    assert run(["doctor", "digits", "--json", *words]) == 0
    assert json.loads(capsys.readouterr().out)["recipe"]["name"] == "lean-28"


def test_nothing_usable_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "empty").mkdir()
    assert run(["doctor", "empty"]) == 1
    told = capsys.readouterr().err.strip()
    assert "no pictures in empty" in told and "\n" not in told


def test_pairs_are_examined_as_pairs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in ("A", "B"):
        (place / "two" / side).mkdir(parents=True)
    for i in range(30):
        one, other = (np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8) for seed in (i, 99 + i))
        if i != 3:
            Image.fromarray(one if i > 1 else one * 0).save(place / "two" / "A" / f"{i}.png")  # two black inputs
        Image.fromarray(one if i > 27 else other).save(place / "two" / "B" / f"{i}.png")
    words = ["--recipe", "pix2pix", "--set", "domain.flip=false", "--set", "generator.width=4"]
    assert run(["doctor", "two", *words, "--html", "page.html"]) == 0
    told = capsys.readouterr().out
    assert "1 files were left out: B/3.png: has no partner" in told
    assert "inputs of 3 x 16 x 16 become 3 x 16 x 16" in told and "dB from their targets (PSNR)" in told
    assert "2 of 29 (6.9%) targets are equal to their inputs" in told and "1 inputs have several targets" in told
    assert told.splitlines()[-1] == f"train with: ganworks train two {' '.join(words)}"
    assert (place / "page.html").stat().st_size > 5_000


def test_a_stage_with_the_discriminator_is_priced_as_well(place: Path) -> None:
    words = ["domain.size=[16, 16]", "generator.width=4", "generator.blocks=1", "discriminator.width=8", "batch=4"]
    found = examine("digits", words, recipe="denoise")
    assert found.recipe == "denoise" and found.cost.rate > 0 and found.cost.minutes == 30
    assert found.command.startswith("ganworks train digits --recipe denoise --set 'domain.size=[16, 16]'")


def test_examining_what_is_drawn_at_random_moves_no_random_generator(place: Path) -> None:
    domain = Degraded(size=(16, 16), crop=12)
    dataset = domain.read("digits")
    codec, before = domain.fit(dataset), torch.get_rng_state()
    first, again = look(dataset, codec), look(dataset, codec)
    assert torch.equal(first.x, again.x) and first.c is not None and torch.equal(first.c, again.c)
    assert torch.equal(torch.get_rng_state(), before)
