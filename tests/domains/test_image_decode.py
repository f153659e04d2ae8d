"""One picture file -> pixels: every mode, every orientation, every kind of bad file."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image as PILImage

from ganworks.domains.image import Image
from ganworks.domains.image.decode import Unreadable, decode, own_pixel_limit, probe
from ganworks.settings import DataError

LIMIT = 50_000_000
CORNERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [128, 128, 128]]], np.uint8).repeat(4, 0).repeat(4, 1)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def packed(picture, form="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def only_record(folder, data, name="a.png", **settings):
    """The pixels that a folder with this one file gives."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return Image(**settings).read(str(folder)).train.fetch(np.array([0])).x[0]


def palette(transparent=None):
    picture = PILImage.new("P", (8, 8), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255, 0, 255, 0])
    picture.paste(0, (0, 0, 4, 8))
    return packed(picture, **({} if transparent is None else {"transparency": transparent}))


def rgba(colour, other=(0, 0, 0, 0)):
    picture = PILImage.new("RGBA", (8, 8), other)
    picture.paste(colour, (0, 0, 4, 8))
    return packed(picture)


def half_grey():
    picture = PILImage.new("LA", (8, 8), (200, 0))
    picture.paste((100, 128), (0, 0, 4, 8))
    return packed(picture)


def bits():
    picture = PILImage.new("1", (8, 8), 1)
    picture.paste(0, (0, 0, 4, 8))
    return packed(picture)


GOLDEN = [
    ("1", bits, {}, [0], [255]),
    ("L", lambda: packed(PILImage.new("L", (8, 8), 77)), {}, [77], [77]),
    ("RGB", lambda: packed(PILImage.new("RGB", (8, 8), (1, 2, 3))), {}, [1, 2, 3], [1, 2, 3]),
    ("RGB as grey", lambda: packed(PILImage.new("RGB", (8, 8), (255, 0, 0))), {"channels": 1}, [76], [76]),
    ("L as RGB", lambda: packed(PILImage.new("L", (8, 8), 77)), {"channels": 3}, [77] * 3, [77] * 3),
    ("L as RGBA", lambda: packed(PILImage.new("L", (8, 8), 77)), {"channels": 4}, [77, 77, 77, 255], [77, 77, 77, 255]),
    ("P", palette, {}, [255, 0, 0], [0, 0, 255]),
    ("P with tRNS", lambda: palette(0), {}, [255, 255, 255], [0, 0, 255]),
    ("P with tRNS kept", lambda: palette(0), {"alpha": "keep"}, [255, 0, 0, 0], [0, 0, 255, 255]),
    ("LA", half_grey, {}, [177], [255]),
    ("LA kept", half_grey, {"alpha": "keep"}, [100, 128], [200, 0]),
    ("LA on a colour", half_grey, {"background": "red"}, [177, 50, 50], [255, 0, 0]),
    ("RGBA", lambda: rgba((200, 100, 0, 128)), {}, [227, 177, 127], [255, 255, 255]),
    ("RGBA on black", lambda: rgba((200, 100, 0, 128)), {"background": [0]}, [100, 50, 0], [0, 0, 0]),
    ("RGBA kept", lambda: rgba((200, 100, 0, 128)), {"alpha": "keep"}, [200, 100, 0, 128], [0, 0, 0, 0]),
    ("hidden colours", lambda: rgba((9, 9, 9, 255), (255, 0, 255, 0)), {}, [9, 9, 9], [255, 255, 255]),
    ("CMYK", lambda: packed(PILImage.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), {}, [255, 0, 0], [255, 0, 0]),
    ("I;16", lambda: packed(PILImage.fromarray(np.full((8, 8), 4660, np.uint16))), {}, [4660], [4660]),
    ("F", lambda: packed(PILImage.new("F", (8, 8), 0.5), "TIFF"), {}, [32768], [32768]),
    ("I", lambda: packed(PILImage.new("I", (8, 8), 4660), "TIFF"), {}, [4660], [4660]),
]


