"""What DICOM series and NIfTI volumes have in common, and finding them in a folder."""

import contextlib
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...extras import library
from ...settings import DataError, printable
from ..base import Raw, Skipped

NOTE = "not for diagnosis"


class Written(NamedTuple):
    """One file to write: what it replaces, and its bytes."""

    source: Path
    data: bytes


class Scan(ABC):
    """One volume: slices in their order, in the scan's own unit."""

    skipped: list[Skipped]
    """Files that turned out to be broken when `values` read them."""
    patient: str
    """Whose it is, as the files say."""
    unit: str
    """HU, or nothing known."""
    modality: str
    """CT, MR, ... as DICOM spells it; nothing when unknown."""

    @property
    @abstractmethod
    def sources(self) -> tuple[Path, ...]:
        """The files it was read from, in the order of the slices."""

    @property
    @abstractmethod
    def values(self) -> Raw:
        """(N, H, W) float64 in the scan's unit. Raises DataError when the pixels cannot be read."""

    @abstractmethod
    def written(self, values: Raw, kept: Raw, note: str) -> Iterator[Written]:
        """The files of the scan with other values (N, s H, s W) in its unit; spacing follows a larger size.

        Where `kept` (N, H, W) is True the stored numbers stay what they were; it counts only at the scan's own size.
        `note` says what was done.
        """


def is_nifti(path: Path) -> bool:
    return path.name.lower().endswith((".nii", ".nii.gz"))


def is_dicom(path: Path) -> bool:
    """By its suffix, or by the mark that DICOM files without a suffix carry."""
    if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
        return True
    if path.suffix and not path.suffix[1:].isdecimal():  # files are often named by their UID, which ends in a number
        return False
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
    return False


def is_scan(path: Path) -> bool:
    return is_nifti(path) or is_dicom(path)


def found(place: Path) -> list[Path]:
    """All DICOM and NIfTI files at a path, sorted. Raises DataError when there are none."""
    if place.is_file():
        paths = [place] if is_scan(place) else []
    else:
        walked = (Path(folder) / name for folder, _, names in os.walk(place) for name in names)
        paths = sorted(each for each in walked if not each.name.startswith(".") and is_scan(each))
    if not paths:
        there = "there is none" if not place.exists() else "found none"
        raise DataError(f"{place}: wanted DICOM (.dcm) or NIfTI (.nii, .nii.gz) files, {there}")
    return paths


def scans(paths: list[Path], axis: int = 2) -> tuple[list[Scan], list[Skipped]]:
    """Volumes from files: DICOM by series, NIfTI one a file; and the files that cannot be read."""
    from .dicom import series  # noqa: PLC0415  they import this file
    from .nifti import volume  # noqa: PLC0415

    made: list[Scan] = []
    dicom, skipped = series([path for path in paths if not is_nifti(path)])
    made += dicom
    for path in paths:
        if not is_nifti(path):
            continue
        try:
            made.append(volume(path, axis))
        except DataError as error:
            skipped.append(Skipped(printable(str(path)), str(error)))
    return made, skipped


def reader(name: str) -> Any:
    """pydicom or nibabel. Raises ConfigError when it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return library(name, f"{'DICOM' if name.startswith('pydicom') else 'NIfTI'} files", "medical")
