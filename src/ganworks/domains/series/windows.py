"""Series cut into windows, and windows into three splits that no step of time joins."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError, printable
from ..base import Indices, Raw, Skipped
from .cells import Values
from .reading import Reading

SHARES = 0.1, 0.1
"""Of validation and test."""


class Cutting(NamedTuple):
    """How series are cut; see the settings of `Series`."""

    window: int
    stride: int
    split: str
    gap: int | None


class Cut(NamedTuple):
    """Records (N, C, T), of which each split holds some."""

    array: Raw
    train: Indices
    validation: Indices
    test: Indices
    skipped: tuple[Skipped, ...]
    note: str


def cut(reading: Reading, how: Cutting, place: str) -> Cut:
    """Raises DataError for series that are too short, and for too few of them, in one line with the way out."""
    by = how.split if how.split != "auto" else "entity" if how.window == 0 or len(reading.entities) >= 10 else "time"
    long = [i for i, length in enumerate(reading.lengths.tolist()) if length >= how.window]
    if not long:
        longest = int(reading.lengths.max())
        raise DataError(
            f"{place}: wanted a window of {how.window} steps, the longest series has {longest}; "
            f"set domain.window={longest} or less, or domain.window=0 for whole series"
        )
    array, groups = _whole(reading, long) if how.window == 0 else _windows(reading, long, how)
    if by == "time":
        parts = [_by_time(group, how, place) for group in groups]
    elif by == "entity":
        parts = [_by_entity([reading.entities[i] for i in long], groups, place)]
    else:
        parts = [_shared(groups)]
    train, validation, test = (np.sort(np.concatenate(each)) for each in zip(*parts, strict=True))
    skipped = tuple(_short(reading, i, how.window) for i in range(len(reading.entities)) if i not in set(long))
    return Cut(array, train, validation, test, skipped, _told(by, how))


def _windows(reading: Reading, long: Sequence[int], how: Cutting) -> tuple[Raw, list[Indices]]:
    """Every window of so many steps, as a view, and those of each series that is long enough."""
    array = np.lib.stride_tricks.sliding_window_view(reading.values, how.window, axis=0)
    ends = reading.starts[1:] - how.window + 1
    return array, [np.arange(reading.starts[i], ends[i], how.stride) for i in long]


def _short(reading: Reading, i: int, window: int) -> Skipped:
    name = printable(reading.entities[i]) or "the series"
    return Skipped(name, f"{int(reading.lengths[i])} steps, shorter than the window of {window}")


def _whole(reading: Reading, long: Sequence[int]) -> tuple[Raw, list[Indices]]:
    """Every series in full, (E, C, longest), NaN after its end; a group each."""
    array = np.full((len(reading.entities), reading.values.shape[1], int(reading.lengths.max())), np.nan)
    for i, (start, end) in enumerate(zip(reading.starts, reading.starts[1:], strict=False)):
        array[i, :, : end - start] = reading.values[start:end].T
    return array, [np.array([i], np.int64) for i in long]


def _by_time(starts: Indices, how: Cutting, place: str) -> tuple[Indices, Indices, Indices]:
    """The first windows train, then a gap, later ones validate, a gap, the last ones test."""
    window, gap = how.window, how.window if how.gap is None else how.gap
    begin, end = int(starts[0]), int(starts[-1]) + window
    held = [max(window, int((end - begin) * share)) for share in SHARES]
    last = end - held[1]
    middle = last - gap - held[0]
    if middle - gap - begin < window:
        raise DataError(
            f"{place}: {end - begin} steps do not hold three splits with windows of {window} and gaps of {gap}; "
            f"set domain.window={max(2, (end - begin) // 10)}, domain.gap=0, or domain.split=none"
        )
    ends = starts + window
    return (
        starts[ends <= middle - gap],
        _some(starts, (starts >= middle) & (ends <= last - gap), middle),
        _some(starts, starts >= last, last),
    )


def _some(starts: Indices, inside: npt.NDArray[np.bool_], from_: int) -> Indices:
    """The windows inside; where the stride steps over all of them, the one that begins the stretch."""
    return starts[inside] if inside.any() else np.array([from_], np.int64)


def _by_entity(names: Sequence[str], groups: Sequence[Indices], place: str) -> tuple[Indices, Indices, Indices]:
    """A series belongs to the split that its name and number decide, whatever stands beside it."""
    count = len(groups)
    if count < 3:
        raise DataError(f"{place}: {count} series do not make three splits; set domain.split=time or domain.split=none")
    order = sorted(range(count), key=lambda i: hashlib.sha256(f"{i} {names[i]}".encode()).digest())
    held = [max(1, int(count * share)) for share in SHARES]
    validation, test = order[: held[0]], order[held[0] : sum(held)]
    train = order[sum(held) :]
    return tuple(np.concatenate([groups[i] for i in part]) for part in (train, validation, test))  # type: ignore[return-value]


def _shared(groups: Sequence[Indices]) -> tuple[Indices, Indices, Indices]:
    """All windows train, and some of the same are looked at: the published protocol, and no test of anything else."""
    every = np.concatenate(groups)
    order = np.random.default_rng(0).permutation(every)
    held = max(1, len(every) // 10)
    return every, order[:held], order[held : 2 * held] if len(every) > 1 else order


def _told(by: str, how: Cutting) -> str:
    gap = how.window if how.gap is None else how.gap
    return {
        "time": f"splits by time, {gap} steps between them",
        "entity": "splits by series",
        "none": "no split: what is held out was trained on too, as in published protocols; copies look perfect here",
    }[by]


def digest(reading: Reading, parts: Sequence[Indices], words: str) -> str:
    """SHA-256 of the values and of how they were cut."""
    found = hashlib.sha256(words.encode())
    found.update(np.ascontiguousarray(reading.values).tobytes())
    for each in (reading.starts, *parts):
        found.update(each.astype("<i8").tobytes())
    return found.hexdigest()


def sines(count: int, steps: int, seed: int, channels: int = 5) -> Values:
    """(count, steps, channels): sin(2 pi f t + p), f uniform in 0..1 a step, p in -pi..pi, scaled to 0..1.

    As Yoon et al. (2019) describe them, section 5.1; each channel is on its own.
    """
    rng = np.random.default_rng(seed)
    frequency, phase = rng.uniform(0, 1, (count, 1, channels)), rng.uniform(-np.pi, np.pi, (count, 1, channels))
    found: Values = (np.sin(2 * np.pi * frequency * np.arange(steps)[:, None] + phase) + 1) / 2
    return found


def autoregressive(count: int, steps: int, seed: int, decay: float = 0.8) -> Values:
    """(count, steps, 2): two stationary AR(1) of unit variance whose shocks correlate by 0.5.

    Their autocorrelation at lag k is decay^k, and they correlate by 0.5 at lag 0.
    """
    rng = np.random.default_rng(seed)
    mixing = np.linalg.cholesky(np.array([[1.0, 0.5], [0.5, 1.0]]))
    shocks = rng.standard_normal((steps, count, 2)) @ mixing.T
    found = np.empty_like(shocks)
    found[0] = shocks[0]
    for i in range(1, steps):
        found[i] = decay * found[i - 1] + np.sqrt(1 - decay**2) * shocks[i]
    return np.ascontiguousarray(found.transpose(1, 0, 2))