@pytest.mark.parametrize(("make", "settings", "left", "right"), [g[1:] for g in GOLDEN], ids=[g[0] for g in GOLDEN])
def test_every_mode_gives_the_documented_pixels(tmp_path, make, settings, left, right):
    pixels = only_record(tmp_path / "d", make(), **settings)
    assert pixels.shape == (8, 8, len(left))
    assert abs(pixels[4, 1].astype(int) - left).max() <= 1
    assert abs(pixels[4, 6].astype(int) - right).max() <= 1


def test_a_ramp_of_16_bits_keeps_its_levels(tmp_path):
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    pixels = only_record(tmp_path / "d", packed(PILImage.fromarray(ramp)))
    assert pixels.dtype == np.uint16
    assert len(np.unique(pixels)) >= 250


def test_pictures_of_8_bits_beside_those_of_16_are_scaled(tmp_path):
    (tmp_path / "a.png").write_bytes(packed(PILImage.fromarray(np.full((8, 8), 65535, np.uint16))))
    (tmp_path / "b.png").write_bytes(packed(PILImage.new("L", (8, 8), 255)))
    dataset = Image(validation=0, test=0).read(str(tmp_path))
    assert (dataset.train.fetch(np.arange(2)).x == 65535).all()
    assert any("1 of 2 pictures have 16 bits" in note for note in dataset.notes)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_all_eight_orientations_give_the_same_pixels(tmp_path, form):
    turns = [None, 0, 3, 1, 5, 2, 6, 4]  # the way from upright to how each orientation is stored
    for orientation, turn in enumerate(turns, 1):
        upright = PILImage.fromarray(CORNERS[:, :6])
        stored = upright if turn is None else upright.transpose(PILImage.Transpose(turn))
        exif = PILImage.Exif()
        exif[0x0112] = orientation
        lossless = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(form, {})
        (tmp_path / f"{orientation}.img.{form.lower()}").write_bytes(packed(stored, form, exif=exif, **lossless))
    dataset = Image(validation=0, test=0, size=(8, 6)).read(str(tmp_path))
    pictures = dataset.train.fetch(np.arange(8)).x.astype(int)
    assert abs(pictures - CORNERS[:, :6]).max() <= (12 if form == "JPEG" else 0)
    assert any(note.startswith("7 pictures were turned") for note in dataset.notes)


def huge_header(side):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


