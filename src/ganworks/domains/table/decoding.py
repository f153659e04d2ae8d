"""Samples -> records: the column's own numbers and codes, rounded and within bounds, with gaps where they belong."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

from .cells import Floats
from .layout import REACH, Learnt, Place, places
from .learnt import Categories, Numbers
from .schema import Seen

Sample = npt.NDArray[np.float32]


def decoded(x: Tensor, columns: tuple[Learnt, ...]) -> Floats:
    """x (B, C) -> records (B, columns). What a sample leaves to chance follows from its own bytes."""
    sample = x.detach().float().cpu().numpy()
    records = np.empty((len(sample), len(columns)))
    for i, (column, place) in enumerate(zip(columns, places(columns), strict=True)):
        if column.numbers is not None:
            records[:, i] = number(sample, place, column.numbers, column.seen)
        elif column.categories is not None:
            records[:, i] = _category(sample, place, column.categories, i)
        if place.missing >= 0:
            records[sample[:, place.missing + 1] > sample[:, place.missing], i] = np.nan
    return records


def number(sample: Sample, place: Place, numbers: Numbers, seen: Seen) -> Floats:
    """Values (B,) of one column of numbers."""
    mode = _choice(sample, place)
    centre = np.array([*numbers.points, *numbers.means])
    values = centre[mode]
    if place.scalar >= 0:
        scalar = np.clip(sample[:, place.scalar].astype(np.float64), -1, 1)
        wide = mode >= len(numbers.points)
        if numbers.uniform:
            away = numbers.quantile((scalar + 1) / 2)
            values = np.where(wide, away, values)
        else:
            spread = np.array([*[0.0] * len(numbers.points), *numbers.deviations])
            values = values + np.where(wide, REACH * scalar * spread[mode], 0)
    return fitting(values, numbers.minimum, numbers.maximum, seen)


def fitting(values: Floats, minimum: float, maximum: float, seen: Seen) -> Floats:
    """Values as the column can have them: rounded as it is spelled, within its bounds."""
    if seen.decimals is not None:
        values = np.round(values, seen.decimals)
    elif seen.step > 0:
        values = np.rint(values / seen.step) * seen.step
    clipped: Floats = np.clip(values, minimum, maximum)
    return clipped


def _choice(sample: Sample, place: Place) -> npt.NDArray[np.int64]:
    if place.choice < 0:
        return np.zeros(len(sample), np.int64)
    chosen: npt.NDArray[np.int64] = sample[:, place.choice : place.choice + place.choices].argmax(1)
    return chosen


def _category(sample: Sample, place: Place, categories: Categories, column: int) -> Floats:
    entry = _choice(sample, place)
    if not categories.entry:
        return entry.astype(np.float64)
    of = np.array(categories.entry)
    code = np.zeros(categories.entries, np.int64)
    code[of] = np.arange(len(of))
    codes = code[entry]
    rare = np.flatnonzero(of == categories.entries - 1)
    weights = np.array(categories.shares)[rare] + 1e-12
    folded = entry == categories.entries - 1
    lot = lots(sample[folded], column)
    codes[folded] = rare[np.searchsorted(np.cumsum(weights) / weights.sum(), lot).clip(max=len(rare) - 1)]
    return codes.astype(np.float64)


def lots(sample: Sample, column: int) -> Floats:
    """A number in 0..1 for each sample (B,), from its bytes: the same sample draws the same lot, whatever the batch."""
    bits = np.ascontiguousarray(sample).view(np.uint32).astype(np.uint64)
    rng = np.random.default_rng(column)
    factors = rng.integers(1, 2**62, bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return mixed((bits * factors).sum(1, dtype=np.uint64)) / 2.0**64


def mixed(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every bit of the input in every bit of the output (splitmix64, Steele et al. 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
