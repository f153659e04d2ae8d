"""Pictures as samples and back, as files and as a sheet; and the contract that the domain keeps."""

import numpy as np
import pytest
import torch
from PIL import Image as PILImage

from ganworks.domains.image import Image, Pictures
from ganworks.settings import ConfigError

RNG = np.random.default_rng(0)
KINDS = [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA"), (5, "n")]


def codec(channels=3, mode="RGB", bits=8, size=(8, 12), padding=(0, 0, 0, 0)):
    return Pictures(channels=channels, mode=mode, bits=bits, height=size[0], width=size[1], padding=padding)


def records(channels, bits, count=3, size=(8, 12)):
    kind = np.uint16 if bits == 16 else np.uint8
    return RNG.integers(0, 1 << bits, (count, *size, channels)).astype(kind)


@pytest.mark.parametrize(("channels", "mode"), KINDS)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 2, 3, 0)])
def test_decode_inverts_encode(channels, mode, bits, padding):
    x, learnt = records(channels, bits), codec(channels, mode, bits, padding=padding)
    batch = learnt.encode(torch.from_numpy(x))
    assert batch.x.shape[1:] == learnt.spec.shape
    assert batch.x.dtype == torch.float32
    assert batch.x.min() >= -1
    assert batch.x.max() <= 1
    back = learnt.decode(batch.x)
    assert back.dtype == x.dtype
    assert (back == x).all()


def test_every_level_of_16_bits_survives():
    x = np.arange(65536, dtype=np.uint16).reshape(1, 256, 256, 1)
    learnt = codec(1, "L", 16, (256, 256))
    assert (learnt.decode(learnt.encode(torch.from_numpy(x)).x) == x).all()
    assert (learnt.decode(learnt.encode(torch.from_numpy(x.astype(np.int32))).x) == x).all()


def test_black_and_white_are_minus_one_and_one_and_what_lies_beyond_is_clamped():
    learnt = codec(1, "L", size=(4, 4))
    ends = learnt.encode(torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 4, 4, 1)).x
    assert ends[0].eq(-1).all()
    assert ends[1].eq(1).all()
    assert learnt.decode(torch.full((1, 1, 4, 4), 7.0)).min() == 255
    assert learnt.decode(torch.full((1, 1, 4, 4), -7.0, dtype=torch.bfloat16)).max() == 0


def test_padding_repeats_the_edge():
    x = records(1, 8)
    sample = codec(1, "L", padding=(1, 2, 3, 0)).encode(torch.from_numpy(x)).x
    inner = sample[:, :, 1:9, 3:]
    assert torch.equal(sample[:, :, 0, 3:], inner[:, :, 0])
    assert torch.equal(sample[:, :, -1, 3:], inner[:, :, -1])
    assert torch.equal(sample[:, :, 1:9, 0], inner[:, :, :, 0])


@pytest.mark.parametrize(("channels", "mode"), KINDS[:4])
@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_written_can_be_read(tmp_path, channels, mode, bits):
    x, learnt = records(channels, bits), codec(channels, mode, bits)
    paths = learnt.write(x, tmp_path / "out", first=7)
    assert [path.name for path in paths] == ["000007.png", "000008.png", "000009.png"]
    for pixels, path in zip(x, paths, strict=True):
        with PILImage.open(path) as picture:
            found = np.asarray(picture).reshape(8, 12, -1)
        if bits == 16 and mode == "LA":
            found = found[..., 2:]  # which Pillow opens as RGBA
        if bits == 16 and mode != "L":
            assert abs(found.astype(int) - (pixels >> 8)).max() <= 1  # Pillow gives 8 of the 16 bits
        else:
            assert (found == pixels).all()


def test_pictures_of_many_channels_are_written_as_arrays(tmp_path):
    x = records(5, 16)
    paths = codec(5, "n", 16).write(x, tmp_path)
    assert (np.load(paths[2]) == x[2]).all()


@pytest.mark.parametrize(("channels", "mode"), [*KINDS, (2, "n")])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("count", [1, 7])
def test_a_preview_shows_all_records_enlarged(channels, mode, bits, count):
    sheet = codec(channels, mode, bits).preview(records(channels, bits, count))
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert 450 <= sheet.shape[1] <= 700


def test_a_preview_keeps_16_bits_and_transparency_visible():
    white = codec(1, "L", 16).preview(np.full((1, 8, 12, 1), 65535, np.uint16), columns=1)
    assert (white == 255).all()
    clear = codec(4, "RGBA").preview(np.zeros((1, 8, 12, 4), np.uint8))
    assert set(np.unique(clear)) == {190, 230}


def test_columns_are_kept_in_a_preview():
    sheet = codec(1, "L", size=(200, 200)).preview(records(1, 8, 6, (200, 200)), columns=3)
    assert sheet.shape == (402, 604, 3)


@pytest.mark.parametrize(
    ("size", "padding", "cut"),
    [
        ((28, 28), (0, 0, 0, 0), (28, 28)),
        ((30, 30), (1, 1, 1, 1), (28, 28)),
        ((31, 33), (0, 1, 3, 4), (28, 32)),
        ((5, 7), (0, 0, 0, 0), (5, 7)),
        ((20, 300), (0, 0, 0, 0), (20, 300)),
        ((50, 33), (3, 3, 3, 4), (48, 32)),
    ],
)
def test_sides_are_brought_to_the_grid(tmp_path, size, padding, cut):
    PILImage.new("L", size[::-1], 9).save(tmp_path / "a.png")
    image = Image(size=size)
    learnt = image.fit(image.read(str(tmp_path)))
    assert (learnt.height, learnt.width, learnt.padding) == (*size, padding)
    _, height, width = learnt.spec.shape
    step = 1 << int(np.log2(min(height, width) / 4))
    assert height % step == width % step == 0
    image = Image(size=size, grid="crop")
    learnt = image.fit(image.read(str(tmp_path)))
    assert (learnt.height, learnt.width) == cut
    assert not any(learnt.padding)


def test_the_codec_and_the_domain_are_their_own_toml():
    learnt = codec(2, "LA", 16, padding=(1, 2, 3, 4))
    assert Pictures.from_tree(learnt.tree()) == learnt
    image = Image(size=(28, 32), background=(1, 2, 3))
    assert Image.from_tree(image.tree()) == image


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": [2, 2]}, "size: must be a height and a width of at least 4"),
        ({"background": "whitish"}, "background"),
        ({"background": [1, 2]}, "background"),
        ({"validation": 0.6, "test": 0.4}, "leave something to train on"),
        ({"reshape": "zoom"}, "reshape must be 'crop', 'pad' or 'stretch'"),
        ({"sise": 3}, "did you mean 'size'?"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_in_one_line(settings, words):
    with pytest.raises(ConfigError) as error:
        Image.from_tree(settings)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_the_toy_set_has_four_classes_and_follows_its_seed():
    toy = Image().toy(3)
    x, labels = toy.train.fetch(np.arange(len(toy.train)))
    assert x.shape[1:] == (16, 16, 1)
    assert set(labels) == {0, 1, 2, 3}
    assert len(toy.train) + len(toy.validation) + len(toy.test) == 256
    assert len(toy.validation)
    assert len(toy.test)
    assert Image().toy(3).fingerprint == toy.fingerprint != Image().toy(4).fingerprint
    learnt = Image().fit(toy)
    assert learnt.spec.shape == (1, 16, 16)
    assert learnt.classes == toy.classes
    assert (learnt.decode(learnt.encode(torch.from_numpy(x)).x) == x).all()
