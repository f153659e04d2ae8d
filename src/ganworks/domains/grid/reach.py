"""Can the far side be reached? Movement rules in tiles, worked out for many levels at once."""

import numpy as np

from .legend import Mask

FLAT = 2
"""Columns of plain ground that are put on either side, so that a segment is entered and left on foot."""


def by_jumping(solid: Mask, jump: int, flat: int = FLAT) -> Mask:
    """Which levels, solid (B, H, W), a walker crosses from left to right, (B,).

    He stands on a solid tile, walks a column to either side, falls, and jumps: up to `jump` tiles up, and on the way up
    as on the way down at most one column aside for each row. He is one tile large; the sky above is open; what lies
    below the last row is death. Enemies are no obstacle. `flat` columns of ground in the last row are put on either
    side; he begins on the left ones and has to stand on the right ones.
    """
    count, height, width = solid.shape
    ground = np.zeros((count, height, flat), bool)
    ground[:, -1] = True
    solid = np.concatenate([ground, solid, ground], axis=2)
    solid = np.concatenate([np.zeros((count, jump, width + 2 * flat), bool), solid], axis=1)
    result = np.zeros(count, bool)
    for i in range(0, count, 256):
        result[i : i + 256] = _crossed(solid[i : i + 256], jump)
    return result


def _crossed(solid: Mask, jump: int) -> Mask:
    free = ~solid
    stands = free & _moved(solid, -1, 0)
    air = np.zeros((jump + 1, *solid.shape), bool)  # air[k]: there, with k more tiles to rise
    air[jump, :, -2, 0] = stands[:, -2, 0]
    left = np.arange(len(solid))
    result = np.zeros(len(solid), bool)
    while len(left):
        before = air.sum(axis=(0, 2, 3))
        _spread(air, free, stands)
        there = air[jump, :, -2, -1] & stands[:, -2, -1]
        going = ~there & (air.sum(axis=(0, 2, 3)) > before)
        result[left[there]] = True
        if not going.all():
            air, free, stands, left = air[:, going], free[going], stands[going], left[going]
    return result


def _spread(air: Mask, free: Mask, stands: Mask) -> None:
    """All moves once, in place."""
    jump = len(air) - 1
    on = air[jump] & stands
    for side in (-1, 1):
        stepped = _moved(on, 0, side) & free
        air[0] |= stepped
    for k in range(jump, 0, -1):  # up, then perhaps aside
        up = _moved(air[k], -1, 0) & free
        air[k - 1] |= up | ((_moved(up, 0, 1) | _moved(up, 0, -1)) & free)
    anywhere = air.any(axis=0) & ~stands
    down = _moved(anywhere, 1, 0) & free
    aside = (_moved(anywhere, 0, 1) | _moved(anywhere, 0, -1)) & free
    air[0] |= down | ((_moved(down, 0, 1) | _moved(down, 0, -1)) & free) | (_moved(aside, 1, 0) & free)
    air[jump] |= air.any(axis=0) & stands


def _moved(x: Mask, down: int, right: int) -> Mask:
    """The same, shifted on its last two axes; what comes in is False."""
    height, width = x.shape[-2:]
    out = np.zeros_like(x)
    out[..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = x[
        ..., max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return out


def by_walking(passable: Mask, ends: Mask) -> Mask:
    """Which levels have all their ends (B, H, W) joined by passable tiles, in steps to the four sides, (B,).

    A level with fewer than two ends is joined.
    """
    ways = passable | ends
    first = ends.reshape(len(ends), -1).argmax(axis=1)
    reached = np.zeros_like(ways).reshape(len(ends), -1)
    reached[np.arange(len(ends)), first] = True
    reached = reached.reshape(ways.shape) & ends
    while True:
        wider = reached.copy()
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            wider |= _moved(reached, down, right) & ways
        if (wider == reached).all():
            return np.asarray(~(ends & ~reached).any(axis=(1, 2)))
        reached = wider
