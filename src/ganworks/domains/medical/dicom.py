"""DICOM series: values by rescale slope and intercept, and back into new files that say they are derived."""

import io
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...settings import DataError, printable
from ..base import Raw, Skipped
from .scan import Scan, Written, reader

_GREY = ("MONOCHROME1", "MONOCHROME2")


def series(paths: list[Path]) -> "tuple[list[Scan], list[Skipped]]":
    """Files by their series, slices in the order of their places in the patient; and files that cannot be used."""
    groups: defaultdict[tuple[str, ...], list[tuple[Path, Any]]] = defaultdict(list)
    skipped = []
    for path in paths:
        try:
            data = _opened(path)
        except DataError as error:
            skipped.append(Skipped(printable(str(path)), str(error)))
            continue
        uid = str(data.get("SeriesInstanceUID") or path.parent)
        groups[_patient(data), uid, f"{data.Rows} x {data.Columns}"].append((path, data))
    made = [Series(sorted(group, key=lambda entry: (*_place(entry[1]), str(entry[0])))) for group in groups.values()]
    return sorted(made, key=lambda each: str(each.sources[0])), skipped


class Series(Scan):
    """One series of DICOM files, or one file of many frames."""

    def __init__(self, files: Sequence[tuple[Path, Any]]):
        self.skipped, self._files = [], list(files)
        first = files[0][1]
        self.patient, self.modality = _patient(first), str(first.get("Modality", ""))
        self.unit = "HU" if self.modality == "CT" else str(first.get("RescaleType", "") or "")

    @property
    def sources(self) -> tuple[Path, ...]:
        return tuple(path for path, _ in self._files)

    @property
    def values(self) -> Raw:
        read, usable = [], []
        for path, data in self._files:
            try:
                read.append(_values(data, _pixels(path)))
                usable.append((path, data))
            except DataError as error:
                self.skipped.append(Skipped(printable(str(path)), str(error)))
        if not usable:
            raise DataError(self.skipped.pop(0).reason)
        self._files = usable
        return np.concatenate(read)

    def written(self, values: Raw, kept: Raw, note: str) -> Iterator[Written]:
        uid = reader("pydicom").uid.generate_uid()
        start = 0
        for path, data in self._files:
            own = _pixels(path)
            some = slice(start, start + len(own))
            start += len(own)
            slope, intercept = _scale(data)
            limits = _limits(data)
            stored = np.rint((values[some] - intercept) / slope).clip(*limits).astype(own.dtype)
            factor = values.shape[1] // own.shape[1]
            if factor == 1:
                stored = np.where(kept[some], own, stored)
            yield Written(path, _file(path, stored, factor, uid, note))


def _opened(path: Path) -> Any:
    """The header of a file that has grey pixels. Raises DataError with the reason alone."""
    pydicom = reader("pydicom")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(path, defer_size=1024)  # headers of a whole archive stay in memory, pixels do not
            samples, kind = data.get("SamplesPerPixel", 1), data.get("PhotometricInterpretation", "")
            slope = float(data.get("RescaleSlope", 1) or 1)
            float(data.get("RescaleIntercept", 0) or 0)
    except OSError as error:
        raise DataError(f"cannot be opened ({error.strerror or error})") from None
    except Exception as error:  # a hostile file may raise anything in a decoder
        raise DataError(f"not a DICOM file that can be read ({_first(error)})") from None
    if "PixelData" not in data:
        name = str(data.get("Modality", "") or "no modality")
        raise DataError(f"has no pixel data ({name}: a report, a plan or a structure set); leave it out")
    if samples != 1 or kind not in _GREY:
        raise DataError(f"has colours ({kind}, {samples} samples a pixel); wanted one number a pixel")
    if "ModalityLUTSequence" in data:
        raise DataError("maps its values by a table, which cannot be inverted; wanted a rescale slope and intercept")
    if "Rows" not in data or "Columns" not in data or not np.isfinite(slope):
        raise DataError("lacks its size, or its rescale slope is no number")
    return data


