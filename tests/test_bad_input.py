"""What users bring and ask for: one clear line each, exit code 1, and nothing lost."""

import os
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganworks.cli import run
from ganworks.recipes import RECIPES

from .conftest import SHORT

LATIN = os.fsdecode(b"caf\xe9")  # a name that is no UTF-8


def picture(*shape: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(sum(shape)).integers(0, 256, shape, dtype=np.uint8))


def encoded(kind: str, *shape: int) -> bytes:
    data = BytesIO()
    picture(*shape).save(data, kind)
    return data.getvalue()


def png_that_declares(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def damaged_files() -> dict[str, tuple[bytes, str]]:
    jpeg = encoded("JPEG", 64, 64, 3)
    return {
        "cut.jpg": (jpeg[: len(jpeg) // 2], "truncated after"),
        "flipped.jpg": (bytes([jpeg[0] ^ 1]) + jpeg[1:], "not a picture"),
        "flipped.png": (encoded("PNG", 8, 8, 3)[:60] + b"\0" + encoded("PNG", 8, 8, 3)[61:], "cannot be decoded"),
        "empty.png": (b"", "empty (0 bytes)"),
        "page.png": (b"<!DOCTYPE html><html>404</html>", "an HTML page"),
        "none.png": (png_that_declares(0, 0), ""),
        "dot.png": (encoded("PNG", 1, 1, 3), "1 x 1 pixels, below 4 x 4"),
        "line.png": (encoded("PNG", 9, 1, 3), "1 x 9 pixels, below 4 x 4"),
        "huge.png": (png_that_declares(20_000, 20_000), "above pixel_limit=50000000"),
        os.fsdecode(b"\xff\n.png"): (b"", "empty (0 bytes)"),
    }


def test_damaged_files_are_listed_in_quarantine_and_strict_stops_instead(good, capsys, told) -> None:
    for name, (data, _) in damaged_files().items():
        (good / name).write_bytes(data)
    (good / "loop").symlink_to(".")
    (good / "nowhere.png").symlink_to("gone.png")
    os.mkfifo(good / "pipe.png")
    for name in ("mit leer.png", "图片.png", "😀.png", LATIN + ".png"):
        (good / name).write_bytes(encoded("PNG", 8, 8, 3))
    assert run(["train", "good", *SHORT, "--run", "new"]) == 0
    assert "left out 12 (--strict to stop)" in capsys.readouterr().err
    listed = dict(line.split("\t") for line in Path("new/quarantine.tsv").read_text("utf-8").splitlines())
    assert set(listed) == {
        *(set(damaged_files()) - {os.fsdecode(b"\xff\n.png")}),
        "\\xff\\n.png",
        "nowhere.png",
        "pipe.png",
    }
    for name, (_, reason) in damaged_files().items():
        assert reason in listed.get(name, "empty (0 bytes)")
    assert " (1 of " in told("train", "good", *SHORT, "--run", "other", "--strict")
    assert not Path("other").exists()


def test_a_quarantine_list_goes_when_the_files_are_mended(good) -> None:
    (good / "zero.png").write_bytes(b"")
    assert run(["train", "good", *SHORT, "--run", "new"]) == 0
    assert Path("new/quarantine.tsv").read_text()
    (good / "zero.png").unlink()
    assert run(["train", "good", *SHORT, "--run", "new"]) == 0
    assert not Path("new/quarantine.tsv").read_text()


def test_an_animation_and_mixed_sizes_and_modes_are_read_and_told(good, capsys) -> None:
    frames = [picture(8, 8, 3), picture(1, 1, 3).resize((8, 8))]
    frames[0].save(good / "moving.gif", save_all=True, append_images=frames[1:])
    picture(20, 10, 3).save(good / "larger.png")
    picture(8, 8, 4).save(good / "clear.png")
    picture(8, 8).save(good / "grey.png")
    picture(8, 8, 3).convert("P").save(good / "palette.png")
    picture(8, 8, 3).convert("CMYK").save(good / "print.jpg")
    assert run(["train", "good", *SHORT, "--set", "domain.size=[8, 8]"]) == 0
    told = capsys.readouterr().err
    assert "1 of 36 pictures are grey" in told and "have an alpha channel" in told and "several pictures" in told


def test_members_that_lead_out_of_an_archive_are_left_out(good) -> None:
    with zipfile.ZipFile("evil.zip", "w") as packed:
        for path in good.iterdir():
            packed.write(path, path.name)
        for name in ("../up.png", "/absolute.png", "a/../../b.png"):
            packed.writestr(name, encoded("PNG", 8, 8, 3))
    assert run(["train", "evil.zip", *SHORT, "--run", "new"]) == 0
    assert Path("new/quarantine.tsv").read_text().count("its name leads out of the archive") == 3
    assert not Path("../up.png").exists()


def test_data_that_is_none_gets_one_line(good, told) -> None:
    Path("empty").mkdir()
    os.mkfifo("pipe.png")
    for name, value in (("nan", np.nan), ("infinite", np.inf), ("large", 2.0)):
        x = np.full((20, 8, 8), 0.5, np.float32)
        x[3, 2, 1] = value
        np.save(f"{name}.npy", x)
    assert "no pictures in empty: wanted PNG" in told("train", "empty", *SHORT)
    assert "pipe.png: wanted a file or folder of pictures, got a pipe" in told("train", "pipe.png", *SHORT)
    assert "nan.npy: has values that are not finite" in told("train", "nan.npy", *SHORT)
    assert "infinite.npy: has values that are not finite" in told("train", "infinite.npy", *SHORT)
    assert "save 0..255 as uint8" in told("train", "large.npy", *SHORT)
    assert "too long" in told("train", "x" * 300, *SHORT)


def test_one_picture_and_fewer_than_a_batch_are_enough(good, capsys) -> None:
    assert run(["train", "good/000.png", *SHORT]) == 0
    assert "only 1 to train on, fewer than a batch of 8" in capsys.readouterr().err
    assert run(["train", "good", *SHORT[2:], "--samples", "1"]) == 0


@pytest.mark.parametrize("name", ["mit leer", "图片😀", "two\nlines", LATIN, "file:x%41"])
def test_any_name_of_folder_and_run_works_and_is_told_on_one_line(good, capsys, name) -> None:
    good.rename(name)
    (Path(name) / "zero.png").write_bytes(b"")
    assert run(["train", name, *SHORT, "--run", f"run {name}"]) == 0
    assert "\nline" not in capsys.readouterr().err
    assert run(["train", name, *SHORT, "--run", f"run {name}"]) == 0
    assert "already complete" in capsys.readouterr().err
    assert run(["train", "--run", f"run {name}", "--samples", "24"]) == 0
    assert run(["show", f"run {name}"]) == 0
    assert run(["sample", f"run {name}", "-n", "1"]) == 0
    for text in ("run.toml", "journal.jsonl", "quarantine.tsv", "model/model.json"):
        (Path(f"run {name}") / text).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--set domain=3", "domain must be a table of settings, got 3"),
        ("--set domain.size=[8,8,3]", "domain.size must be a list of at most 2, got [8, 8, 3]"),
        ("--set domain.size=[100000,100000]", "size=[100000, 100000] is above pixel_limit=50000000"),
        ("--set generator_optimiser.learning_rate=-1", "learning_rate: must be at least 0 over the whole run, got -1"),
        ("--set batch=99999999999", "batch must be at most 1000000"),
        ("--set previews=99999999999", "previews must be at most 100000"),
        ("--set generator.latent=10000000000000", "not enough memory"),
        ("--set generator.latent=1000000000000000000000000", "latent must be a whole number of at most 64 bits"),
        (f"--set a{LATIN}=3", "a setting is printable text in UTF-8, got 'acaf\\xe9=3'"),
        ("--seed -1", "seed must be at least 0, got -1"),
        ("--recipe conv28 --set batch=1", "batch normalisation needs 2 samples at once"),
        ("--recipe dcgan --set domain.size=[4,64]", "dcgan draws sides of 4 to 7 times a power of two"),
        ("--recipe conv28 --set domain.size=[5,5]", "conv28 draws sides that four divides"),
        ("--recipe sngan --set domain.size=[5,5]", "resnet draws sides"),
        ("--recipe lean-28 --set domain.size=[5,5]", "lean draws sides"),
    ],
)
def test_settings_that_cannot_be_met_get_one_line(good, told, words, line) -> None:
    assert line in told("train", "good", *SHORT, "--run", "new", *words.split())


@pytest.mark.parametrize(("words", "line"), [("0", "above 0, got 0"), ("-1", "above 0"), ("1e300", "at most 10000000")])
def test_minutes_must_be_some(good, told, words, line) -> None:
    assert line in told("train", "good", "--minutes", words)


OF_NO_PICTURES = {"table", "series", "grid", "tokens", "molecules", "audio", "vocoder", "video", "voices"}


def paints(name: str) -> bool:
    """Whether a recipe is for pictures, and quick enough for every one of its kind to be tried."""
    domain = (RECIPES[name].domain or {}).get("name")
    return domain not in OF_NO_PICTURES and name not in ("r3-tiny", "r3-small", "r3-base")


@pytest.mark.parametrize("recipe", filter(paints, RECIPES))
@pytest.mark.parametrize("channels", [3, 4])
def test_every_recipe_takes_colour_and_opacity(place, recipe, channels) -> None:
    if (recipe, channels) == ("style-picture", 4):
        pytest.skip("a style is of colours, and is refused for opacity")
    wanted = RECIPES[recipe].domain or {"name": "image"}
    folders = {"pairs": ("a", "b"), "unpaired": ("trainA", "trainB")}.get(
        wanted["name"], ("0", "1") if "condition" in wanted else (".",)
    )
    side = 8 if wanted["name"] == "image" else 32
    for folder in folders:
        Path("some", folder).mkdir(parents=True)
        for i in range(4):
            picture(8 + i, 8, channels).resize((side, side)).save(Path("some", folder, f"{i}.png"))
    lists = {"mlp": ("s=[4]", "s=[4]"), "mlp-conv": ("s=[4]", "=4"), "r3-nano": ()}
    lists |= dict.fromkeys(("mixture", "mixture-2014"), ("s=[4]", "s=[4]"))
    lists |= {"cgan": ("s=[4]", "s=[4]"), "light": (), "style": ()}
    ends = lists.get(recipe, ("=4", "=4"))
    widths = [f"--set={each}.width{end}" for each, end in zip(("generator", "discriminator"), ends, strict=False)]
    words = ["train", "some", "--recipe", recipe, "--samples", "8", "--set", "batch=4", "--set", "domain.alpha=keep"]
    assert run([*words, *widths, "--run", "new"]) == 0
