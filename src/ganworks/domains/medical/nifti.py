"""NIfTI volumes: values by the file's slope and intercept, and back into the same numbers, affine and header."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...settings import DataError
from ..base import Raw
from .scan import Scan, Written, reader

_SUBJECT = re.compile(r"(sub-[A-Za-z0-9]+)")
"""How BIDS names whose a file is."""


def volume(path: Path, axis: int = 2) -> "Volume":
    """Open one NIfTI file; its slices are counted by `axis`. Raises DataError with the reason alone."""
    nibabel = reader("nibabel")
    try:
        image = nibabel.load(path)
    except OSError as error:
        raise DataError(f"cannot be opened ({error.strerror or error})") from None
    except Exception:  # a hostile file may raise anything in a decoder
        raise DataError("not a NIfTI file, or damaged") from None
    if image.ndim not in (2, 3, 4) or min(image.shape) < 1:
        raise DataError(f"has {image.ndim} axes {image.shape}; wanted a volume of 3, or several in a fourth")
    if image.get_data_dtype().kind not in "iuf":
        raise DataError(f"stores {image.get_data_dtype()}; wanted one number a voxel")
    return Volume(path, image, axis)


class Volume(Scan):
    """One NIfTI file. Slices (Y, X) follow `axis`; those of a fourth axis come one volume after the other."""

    unit, modality = "", ""

    def __init__(self, path: Path, image: Any, axis: int):
        self.skipped, self._path, self._image, self._axis = [], path, image, axis
        subject = _SUBJECT.search(str(path))
        self.patient = subject.group(1) if subject else path.name.split(".")[0]
        self._shape = (*image.shape, 1, 1)[:4]

    @property
    def sources(self) -> tuple[Path, ...]:
        return (self._path,)

    @property
    def _scale(self) -> tuple[float, float]:
        return float(self._image.dataobj.slope), float(self._image.dataobj.inter)

    @property
    def values(self) -> Raw:
        slope, intercept = self._scale
        return self._slices(self._stored()).astype(np.float64) * slope + intercept

    def written(self, values: Raw, kept: Raw, note: str) -> Iterator[Written]:
        slope, intercept = self._scale
        dtype = self._image.get_data_dtype()
        stored = (values - intercept) / slope
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            stored = np.rint(stored).clip(limits.min, limits.max)
        stored = stored.astype(dtype)
        own = self._slices(self._stored())
        factor = values.shape[1] // own.shape[1]
        if factor == 1:
            stored = np.where(kept, own, stored)
        header = self._image.header.copy()
        header["descrip"] = f"ganworks: {note}".encode("ascii", "replace")[:79]
        array = np.ascontiguousarray(self._volume(stored))
        image = type(self._image)(array.reshape(*array.shape[: self._image.ndim]), self._affine(factor), header)
        image.set_data_dtype(dtype)
        image.header.set_slope_inter(slope, intercept)  # says that the numbers are the stored ones already
        data = image.to_bytes()
        yield Written(self._path, gzip.compress(data, mtime=0) if self._path.suffix.lower() == ".gz" else data)

    def _stored(self) -> Raw:
        try:
            stored: Raw = np.asanyarray(self._image.dataobj.get_unscaled()).reshape(self._shape)
        except MemoryError:
            raise
        except Exception as error:  # a hostile file may raise anything in a decoder
            raise DataError(f"its voxels cannot be read ({_first(error).partition(' from ')[0]})") from None
        return stored

    def _slices(self, stored: Raw) -> Raw:
        """(X, Y, Z, T) -> (N, rows, columns)."""
        slices = np.moveaxis(stored, (3, self._axis), (0, 1)).swapaxes(2, 3)
        return slices.reshape(-1, *slices.shape[2:])

    def _volume(self, slices: Raw) -> Raw:
        each = slices.reshape(self._shape[3], self._shape[self._axis], *slices.shape[1:]).swapaxes(2, 3)
        return np.moveaxis(each, (0, 1), (3, self._axis))

    def _affine(self, factor: int) -> Any:
        """Voxels become smaller within a slice; the corner of the volume stays where it was."""
        change = np.eye(4)
        for axis in {0, 1, 2} - {self._axis}:
            change[axis, axis] = 1 / factor
            change[axis, 3] = (1 / factor - 1) / 2
        return self._image.affine if factor == 1 else self._image.affine @ change


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
