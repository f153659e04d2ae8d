"""Masks: drawn with the share asked for, read with white as the hole, and refused in one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.domains.base import Raw
from ganworks.domains.degraded import Degraded, box, irregular, read_mask
from ganworks.settings import DataError


@pytest.mark.parametrize("make", [irregular, box])
@pytest.mark.parametrize("share", [(0.05, 0.2), (0.15, 0.4), (0.3, 0.3)])
@pytest.mark.parametrize("size", [(64, 64), (24, 96)])
def test_drawn_masks_cover_the_share_asked_for(make, share, size) -> None:
    masks = [make(seed, *size, share) for seed in range(40)]
    shares = np.array([mask.mean() for mask in masks])
    pixel = 1 / (size[0] * size[1])
    assert all(mask.shape == size and mask.dtype == bool for mask in masks)
    assert shares.min() >= share[0] - pixel and shares.max() <= share[1] + pixel
    assert abs(shares.mean() - sum(share) / 2) < 0.05


def test_a_seed_names_one_mask() -> None:
    assert np.array_equal(irregular(7, 32, 32), irregular(7, 32, 32))
    assert not np.array_equal(irregular(7, 32, 32), irregular(8, 32, 32))
    assert np.array_equal(box(7, 32, 32), box(7, 32, 32))


def test_thick_strokes_are_thicker() -> None:
    def edges(thickness: tuple[float, float]) -> float:
        masks = [irregular(seed, 64, 64, (0.2, 0.2), thickness) for seed in range(20)]
        return float(np.mean([np.abs(np.diff(mask.astype(int), axis=1)).sum() for mask in masks]))

    assert edges((0.02, 0.05)) > 2 * edges((0.15, 0.3))


def test_the_smallest_pictures_have_holes_and_known_pixels() -> None:
    for seed in range(50):
        for mask in (irregular(seed, 4, 4, (0.001, 0.9)), box(seed, 4, 4, (0.001, 0.9))):
            assert mask.any() and not mask.all()


def save(path: Path, pixels: Raw) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_white_is_a_hole_above_127(tmp_path: Path) -> None:
    levels = np.array([[0, 1, 127, 128], [254, 255, 126, 129]] * 2, np.uint8)
    expected = levels > 127
    for name, pixels in {
        "grey": levels,
        "colour": np.repeat(levels[..., None], 3, -1),
        "deep": levels.astype(np.uint16) * 257,
    }.items():
        assert np.array_equal(read_mask(save(tmp_path / f"{name}.png", pixels), 4, 4), expected), name
    bits = Image.fromarray(expected)
    bits.save(tmp_path / "bits.png")
    assert bits.mode == "1" and np.array_equal(read_mask(tmp_path / "bits.png", 4, 4), expected)


def test_what_is_transparent_is_no_hole(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3] = 0
    assert np.array_equal(read_mask(save(tmp_path / "a.png", pixels), 4, 4), pixels[..., 3] > 0)


def test_bad_masks_are_refused_in_one_line(tmp_path: Path) -> None:
    half = np.zeros((8, 8), np.uint8)
    half[:4] = 255
    cases = {
        "size": (half, "wanted a mask of the picture's size, 16 x 16, got 8 x 8; resize it"),
        "black": (np.zeros((16, 16), np.uint8), "all black, so there is nothing to fill"),
        "white": (np.full((16, 16), 255, np.uint8), "all white, so there is nothing to go by"),
    }
    for name, (pixels, reason) in cases.items():
        with pytest.raises(DataError, match=reason) as caught:
            read_mask(save(tmp_path / f"{name}.png", pixels), 16, 16)
        assert f"{name}.png" in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png: wanted a mask picture, not a picture"):
        read_mask(tmp_path / "text.png", 16, 16)
    with pytest.raises(DataError, match="cannot be read"):
        read_mask(tmp_path / "absent.png", 16, 16)


def test_own_masks_are_drawn_from_their_folder(tmp_path: Path) -> None:
    left, top = np.zeros((2, 16, 16), np.uint8)
    left[:, :4], top[:4] = 255, 255
    save(tmp_path / "left.png", left)
    save(tmp_path / "top.png", top)
    domain = Degraded(steps=[{"name": "holes", "folder": str(tmp_path)}])
    dataset = domain.toy()
    codec = domain.fit(dataset)
    raw = torch.from_numpy(dataset.train.fetch(np.arange(20)).x)
    seen = {each.numpy().tobytes() for each in codec.encode(raw).c[:, -1] > 0}
    assert seen == {(left > 0).tobytes(), (top > 0).tobytes()}


def test_own_masks_that_do_not_fit_stop_before_training(tmp_path: Path) -> None:
    domain = Degraded(steps=[{"name": "holes", "folder": str(tmp_path)}])
    with pytest.raises(DataError, match="wanted a folder of mask pictures, there are none"):
        domain.fit(domain.toy())
    save(tmp_path / "small.png", np.eye(8, dtype=np.uint8) * 255)
    with pytest.raises(DataError, match=r"small\.png.*16 x 16, got 8 x 8"):
        domain.fit(domain.toy())
