"""Repeats and copies among tile maps."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError

Codes = npt.NDArray[np.uint8]


class Copies(NamedTuple):
    unique: float
    """Different maps over all maps, 0 to 1."""
    exact: float
    """Share that stands in the training data, tile for tile."""
    nearest: float
    """Tiles that differ from the nearest training map, mean over maps."""
    least: int
    """The same of the map that is nearest of all."""


def copies(train: Codes, fake: Codes, most: int = 1000) -> Copies:
    """How fake maps (M, H, W) repeat each other and training maps (N, H, W). Nearest ones for the first `most`.

    Raises DataError when there are none or their sizes differ.
    """
    if not len(train) or not len(fake) or train.shape[1:] != fake.shape[1:]:
        raise DataError(f"copies are looked for among maps of one size, got {train.shape} and {fake.shape}")
    known = {each.tobytes() for each in train}
    drawn = [each.tobytes() for each in fake]
    apart = nearest(train, fake[:most])
    exact = sum(each in known for each in drawn) / len(drawn)
    return Copies(len(set(drawn)) / len(drawn), exact, float(apart.mean()), int(apart.min()))


def nearest(train: Codes, fake: Codes) -> npt.NDArray[np.int64]:
    """Tiles that differ from the nearest training map, (M,)."""
    apart = np.empty(len(fake), np.int64)
    flat, part = train.reshape(len(train), -1), max(1, (1 << 26) // max(1, train.size))
    for i in range(0, len(fake), part):
        some = fake[i : i + part].reshape(-1, 1, flat.shape[1])
        apart[i : i + part] = (some != flat).sum(axis=2).min(axis=1)
    return apart