PNG = packed(PILImage.fromarray(NOISE))
JPEG = packed(PILImage.fromarray(NOISE), "JPEG")
WEBP = packed(PILImage.fromarray(NOISE), "WEBP")
BAD = [
    ("empty", b"", "empty"),
    ("HTML", b"<!DOCTYPE html><html>404</html>", "HTML"),
    ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ("LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
    ("text", b"hello", "not a picture"),
    *((f"JPEG cut at {part}", JPEG[: len(JPEG) * part // 10], "truncated after") for part in range(1, 10)),
    *((f"PNG cut at {part}", PNG[: len(PNG) * part // 10], "truncated after") for part in range(1, 10)),
    ("PNG cut in its signature", PNG[:6], "truncated after 6 bytes"),
    ("WebP cut", WEBP[: len(WEBP) // 2], "truncated after"),
    ("BMP cut", packed(PILImage.fromarray(NOISE), "BMP")[:5000], "truncated after 5 kB"),
    ("TIFF cut", packed(PILImage.fromarray(NOISE), "TIFF")[:5000], ""),
    ("GIF cut", packed(PILImage.fromarray(NOISE), "GIF")[:2000], "truncated"),
    *((f"PNG with a bit flipped at {part}", flipped(PNG, len(PNG) * part // 10), "") for part in range(1, 10)),
    ("1 x 1", packed(PILImage.new("L", (1, 1))), "1 x 1 pixels, below"),
    ("1 x 50", packed(PILImage.new("L", (50, 1))), "50 x 1 pixels, below"),
    ("0 x 0", huge_header(0), ""),
    ("100 megapixels", huge_header(10_000), "10000 x 10000 pixels, above"),
    ("400 megapixels", huge_header(20_000), "20000 x 20000 pixels, above"),
    ("negative 32-bit", packed(PILImage.new("I", (8, 8), -1), "TIFF"), "32-bit values outside"),
    ("float 255", packed(PILImage.new("F", (8, 8), 255.0), "TIFF"), "floating-point values outside"),
]


@pytest.mark.parametrize(("data", "reason"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_file_is_left_out_with_its_reason(tmp_path, data, reason):
    (tmp_path / "bad.png").write_bytes(data)
    (tmp_path / "good.png").write_bytes(PNG)
    dataset = Image(size=(16, 16)).read(str(tmp_path))
    assert [each.name for each in dataset.skipped] == ["bad.png"]
    assert reason in dataset.skipped[0].reason
    assert "\n" not in dataset.skipped[0].reason
    assert len(dataset.train) == 1
    with pytest.raises(DataError, match=r"^.*/bad\.png: .* \(1 of 2\)$"):
        Image(size=(16, 16)).read(str(tmp_path), strict=True)


def test_a_huge_header_costs_no_memory():
    tracemalloc.start()
    with own_pixel_limit(), pytest.raises(Unreadable):
        probe(huge_header(20_000), LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_pixel_limit_is_a_setting_and_leaves_pillows_own_as_it_was(tmp_path):
    before = PILImage.MAX_IMAGE_PIXELS
    with pytest.raises(DataError, match="above pixel_limit=100"):
        only_record(tmp_path / "d", PNG, pixel_limit=100)
    assert before == PILImage.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(("form", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_of_an_animation_the_first_frame_is_read_and_said(tmp_path, form, options):
    frames = [PILImage.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    data = packed(frames[0], form, save_all=True, append_images=frames[1:], **options)
    pixels = only_record(tmp_path / "d", data, name=f"a.{form.lower()}")
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert any("several pictures" in note for note in Image().read(str(tmp_path / "d")).notes)


def test_a_picture_under_another_formats_suffix_is_read(tmp_path):
    assert only_record(tmp_path / "d", JPEG, name="a.png").shape == (64, 64, 3)


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_their_pixels(form):
    assert (decode(packed(PILImage.fromarray(NOISE), form)).pixels == NOISE).all()


def test_broken_exif_loses_no_picture(tmp_path):
    data = packed(PILImage.fromarray(NOISE), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert only_record(tmp_path / "d", data, name="a.jpg").shape == (64, 64, 3)


def test_a_size_set_by_a_file_that_turns_out_broken_does_not_count(tmp_path):
    (tmp_path / "good.png").write_bytes(packed(PILImage.new("L", (8, 8), 1)))
    (tmp_path / "bad.jpg").write_bytes(JPEG[: len(JPEG) // 2])
    dataset = Image().read(str(tmp_path))
    assert (dataset.facts["height"], dataset.facts["channels"]) == (8, 1)
    assert dataset.notes == Image().read(str(tmp_path)).notes


@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("kind", ["L", "RGB", "I;16"])
def test_reshaping_reaches_the_size_and_keeps_the_middle(tmp_path, resize, kind):
    pixels = np.zeros((20, 60), np.uint16 if kind == "I;16" else np.uint8)
    pixels[:, 20:40] = 255  # the middle third
    picture = PILImage.fromarray(pixels)
    picture = picture.convert("RGB") if kind == "RGB" else picture
    found = only_record(tmp_path / "d", packed(picture), size=(20, 20), reshape=resize)[..., 0]
    assert found.shape == (20, 20)
    share = (found[10] > 127).mean()
    assert share == pytest.approx({"crop": 1, "pad": 1 / 3, "stretch": 1 / 3}[resize], abs=0.11)
    if resize == "pad":
        assert (found[0] == found[7]).all()  # padded with the edge, not with black
