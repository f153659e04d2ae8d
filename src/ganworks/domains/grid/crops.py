"""Crops: windows of one size out of levels of many, in three splits that share no cell."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..base import Fetched, Indices, Source
from .legend import Codes

Places = npt.NDArray[np.int64]
WHOLE = 8
"""Levels from which on some are held out whole; of fewer, the last part of each is."""
HELD_OUT = 0.1
"""Share of levels, or of each level, that tests, and that validates."""


class Crops(Source):
    """Windows (H, W) of tile codes; `places` (N, 3) are level, top row and left column of each."""

    def __init__(self, levels: Sequence[Codes], places: Places, size: tuple[int, int]):
        self.levels, self.places, self.size = levels, places, size

    def __len__(self) -> int:
        return len(self.places)

    def fetch(self, indices: Indices) -> Fetched:
        return Fetched(self.windows(self.places[indices]))

    def all(self) -> Codes:
        """Every window, (N, H, W)."""
        return self.windows(self.places)

    def windows(self, places: Places) -> Codes:
        height, width = self.size
        if not len(places):
            return np.zeros((0, height, width), np.uint8)
        return np.stack([self.levels[i][row : row + height, left : left + width] for i, row, left in places])

    def of(self, places: Places) -> "Crops":
        return Crops(self.levels, places, self.size)


class Splits(NamedTuple):
    train: Places
    validation: Places
    test: Places


def places_of(levels: Sequence[Codes], size: tuple[int, int], stride: tuple[int, int]) -> Places:
    """Every window: level, row, column, from the top left on. (N, 3)"""
    found = []
    for i, level in enumerate(levels):
        rows = np.arange(0, level.shape[0] - size[0] + 1, stride[0])
        lefts = np.arange(0, level.shape[1] - size[1] + 1, stride[1])
        grid = np.stack(np.meshgrid(rows, lefts, indexing="ij"), -1).reshape(-1, 2)
        found.append(np.column_stack([np.full(len(grid), i), grid]))
    return np.concatenate(found) if found else np.zeros((0, 3), np.int64)


def split(crops: Crops) -> Splits:
    """Whole levels by a hash of their content, or the last part of each; windows that would share cells are left out.

    What is held out and stands in the training data as well, tile for tile, is left out, too. Where less than half
    would be left to train on, nothing validates, or nothing is held out at all.
    """
    several = len({*crops.places[:, 0].tolist()}) >= WHOLE
    kinds = _by_level(crops) if several else _by_place(crops)
    for kept in ((0, 1, 2), (0, 2), (0,)):
        found = _apart(crops, np.where(np.isin(kinds, kept), kinds, 0))
        if 2 * len(found.train) >= len(crops):
            break
    known = _digests(crops, found.train)
    fresh = [digest not in known for digest in _listed(crops, found.validation)]
    validation = found.validation[np.array(fresh, bool)]
    known |= _digests(crops, validation)
    test = found.test[np.array([digest not in known for digest in _listed(crops, found.test)], bool)]
    return Splits(found.train, validation, test)


def _apart(crops: Crops, kinds: npt.NDArray[np.int64]) -> Splits:
    """Windows by their split, without those that share a cell with one of a later split."""
    test, validation = crops.places[kinds == 2], crops.places[kinds == 1]
    validation = validation[~_touched(validation, test, crops.size)]
    train = crops.places[kinds == 0]
    return Splits(train[~_touched(train, np.concatenate([validation, test]), crops.size)], validation, test)


def _by_level(crops: Crops) -> npt.NDArray[np.int64]:
    digests = [hashlib.sha256(level.tobytes()).digest() for level in crops.levels]
    ranked = np.argsort(np.array([digest.hex() for digest in digests]))
    some = max(1, round(HELD_OUT * len(crops.levels)))
    kind = np.zeros(len(crops.levels), np.int64)
    kind[ranked[:some]], kind[ranked[some : 2 * some]] = 1, 2
    for i, digest in enumerate(digests):  # a level that is there twice is in one split
        kind[i] = kind[digests.index(digest)]
    return kind[crops.places[:, 0]]


def _by_place(crops: Crops) -> npt.NDArray[np.int64]:
    """The last part of each level along its longer side tests, the part before it validates."""
    kinds = np.zeros(len(crops.places), np.int64)
    for i, level in enumerate(crops.levels):
        mine = np.flatnonzero(crops.places[:, 0] == i)
        along = crops.places[mine, 1 + int(level.shape[1] >= level.shape[0])]
        steps = np.unique(along)
        held = max(1, round(HELD_OUT * len(steps)))
        if len(steps) < 4:
            continue
        kinds[mine[along >= steps[-held]]] = 2
        reach = crops.size[int(level.shape[1] >= level.shape[0])]
        before = steps[steps <= steps[-held] - reach]
        if len(before) > held:
            kinds[mine[(along >= before[-held]) & (along <= before[-1])]] = 1
    return kinds


def _touched(places: Places, others: Places, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which windows share a cell with one of the others, (N,)."""
    touched = np.zeros(len(places), bool)
    for i in np.unique(others[:, 0]):
        mine, them = np.flatnonzero(places[:, 0] == i), others[others[:, 0] == i]
        for start in range(0, len(mine), 1024):
            some = mine[start : start + 1024]
            apart = np.abs(places[some, None, 1:] - them[None, :, 1:])
            touched[some] |= (apart < np.array(size)).all(-1).any(1)
    return touched


def _listed(crops: Crops, places: Places) -> list[bytes]:
    return [hashlib.sha256(window.tobytes()).digest() for window in crops.windows(places)]


def _digests(crops: Crops, places: Places) -> set[bytes]:
    return set(_listed(crops, places))
