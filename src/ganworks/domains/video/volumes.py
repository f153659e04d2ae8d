"""Volumes: .nii, .nii.gz and .npy (D, H, W) <-> 16 bits of one size, with their spacing."""

import gzip
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from ...extras import library
from ...settings import DataError
from ..base import Raw, Skipped

SUFFIXES = (".nii", ".nii.gz")
WHITE = 65535


class Space(NamedTuple):
    """How a volume lies in the world."""

    values: Raw
    """(D, H, W) float32, axes as the file has them."""
    spacing: tuple[float, float, float]
    """Size of a voxel on each axis, in the file's unit; 1 where it says nothing."""


class Scaled(NamedTuple):
    """Volumes of one size in 16 bits."""

    volumes: list[Raw]
    """(D, H, W, 1) uint16 each."""
    names: list[str]
    low: float
    high: float
    spacing: tuple[float, float, float]
    """Median over the volumes, of the voxels as they are here."""


def is_volume(path: Path) -> bool:
    """By the name; of an array by its axes."""
    if path.name.lower().endswith(SUFFIXES):
        return True
    if path.suffix.lower() != ".npy":
        return False
    try:
        return int(np.load(path, mmap_mode="r", allow_pickle=False).ndim) == 3
    except (OSError, ValueError, EOFError):
        return False


def read_volumes(paths: list[Path], size: tuple[int, int, int], skipped: list[Skipped], strict: bool) -> Scaled:
    """Volumes brought to one size, their values to 0..65535 between the lowest and the highest of all.

    Raises DataError when none can be read.
    """
    found: list[tuple[str, Space]] = []
    for path in paths:
        try:
            space = _open(path)
            if not np.isfinite(space.values).all():
                raise DataError("has values that are not finite")
            found.append((path.name, _fitted(space, size)))
        except DataError as error:
            if strict:
                raise DataError(f"{path.name}: {error}") from None
            skipped.append(Skipped(path.name, str(error)))
    if not found:
        why = f"; {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"found no volume that can be read{why}")
    low = min(float(each.values.min()) for _, each in found)
    high = max(float(each.values.max()) for _, each in found)
    if high <= low:
        raise DataError(f"all volumes hold the one value {low:g}: there is nothing to learn")
    spacing = np.median([each.spacing for _, each in found], axis=0)
    levels = [np.rint((each.values - low) * (WHITE / (high - low))).astype(np.uint16)[..., None] for _, each in found]
    return Scaled(levels, [name for name, _ in found], low, high, (spacing[0], spacing[1], spacing[2]))


def write_volume(levels: Raw, stem: Path, nifti: bool, low: float, high: float, spacing: tuple[float, ...]) -> Path:
    """A volume (D, H, W, 1) uint16 as .nii.gz with its spacing, or .npy, in the values of the data."""
    values = (levels[..., 0].astype(np.float32) * ((high - low) / WHITE) + low).astype(np.float32)
    if not nifti:
        path = stem.with_name(stem.name + ".npy")
        np.save(path, values)
        return path
    image = _nibabel().Nifti1Image(values, np.diag([*spacing, 1.0]))
    path = stem.with_name(stem.name + ".nii.gz")
    path.write_bytes(gzip.compress(image.to_bytes(), mtime=0))
    return path


def _open(path: Path) -> Space:
    if path.suffix.lower() == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise DataError("not a .npy file, or damaged") from None
        if values.ndim != 3 or values.dtype.kind not in "iuf" or 0 in values.shape:
            raise DataError(f"wanted a volume (D, H, W) of numbers, got {values.dtype} {values.shape}")
        return Space(values.astype(np.float32), (1.0, 1.0, 1.0))
    _nibabel()
    nifti = import_module("...domains.medical.nifti", __package__)
    volume = nifti.volume(path)
    if volume._image.ndim != 3:
        raise DataError(f"has {volume._image.ndim} axes; wanted a volume of 3")
    try:
        values = np.asarray(volume._image.dataobj, np.float32)
    except MemoryError:
        raise
    except Exception:  # a hostile file may raise anything in a decoder
        raise DataError("its voxels cannot be read") from None
    zooms = tuple(float(each) or 1.0 for each in volume._image.header.get_zooms()[:3])
    return Space(values, (zooms[0], zooms[1], zooms[2]))


def _fitted(space: Space, size: tuple[int, int, int]) -> Space:
    """At another size: means over areas where it is smaller, straight lines between voxels where it is larger."""
    own = space.values.shape
    if own == size:
        return space
    x = torch.from_numpy(np.ascontiguousarray(space.values))[None, None]
    smaller = tuple(min(a, b) for a, b in zip(own, size, strict=True))
    if smaller != own:
        x = functional.adaptive_avg_pool3d(x, (smaller[0], smaller[1], smaller[2]))
    if smaller != size:
        x = functional.interpolate(x, size, mode="trilinear", align_corners=False)
    spacing = [s * a / b for s, a, b in zip(space.spacing, own, size, strict=True)]
    return Space(x[0, 0].numpy(), (spacing[0], spacing[1], spacing[2]))


def _nibabel() -> Any:
    return library("nibabel", "volumes in NIfTI files", "medical")
