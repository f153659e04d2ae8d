"""NumPy files -> pictures: which axis is which, what the numbers mean, and which arrays of an .npz are used."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Indices, Raw

_CHUNK = 1024
_MOST_CHANNELS = 16
_LARGEST = 1 << 34
_PICTURES = ("x", "images", "data", "arr_0")
_LABELS = ("y", "labels", "label", "arr_1")
_MEDMNIST = {"train": None, "val": "validation", "test": "test"}


class Part(NamedTuple):
    """Pictures x (N, H, W) or (N, H, W, C) with their labels, and the official split they are, if any."""

    x: Raw
    labels: Indices | None = None
    split: str | None = None


class Arrays(NamedTuple):
    """A picture set that came as arrays."""

    parts: list[Part]
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def numpy_set(path: Path) -> Arrays:
    """The pictures of an .npy or .npz file. Raises DataError when they are not pictures."""
    try:
        if path.suffix.lower() == ".npy":
            return _prepared(path, [("", np.load(path, mmap_mode="r", allow_pickle=False), None, None)])
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _LARGEST:
                raise DataError(f"{path}: unpacks to over {_LARGEST} bytes; save large arrays as .npy")
        with np.load(path, allow_pickle=False) as arrays:
            return _prepared(path, list(_chosen(path, arrays)))
    except DataError:
        raise
    except Exception as error:  # numpy's header parser lets many kinds through
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: wanted NumPy arrays without pickled objects, {reason}") from None


def numbered(parts: list[Part]) -> tuple[str, ...]:
    """Class names 0, 1, 2 ... for labels that are such numbers."""
    highest = max(
        (int(part.labels.max()) for part in parts if part.labels is not None and len(part.labels)), default=-1
    )
    return tuple(str(number) for number in range(highest + 1))


def chunks(x: Raw, scale: "Scale") -> Iterator[Raw]:
    """Runs of pictures (B, H, W, C) uint8 or uint16."""
    for start in range(0, len(x), _CHUNK):
        part = np.asarray(x[start : start + _CHUNK])
        yield scale.apply(part if part.ndim == 4 else part[..., None])


class Scale(NamedTuple):
    """How stored numbers become 0..255; whole ones of 8 and 16 bits stay as they are."""

    plus: float = 0.0
    times: float = 1.0

    def apply(self, x: Raw) -> Raw:
        native = x.dtype.newbyteorder("=")
        if native in (np.uint8, np.uint16):
            return x.astype(native)
        return np.rint((x.astype(np.float64) + self.plus) * self.times).astype(np.uint8)


def scale_of(parts: list[Part], where: str) -> Scale:
    """The meaning of the numbers: bools are black and white, floats lie in 0..1 or, if any is negative, in -1..1.

    Raises DataError for anything else.
    """
    kinds = {part.x.dtype.newbyteorder("=") for part in parts}
    if len(kinds) > 1:
        raise DataError(f"{where}: wanted arrays of one type, got {', '.join(sorted(map(str, kinds)))}")
    kind = kinds.pop()
    if kind in (np.uint8, np.uint16):
        return Scale()
    if kind == np.bool_:
        return Scale(times=255)
    if kind.kind != "f":
        raise DataError(f"{where}: wanted uint8, uint16, bool or float pictures, got {kind}; save them as uint8")
    low, high = np.inf, -np.inf
    for part in parts:
        for start in range(0, len(part.x), _CHUNK):
            run = part.x[start : start + _CHUNK]
            low, high = min(low, float(run.min())), max(high, float(run.max()))
            if not np.isfinite(run).all():
                raise DataError(f"{where}: has values that are not finite")
    if low < -1 or high > 1:
        raise DataError(f"{where}: wanted floats in 0..1 or -1..1, got {low:g}..{high:g}; save 0..255 as uint8")
    return Scale(plus=1, times=127.5) if low < 0 else Scale(times=255)


def _chosen(path: Path, arrays: Any) -> Iterator[tuple[str, Raw, Raw | None, str | None]]:
    """(name, pictures, labels, official split) of each set in an .npz."""
    names = set(arrays.files)
    if "train_images" in names:
        for prefix, split in _MEDMNIST.items():
            if f"{prefix}_images" in names:
                label = f"{prefix}_labels"
                yield f"{prefix}_images", arrays[f"{prefix}_images"], arrays[label] if label in names else None, split
        return
    if "x_train" in names:
        for prefix, split in (("train", None), ("test", "test")):
            if f"x_{prefix}" in names:
                label = f"y_{prefix}"
                yield f"x_{prefix}", arrays[f"x_{prefix}"], arrays[label] if label in names else None, split
        return
    name = next((each for each in _PICTURES if each in names), None)
    if name is None:
        raise DataError(
            f"{path}: wanted an array x, images, data or train_images, got {', '.join(sorted(names)) or 'none'}"
        )
    label = next((each for each in _LABELS if each in names), "")
    yield name, arrays[name], arrays[label] if label else None, None


def _prepared(path: Path, sets: list[tuple[str, Raw, Raw | None, str | None]]) -> Arrays:
    notes: list[str] = []
    laid_out = [_channels_last(x, f"{path} {name}".strip(), notes) for name, x, _, _ in sets]
    classes, labels = _labels(sets, notes)
    parts = [Part(x, numbers, split) for x, numbers, (_, _, _, split) in zip(laid_out, labels, sets, strict=True)]
    return Arrays(parts, classes, tuple(dict.fromkeys(notes)))


def _channels_last(x: Raw, where: str, notes: list[str]) -> Raw:
    if x.ndim == 3:
        return x
    if x.ndim != 4:
        raise DataError(f"{where}: wanted pictures (N, H, W), (N, H, W, C) or (N, C, H, W), got the shape {x.shape}")
    first, last = x.shape[1], x.shape[3]
    if last <= _MOST_CHANNELS and last <= first:
        notes.append(f"the shape {x.shape} was read as (N, H, W, C)")
        return x
    if first <= _MOST_CHANNELS:
        notes.append(f"the shape {x.shape} was read as (N, C, H, W)")
        return x.transpose(0, 2, 3, 1)
    raise DataError(f"{where}: wanted at most {_MOST_CHANNELS} channels, first or last, got the shape {x.shape}")


def _labels(
    sets: list[tuple[str, Raw, Raw | None, str | None]], notes: list[str]
) -> tuple[tuple[str, ...], list[Indices | None]]:
    """Class names, and each set's labels as their numbers; none at all unless every set has one a picture."""
    given = [np.asarray(y).reshape(len(y), -1) if y is not None and np.ndim(y) else None for _, _, y, _ in sets]
    nothing: tuple[tuple[str, ...], list[Indices | None]] = (), [None] * len(sets)
    if all(each is None for each in given):
        return nothing
    usable = [each for each in given if each is not None and each.shape[1] == 1 and each.dtype.kind in "iubUS"]
    if len(usable) < len(given) or any(len(y) != len(x) for y, (_, x, _, _) in zip(usable, sets, strict=True)):
        notes.append("the labels were left out: wanted one whole number or word for each picture")
        return nothing
    values = np.concatenate([each[:, 0] for each in usable])
    if values.dtype.kind in "iu" and len(values) and values.min() >= 0 and values.max() < 10_000:
        return tuple(map(str, range(int(values.max()) + 1))), [each[:, 0].astype(np.int64) for each in usable]
    names = np.unique(values)
    return tuple(map(str, names)), [np.searchsorted(names, each[:, 0]).astype(np.int64) for each in usable]
