"""ganworks apply: what goes in comes out, but for what the model changes."""

import io
from pathlib import Path

import cv2
import nibabel
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from ganworks.application import apply
from ganworks.application.reading import Picture, read
from ganworks.application.writing import encoded
from ganworks.cli import run
from ganworks.domains.image.codec import Pictures
from ganworks.domains.image.writing import write_picture
from ganworks.domains.paired import Translated
from ganworks.model import Model
from ganworks.settings import ConfigError, DataError
from tests.application.conftest import noise, run_of


def png(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        cv2.imwrite(str(path), pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])
    else:
        Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_colours_of_16_bits_with_opacity_are_bit_exact(restorer, tmp_path, suffix, channels, bits) -> None:
    pixels = noise(13, 9, channels, dtype=np.uint16)
    source = tmp_path / f"deep{suffix}"
    if suffix == ".png":
        png(source, pixels)
    else:
        extra = ["unassalpha"] if channels == 4 else None
        tifffile.imwrite(source, pixels, photometric="rgb", extrasamples=extra)
    (out,) = apply(restorer(bits=bits), source, tmp_path / "out")
    assert out == tmp_path / "out" / source.name
    back = (
        tifffile.imread(out)
        if suffix == ".tif"
        else cv2.imread(str(out), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3][:channels]]
    )
    assert back.dtype == np.uint16 and np.array_equal(back, pixels)


def test_8_bits_grey_and_every_plain_kind_come_back_as_they_were(restorer, tmp_path) -> None:
    colour, deep_grey = noise(10, 11, 3), noise(10, 11, dtype=np.uint16, seed=2)
    folder = tmp_path / "in"
    for name in ("a.png", "b.tif", "c.bmp", "d.webp", "e.gif"):
        folder.mkdir(exist_ok=True)
        options = {"lossless": True} if name.endswith("webp") else {}
        Image.fromarray(colour if name != "e.gif" else colour[..., 0]).save(folder / name, **options)
    png(folder / "deep.png", deep_grey)
    lines: list[str] = []
    written = apply(restorer(), folder, tmp_path / "out", notify=lines.append)
    assert [path.name for path in written] == ["a.png", "b.tif", "c.bmp", "d.webp", "deep.png", "e.png"]
    for name in ("a.png", "b.tif", "c.bmp", "d.webp"):
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / name)), colour)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "deep.png")), deep_grey)
    assert "16-bit pictures went through a model trained on 8 bits: scaled, and kept at 16 (1 of 6)" in lines
    assert any(line.startswith("grey pictures went through a model of colour pictures") for line in lines)


def test_lzw_tiffs_of_16_bits_are_read(tmp_path) -> None:
    pixels = noise(9, 8, 3, dtype=np.uint16)
    done, data = cv2.imencode(".tif", pixels[..., ::-1])
    assert done
    path = tmp_path / "lzw.tif"
    path.write_bytes(data.tobytes())
    assert np.array_equal(read(path).pixels, pixels)


def test_what_is_enlarged_keeps_its_opacity_and_its_depth(restorer, tmp_path) -> None:
    pixels = noise(12, 10, 4, dtype=np.uint16)
    pixels[..., 3] = 40_000
    (out,) = apply(restorer("bicubic-x2"), png(tmp_path / "small.png", pixels), tmp_path / "large.png")
    back = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert back.shape == (24, 20, 4) and back.dtype == np.uint16 and (back[..., 3] == 40_000).all()


def test_colour_goes_through_a_grey_model_by_its_brightness(restorer, tmp_path) -> None:
    source = png(tmp_path / "red.png", np.full((8, 8, 3), (200, 0, 0), np.uint8))
    lines: list[str] = []
    (out,) = apply(restorer(channels=1), source, tmp_path / "out", notify=lines.append)
    assert np.asarray(Image.open(out)).tolist() == np.full((8, 8), 60).tolist()
    assert lines == ["colour pictures went through a model of grey pictures by their brightness"]


def test_a_model_with_opacity_gets_and_draws_it(restorer, tmp_path) -> None:
    pixels = noise(8, 8, 4)
    (out,) = apply(restorer(channels=4), png(tmp_path / "a.png", pixels), tmp_path / "out")
    assert np.array_equal(np.asarray(Image.open(out)), pixels)


