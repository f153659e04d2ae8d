"""Differentiable augmentation over any axes and channels."""

import pytest
import torch

from ganworks.adversarial import AUGMENTATIONS
from ganworks.adversarial.augment import Affine, Colour, Cutout, Flip, Translate
from ganworks.schedule import Linear

SHAPES = [(3,), (2, 9), (1, 8, 8), (3, 8, 6), (4, 8, 8), (5, 4, 8, 8)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)
def test_every_augmentation_keeps_shapes_and_passes_gradients_twice(augmentation, shape) -> None:
    x = torch.randn(6, *shape, requires_grad=True)
    changed = augmentation()(x, 0.5)
    assert changed.shape == x.shape
    (gradient,) = torch.autograd.grad(changed.pow(3).sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


@pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)
def test_strength_is_the_share_of_samples_changed(augmentation) -> None:
    torch.manual_seed(0)
    x = torch.randn(1000, 3, 8, 8)
    assert torch.equal(augmentation(strength=0.0)(x, 0.5), x)
    changed = augmentation(strength=Linear(start=0.0, end=1.0))(x, 0.4) != x
    share = changed.flatten(1).any(1).float().mean().item()
    in_place = {Flip: 1 / 2, Translate: 1 / 9}  # the chance that a change changes nothing
    expected = 0.4 * (1 - in_place.get(augmentation, 0))
    assert share == pytest.approx(expected, abs=0.06)


def test_translate_moves_and_fills_with_zero() -> None:
    x = torch.zeros(400, 1, 8, 8)
    x[:, :, 4, 4] = 1
    moved = Translate(reach=0.25)(x, 0.0)
    places = moved.nonzero()[:, 2:]
    assert len(places) == 400 and places.min() == 2 and places.max() == 6
    assert len(places.unique(dim=0)) == 25


def test_cutout_removes_at_most_its_block() -> None:
    kept = Cutout(reach=0.5)(torch.ones(200, 1, 8, 8), 0.0).flatten(1).sum(1)
    assert kept.min() == 64 - 16 and kept.max() < 64


def test_colour_keeps_alpha_and_the_mean_of_a_sample_under_contrast() -> None:
    x = torch.rand(50, 4, 6, 6)
    changed = Colour()(x, 0.0)
    assert torch.equal(changed[:, 3], x[:, 3]) and not torch.equal(changed[:, :3], x[:, :3])
    still = Colour(brightness=0.0)(x, 0.0)[:, :3]
    torch.testing.assert_close(still.mean((1, 2, 3)), x[:, :3].mean((1, 2, 3)))


def test_affine_without_reach_changes_nothing_and_turns_by_the_angle_about_the_middle() -> None:
    x = torch.rand(5, 2, 9, 7)
    torch.testing.assert_close(Affine(turn=0, slant=0, stretch=0)(x, 0.0), x)
    bar = torch.zeros(200, 1, 33, 33)
    bar[:, :, 16, 4:29] = 1  # lies flat; the angle of its principal axis is what it was turned by
    turned = Affine(turn=30, slant=0, stretch=0)(bar, 0.0)[:, 0]
    rows, columns = (torch.arange(33.0) - 16).view(1, -1, 1), (torch.arange(33.0) - 16).view(1, 1, -1)
    mixed, across, along = ((turned * each).sum((1, 2)) for each in (rows * columns, rows**2, columns**2))
    angle = 0.5 * torch.rad2deg(torch.atan2(2 * mixed, along - across))
    assert angle.abs().max() < 30.5 and angle.abs().max() > 28 and abs(angle.mean()) < 4
    torch.testing.assert_close(turned.sum((1, 2)), bar.sum((1, 2, 3)), rtol=0.05, atol=0)


def test_affine_moves_the_frames_of_a_clip_as_one_and_leaves_rows_alone() -> None:
    frame = torch.rand(6, 2, 1, 8, 8)
    moved = Affine()(frame.expand(-1, -1, 4, -1, -1), 0.0)
    assert torch.equal(moved[:, :, 0], moved[:, :, 3]) and not torch.equal(moved[:, :, 0], frame[:, :, 0])
    row = torch.rand(6, 3)
    assert torch.equal(Affine()(row, 0.0), row)