def _pixels(path: Path) -> Raw:
    """Stored numbers (frames, H, W) in native byte order. Raises DataError with the reason alone."""
    syntax = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = reader("pydicom").dcmread(path)
            syntax = data.file_meta.get("TransferSyntaxUID")
            pixels = np.asarray(data.pixel_array)
    except MemoryError:
        raise
    except Exception as error:  # a hostile file may raise anything in a decoder
        if syntax is not None and syntax.is_compressed:
            raise DataError(
                f"compressed as {syntax.name}, which no codec here decodes; decompress it first, or "
                f"pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
            ) from None
        raise DataError(f"its pixels cannot be read ({_first(error)})") from None
    return pixels.reshape(-1, *pixels.shape[-2:]).astype(pixels.dtype.newbyteorder("="), copy=False)


def _values(data: Any, pixels: Raw) -> Raw:
    slope, intercept = _scale(data)
    return pixels.astype(np.float64) * slope + intercept


def _scale(data: Any) -> tuple[float, float]:
    return float(data.get("RescaleSlope", 1) or 1), float(data.get("RescaleIntercept", 0) or 0)


def _limits(data: Any) -> tuple[int, int]:
    """The stored numbers that fit into a file's bits."""
    bits = int(data.get("BitsStored", data.BitsAllocated))
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if data.get("PixelRepresentation", 0) else (0, (1 << bits) - 1)


def _file(path: Path, stored: Raw, factor: int, series_uid: str, note: str) -> bytes:
    """A new DICOM file with these pixels (frames, H, W): another object of another series, and says so."""
    pydicom = reader("pydicom")
    changed = pydicom.dcmread(path)
    syntax = changed.file_meta.get("TransferSyntaxUID")
    if stored.dtype.itemsize > 2 or (syntax is not None and not syntax.is_little_endian):
        what = "is big-endian" if stored.dtype.itemsize <= 2 else f"stores {8 * stored.dtype.itemsize} bits"
        raise DataError(f"{what}, which is read but not written; wanted little-endian of 8 or 16 bits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind = changed.PhotometricInterpretation
        pixels = stored[0] if len(stored) == 1 else stored
        changed.set_pixel_data(pixels, kind, int(changed.get("BitsStored", changed.BitsAllocated)))
        changed.SeriesInstanceUID = series_uid
        changed.ImageType = ["DERIVED", "SECONDARY", *list(changed.get("ImageType", []))[2:]]
        changed.DerivationDescription = f"ganworks: {note}"[:1024]
        described = f"{changed.get('SeriesDescription', '')} ganworks, not for diagnosis".strip()
        changed.SeriesDescription = described if len(described) <= 64 else "ganworks, not for diagnosis"
        for tag in ("SmallestImagePixelValue", "LargestImagePixelValue"):
            changed.pop(tag, None)
        if factor > 1:
            _shrink_spacing(changed, factor)
        changed.file_meta.MediaStorageSOPInstanceUID = changed.SOPInstanceUID
        buffer = io.BytesIO()
        changed.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _shrink_spacing(data: Any, factor: int) -> None:
    """Pixels of 1/factor: the corner of the picture stays, so the centre of its first pixel moves."""
    spacing = [float(each) for each in data.get("PixelSpacing", [])]
    if len(spacing) != 2:
        return
    place, turn = data.get("ImagePositionPatient"), data.get("ImageOrientationPatient")
    if place and turn and len(place) == 3 and len(turn) == 6:
        shift = (1 / factor - 1) / 2
        along, down = np.array(turn[:3], float), np.array(turn[3:], float)
        moved = np.array(place, float) + shift * (along * spacing[1] + down * spacing[0])
        data.ImagePositionPatient = [f"{each:.10g}" for each in moved]
    data.PixelSpacing = [f"{each / factor:.10g}" for each in spacing]


def _place(data: Any) -> tuple[float, float]:
    """Where a slice lies along the normal of its plane, else its number."""
    place, turn = data.get("ImagePositionPatient"), data.get("ImageOrientationPatient")
    number = float(data.get("InstanceNumber") or 0)
    if place and turn and len(place) == 3 and len(turn) == 6:
        normal = np.cross(np.array(turn[:3], float), np.array(turn[3:], float))
        return float(normal @ np.array(place, float)), number
    return 0.0, number


def _patient(data: Any) -> str:
    return str(data.get("PatientID") or data.get("PatientName") or "unknown")


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