def test_names_are_kept_formats_chosen_and_a_tile_changes_nothing(restorer, tmp_path) -> None:
    folder = tmp_path / "in"
    png(folder / "deep" / "one.png", noise(40, 30, 3))
    Image.fromarray(noise(40, 30, 3)).save(folder / "two.jpeg")
    (folder / "notes.txt").write_text("x")
    noisy = restorer(noisy=True)
    lines: list[str] = []
    whole = apply(noisy, folder, tmp_path / "a", form="png", notify=lines.append)
    tiled = apply(noisy, folder, tmp_path / "b", form="png", tile=16)
    assert [path.relative_to(tmp_path / "a").as_posix() for path in whole] == ["two.png", "deep/one.png"]
    assert [path.read_bytes() for path in whole] == [path.read_bytes() for path in tiled]
    assert "1 files of other kinds were left alone" in lines
    (kept,) = apply(noisy, folder / "two.jpeg", tmp_path / "c")
    assert kept.name == "two.jpeg" and Image.open(kept).format == "JPEG"
    (turned,) = apply(noisy, folder / "two.jpeg", tmp_path / "d.tiff")
    assert Image.open(turned).format == "TIFF"


def test_nothing_is_overwritten_and_that_is_found_before_anything_is_done(restorer, tmp_path) -> None:
    folder, model = tmp_path / "in", restorer()
    png(folder / "a.png", noise(8, 8, 3))
    png(folder / "b.png", noise(8, 8, 3))
    out = tmp_path / "out"
    png(out / "b.png", noise(4, 4, 3))
    before = (out / "b.png").read_bytes()
    with pytest.raises(ConfigError, match=r"b\.png exists; choose another place, or add --force"):
        apply(model, folder, out)
    assert not (out / "a.png").exists() and (out / "b.png").read_bytes() == before
    assert len(apply(model, folder, out, force=True)) == 2
    with pytest.raises(ConfigError, match="among their inputs"):
        apply(model, folder, folder, force=True)
    with pytest.raises(ConfigError, match="replace its own input"):
        apply(model, folder / "a.png", folder / "a.png", force=True)
    Image.fromarray(noise(8, 8, 3)).save(folder / "a.jpg")
    with pytest.raises(ConfigError, match=r"two files would both be written to .*a\.png"):
        apply(model, folder, tmp_path / "new", form="png")
    assert not (tmp_path / "new").exists()


def test_an_output_folder_inside_the_input_is_not_read_again(restorer, tmp_path) -> None:
    folder = tmp_path / "in"
    png(folder / "a.png", noise(8, 8, 3))
    for _ in range(2):
        assert len(apply(restorer(), folder, folder / "out", force=True)) == 1


