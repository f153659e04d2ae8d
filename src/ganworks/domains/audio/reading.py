"""One file of sound -> numbers, and what is wrong with it; a folder -> its files."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ... import extras
from ...settings import ConfigError, DataError
from .wav import Samples, Unusual, read_wav

SUFFIXES = (".wav", ".flac", ".ogg")
SILENT = 1e-4
"""Loudest sample up to which a recording is silent: three steps of 16 bits."""
CLIPPED = 0.05
"""Share of samples at full scale from which on a recording is left out as clipped."""
RAIL = 0.999
"""Full scale, give or take."""
Numbers = npt.NDArray[Any]


def read(path: Path) -> tuple[Samples, int]:
    """A file of sound: float32 (channels, T) in -1..1, and samples a second.

    WAV is read without a library, FLAC and Ogg by soundfile. Raises DataError with one line that names the file.
    """
    try:
        return _read(path)
    except (DataError, ConfigError) as error:
        raise type(error)(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def fault(sound: Samples, rate: int, shortest: float) -> str | None:
    """Why a recording is of no use, in a few words; None where it is."""
    count = sound.shape[1]
    if count < max(1, shortest * rate):
        return f"too short: {count:,} samples, {count / rate:.3f} s, below the {shortest:g} s of domain.shortest"
    broken = int((~np.isfinite(sound)).any(0).sum())
    if broken:
        return f"{broken:,} of {count:,} samples are no numbers"
    loudest = float(np.abs(sound).max())
    if loudest <= SILENT:
        return f"silent: no sample is above {SILENT:g} of full scale"
    share = clipped(sound)
    if share >= CLIPPED:
        return f"clipped: {share:.0%} of its samples stand at full scale"
    return None


def clipped(sound: Samples) -> float:
    """Share of samples that stand at full scale beside others that do: one alone is a peak."""
    rails = np.abs(sound) >= RAIL
    beside = np.zeros_like(rails)
    beside[:, 1:] |= rails[:, 1:] & rails[:, :-1]
    beside[:, :-1] |= rails[:, 1:] & rails[:, :-1]
    return float(beside.mean())


def files(place: Path, shown: str) -> list[Path]:
    """The files of sound at a place, by name. Raises DataError where there are none."""
    if place.is_file():
        if place.suffix.lower() not in SUFFIXES:
            raise DataError(f"{shown}: wanted a folder of sound files ({', '.join(SUFFIXES)}) or one, got this")
        return [place]
    if not place.is_dir():
        raise DataError(f"{shown}: wanted a folder of sound files ({', '.join(SUFFIXES)}), there is none")
    found = sorted(
        each
        for each in place.rglob("*")
        if each.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in each.relative_to(place).parts)
    )
    if not found:
        raise DataError(f"{shown}: no sound files in this folder; {', '.join(SUFFIXES)} are read")
    return found


def _read(path: Path) -> tuple[Samples, int]:
    if path.suffix.lower() == ".wav":
        try:
            return read_wav(path)
        except Unusual as error:
            try:
                return _by_library(path)
            except (ConfigError, DataError):
                raise error from None
    return _by_library(path)


def _by_library(path: Path) -> tuple[Samples, int]:
    soundfile = extras.library("soundfile", f"{path.suffix.lower()} files", "audio")
    try:
        with soundfile.SoundFile(str(path)) as file:
            promised, rate = int(file.frames), int(file.samplerate)
            found = np.ascontiguousarray(file.read(dtype="float32", always_2d=True).T)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise DataError(f"no sound that can be decoded ({str(error).rstrip('.').rpartition(': ')[2]})") from None
    if found.shape[1] < promised:
        raise DataError(f"cut short: its header promises {promised:,} samples, {found.shape[1]:,} are there")
    return found, rate
