"""Tracks, bounces, identity and flicker on clips whose truth is known."""

import numpy as np
import pytest
import torch

from ganworks.domains.video import bouncing
from ganworks.domains.video.bouncing import FASTEST, folded
from ganworks.domains.video.toys import _drawn
from ganworks.metrics.features.digits import Digits
from ganworks.metrics.motion import (
    Walls,
    block_flow,
    bounces,
    flicker,
    identities,
    speeds,
    track,
    upright,
    velocity_residual,
)
from ganworks.settings import DataError

WALLS = Walls.of(32, 16, FASTEST)


@pytest.fixture(scope="module")
def thrown():
    digits, labels = _drawn(0)[0]
    return bouncing(digits, labels, 40, seed=3)


def dots(places: np.ndarray) -> np.ndarray:
    """Clips of one white pixel, (N, T, 32, 32)."""
    clips = np.zeros((*places.shape[:2], 32, 32))
    for n, t in np.ndindex(*places.shape[:2]):
        clips[n, t, int(places[n, t, 1]), int(places[n, t, 0])] = 1
    return clips


def test_a_track_is_where_the_brightness_is() -> None:
    found = track(dots(np.array([[[3, 5], [4, 7]]])))
    np.testing.assert_allclose(found.places, [[[3.5, 5.5], [4.5, 7.5]]])
    np.testing.assert_allclose(found.ink, 1)


def test_a_straight_way_has_no_residual_and_a_bent_one_what_it_is_bent_by() -> None:
    steps = np.arange(6)[:, None]
    straight = track(dots(np.array([10 + steps * [2, 1]])))
    assert velocity_residual(straight, WALLS) == 0
    bent = track(dots(np.array([[[11, 11], [12, 11], [15, 11], [16, 11]]])))
    assert velocity_residual(bent, WALLS) == pytest.approx((2 + 2 + 0 + 0) / 4)
    np.testing.assert_allclose(speeds(bent), [1, 3, 1])


def test_real_clips_keep_the_rules_of_walls(thrown) -> None:
    found = bounces(track(thrown.clips[..., 0] / 255.0), WALLS)
    assert found.at_walls > 0.95 and found.kept > 0.9 and found.missed == 0 and found.turns > 1


def test_a_thing_that_turns_in_the_middle_or_leaves_is_told() -> None:
    turned = track(dots(np.array([[[12, 16], [14, 16], [16, 16], [14, 16], [12, 16]]])))
    found = bounces(turned, WALLS)
    assert found.at_walls == 0 and found.turns == 1 and np.isnan(found.kept)
    gone = dots(np.array([[[12, 16]] * 5]))
    gone[0, 4] = 0
    assert bounces(track(gone), WALLS).missed == 1


def test_the_residual_of_real_clips_is_that_of_whole_pixels(thrown) -> None:
    assert 0.3 < velocity_residual(track(thrown.clips[..., 0] / 255.0), WALLS) < 0.6


def test_a_digit_that_only_moves_is_one_digit_all_along(thrown) -> None:
    found = identities(thrown.clips[..., 0], Digits().probabilities)
    assert found.whole == found.kept == 1
    mixed = thrown.clips[:8].copy()
    mixed[:, 8:] = thrown.clips[8:16, 8:]
    assert identities(mixed[..., 0], Digits().probabilities).whole < 0.5


def test_a_black_frame_is_no_digit() -> None:
    found = identities(np.zeros((1, 3, 32, 32), np.uint8), Digits().probabilities)
    assert found.kept == 0 and (found.labels == -1).all()
    assert not upright(np.zeros((8, 8), np.uint8)).any()


def test_a_folded_way_stays_between_its_walls_and_keeps_its_speed() -> None:
    way = folded(np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0]), 4)
    np.testing.assert_allclose(way, [1, 3, 3, 1, 1, 3])


def test_blocks_are_found_where_they_stood() -> None:
    before = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    flow = block_flow(torch.roll(before, (1, 2), (2, 3)), before)
    assert (flow[0, 0, 8:16, 8:16] == -2).all() and (flow[0, 1, 8:16, 8:16] == -1).all()


def test_noise_flickers_and_what_moves_as_a_whole_does_not(thrown) -> None:
    x = torch.from_numpy(thrown.clips[:4].astype(np.float32) / 255).permute(0, 4, 1, 2, 3)
    noisy = x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    assert flicker(x.clamp(0, 1)) < 0.1 * flicker(noisy)


def test_a_track_of_pictures_is_refused() -> None:
    with pytest.raises(DataError, match="a track is that of clips"):
        track(np.zeros((2, 8, 8)))