def test_broken_files_are_listed_and_the_rest_is_done(restorer, tmp_path) -> None:
    folder, model = tmp_path / "in", restorer()
    png(folder / "good.png", noise(20, 20, 3))
    deep = png(folder / "cut.png", noise(20, 20, 3, dtype=np.uint16)).read_bytes()
    (folder / "cut.png").write_bytes(deep[: len(deep) // 2])
    (folder / "page.jpg").write_bytes(b"<html>not found</html>")
    (folder / "empty.tif").write_bytes(b"")
    lines: list[str] = []
    written = apply(model, folder, tmp_path / "out", notify=lines.append)
    assert [path.name for path in written] == ["good.png"]
    left = [line for line in lines if line.startswith("left out")]
    assert len(left) == 3 and any("cut.png: truncated" in line for line in left)
    with pytest.raises(DataError, match=r"cut\.png: truncated"):
        apply(model, folder, tmp_path / "strict", strict=True)
    (folder / "good.png").unlink()
    with pytest.raises(DataError, match=r"cut\.png: truncated after .* \(and 2 more\)"):
        apply(model, folder, tmp_path / "none")


def test_too_small_an_input_and_a_missing_one_are_one_line(restorer, tmp_path, told) -> None:
    model = str(restorer(name="unet", width=4, depth=3))
    small = png(tmp_path / "small.png", noise(5, 30, 3))
    line = told("apply", model, str(small), str(tmp_path / "o.png"))
    assert line == "small.png: is 5 x 30 pixels, and this model takes sides of at least 8; enlarge it"
    assert "there is none" in told("apply", model, str(tmp_path / "no"), str(tmp_path / "o"))
    (out,) = apply(model, png(tmp_path / "odd.png", noise(9, 30, 3)), tmp_path / "o.png")
    assert Image.open(out).size == (30, 9)  # padded to 16 x 32 on the way


def test_profiles_and_orientation_are_applied_and_said(restorer, tmp_path) -> None:
    pixels = noise(8, 12, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    lines: list[str] = []
    (out,) = apply(restorer(), tmp_path / "turned.png", tmp_path / "out", notify=lines.append)
    assert np.array_equal(np.asarray(Image.open(out)), np.rot90(pixels, -1)) and lines == [
        "turned upright as EXIF asks"
    ]
    tifffile.imwrite(
        tmp_path / "t.tif", noise(8, 12, 3, dtype=np.uint16), photometric="rgb", extratags=[(274, 3, 1, 6, True)]
    )
    assert read(tmp_path / "t.tif").pixels.shape == (12, 8, 3)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", icc_profile=lab.tobytes())
    (tmp_path / "srgb.png").write_bytes(buffer.getvalue())
    assert np.array_equal(read(tmp_path / "srgb.png").pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_known_pixels_are_bit_exact_and_holes_are_filled(restorer, tmp_path, dtype) -> None:
    model = restorer("inpaint", noisy=True, name="holes", width=4, halvings=2, depth=1)
    folder, masks = tmp_path / "in", tmp_path / "masks"
    pixels, hole = noise(50, 61, 3, dtype=dtype), np.zeros((50, 61), np.uint8)
    hole[10:30, 20:40] = 255
    hole[40, :] = 127  # not above the threshold: known
    png(folder / "x" / "a.png", pixels)
    png(masks / "x" / "a.png", hole)
    (out,) = apply(model, folder, tmp_path / "out", mask=masks)
    back = read(out).pixels
    assert back.dtype == dtype and np.array_equal(back[hole <= 127], pixels[hole <= 127])
    assert (back[hole > 127] != pixels[hole > 127]).mean() > 0.9


def test_masks_that_cannot_be_meant_are_one_line(restorer, tmp_path, told) -> None:
    model = str(restorer("inpaint", name="holes", width=4, halvings=2, depth=1))
    picture = png(tmp_path / "a.png", noise(40, 40, 3))

    def refused(mask: np.ndarray | None, *more: str) -> str:
        words = ["--mask", str(png(tmp_path / "m.png", mask))] if mask is not None else []
        return told("apply", model, str(picture), str(tmp_path / "o.png"), *words, *more)

    assert "give --mask" in refused(None)
    assert "all black" in refused(np.zeros((40, 40), np.uint8))
    assert "all white" in refused(np.full((40, 40), 255, np.uint8))
    assert "40 x 40, got 10 x 12" in refused(np.eye(10, 12, dtype=np.uint8) * 255)
    line = told("apply", str(restorer()), str(picture), str(tmp_path / "o.png"), "--mask", str(tmp_path / "m.png"))
    assert "fills no holes" in line
    other = tmp_path / "masks"
    png(other / "b.png", np.eye(40, dtype=np.uint8) * 255)
    line = told("apply", model, str(picture), str(tmp_path / "o.png"), "--mask", str(other))
    assert "none of its 1 pictures has the name of an input; wanted such as a.png" in line


def test_a_run_that_draws_from_latents_is_refused_with_what_to_use(tmp_path, told) -> None:
    from ganworks.domains import Image as Domain  # noqa: PLC0415
    from ganworks.training import artefact  # noqa: PLC0415

    domain = Domain()
    codec = domain.fit(domain.toy())
    plain = run_of({"name": "image"}, {"name": "dcgan", "width": 4})
    artefact.write(tmp_path / "gan", plain, codec, plain.generator.build(codec.spec), 1)
    line = told("apply", str(tmp_path / "gan"), str(tmp_path), str(tmp_path / "o"))
    assert "from latents" in line and "ganworks sample" in line


def test_sheets_and_the_command_line(restorer, tmp_path, capsys) -> None:
    folder, model = tmp_path / "in", str(restorer("bicubic-x2"))
    for i in range(9):
        png(folder / f"{i}.png", noise(9 + i, 12, 3))
    assert run(["apply", model, str(folder), str(tmp_path / "out"), "--sheet", "--tile", "8"]) == 0
    assert capsys.readouterr().out.strip() == f"11 files in {tmp_path / 'out'}"
    assert {path.name for path in (tmp_path / "out").glob("before-after-*")} == {
        "before-after-000.png", "before-after-001.png",
    }  # fmt: skip
    assert run(["apply", model, str(folder / "3.png"), str(tmp_path / "big.png"), "--sheet"]) == 0
    assert Image.open(tmp_path / "big-before-after.png").size[0] > 200
    assert Image.open(tmp_path / "big.png").size == (24, 24)


def test_a_model_of_two_directions_takes_either_and_any_other_refuses_one(restorer, tmp_path, told) -> None:
    side = Pictures(channels=3, height=16, width=16, mode="RGB")
    both = side.model_copy(update={"channels": 6, "mode": "n"})
    codec = Translated(input=side, target=both, stacked=True)
    plan = run_of({"name": "unpaired"}, {"name": "cycle", "width": 4, "blocks": 1})
    torch.manual_seed(0)
    model = Model(plan, codec, plan.generator.build(codec.spec), 1)
    source = png(tmp_path / "a.png", noise(18, 21, 3))
    there, back, default = (
        read(apply(model, source, tmp_path / f"{direction}.png", direction=direction)[0]).pixels
        for direction in ("AtoB", "BtoA", None)
    )
    assert there.shape == (18, 21, 3) and np.array_equal(there, default) and (there != back).mean() > 0.5
    line = told("apply", str(restorer()), str(source), str(tmp_path / "o.png"), "--direction", "BtoA")
    assert "translates one way" in line


def test_models_of_scans_warn_and_those_of_unpaired_pictures_warn_twice(tmp_path) -> None:
    side = Pictures(channels=1, height=16, width=16, mode="L", bits=16)
    codec = Translated(input=side, target=side)
    plan = run_of({"name": "unpaired"}, {"name": "unet", "width": 4, "depth": 2})
    model = Model(plan, codec, plan.generator.build(codec.spec), 1)
    nibabel.save(nibabel.Nifti1Image(noise(9, 8, 2, dtype=np.uint16).astype(np.int16), np.eye(4)), tmp_path / "a.nii")
    lines: list[str] = []
    apply(
        model, tmp_path / "a.nii", tmp_path / "out", window="-1000,1000", window_out="0,100", form="keep",
        notify=lines.append,
    )  # fmt: skip
    assert lines[0].startswith("not for diagnosis") and "may draw tissue that is not there" in lines[1]
    assert lines[2] == "values outside -1000 to 1000 were cut to it"
    drawn = np.asarray(nibabel.load(tmp_path / "out" / "a.nii").dataobj)
    assert drawn.min() >= 0 and drawn.max() <= 100


def test_colours_of_another_space_are_brought_to_srgb_and_said(tmp_path) -> None:
    pixels = noise(8, 9, 3)
    mine = (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        .tobytes()
        .replace("sRGB".encode("utf-16-be"), "Mine".encode("utf-16-be"))
    )
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=mine)
    picture = read(tmp_path / "a.png")
    assert picture.notes == ("its colours were brought to sRGB",) and picture.profile is None
    assert np.abs(picture.pixels.astype(int) - pixels).max() <= 2  # the same space by another name
    Image.fromarray(pixels).save(tmp_path / "b.png", icc_profile=b"nonsense" * 20)
    assert "its colour profile is broken and was left out" in read(tmp_path / "b.png").notes
    deep = png(tmp_path / "deep.png", noise(8, 9, 3, dtype=np.uint16)).read_bytes()
    marked = encoded(Picture(read(tmp_path / "deep.png").pixels, None, mine), "png")
    assert len(marked) > len(deep)
    (tmp_path / "marked.png").write_bytes(marked)
    assert Image.open(tmp_path / "marked.png").info["icc_profile"] == mine
    assert read(tmp_path / "marked.png").profile == mine


def test_grey_with_opacity_of_16_bits_keeps_every_value(restorer, tmp_path) -> None:
    pixels = noise(9, 7, 2, dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(encoded(Picture(pixels[..., :1], pixels[..., 1]), "png"))
    write_picture(pixels, tmp_path / "b", "LA")
    for name in ("a.png", "b.png"):
        (out,) = apply(restorer(channels=1), tmp_path / name, tmp_path / "out")
        back = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(back[..., 0], pixels[..., 0]) and np.array_equal(back[..., 3], pixels[..., 1])
