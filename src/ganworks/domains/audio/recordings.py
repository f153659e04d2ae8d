"""Recordings -> records of one width: read, mended to one rate and number of channels, cut or padded."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ...settings import DataError
from ...spectra import resample
from ..base import Indices, Notify, Skipped
from .reading import clipped, fault, files, read
from .wav import Samples, sixteen

if TYPE_CHECKING:
    from .domain import Audio

Whole = npt.NDArray[np.int16]
HIGHEST_RATE = 16_000
"""Samples a second that are kept where nobody asks for more: each one more has to be drawn."""
COVERED, SHORTEST_LENGTH, LONGEST_LENGTH = 0.95, 1024, 16_384
"""A length is chosen that so many recordings fit in, between these."""
ALONE = 0.9
"""Share of recordings that fit in the length from which on each is a sound of its own, that is taken from its start."""
EVERY = 500
"""Files between two lines about how far reading is."""


class Recording(NamedTuple):
    path: Path
    sound: Samples
    rate: int


class Pieces(NamedTuple):
    """Records (N, channels, width) int16; a record's sound may be longer than a sample, silence fills it up."""

    array: Whole
    recording: Indices
    """The number of the recording each is of (N,)."""


class Found(NamedTuple):
    paths: tuple[Path, ...]
    sounds: list[Whole]
    """(channels, T) each, at the common rate."""
    rate: int
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    @property
    def digests(self) -> list[bytes]:
        return [hashlib.sha256(each.tobytes()).digest() for each in self.sounds]


def usable(
    place: Path, shown: str, shortest: float, notify: Notify, strict: bool, skipped: list[Skipped]
) -> Iterator[Recording]:
    """Every recording that can be used, as it is; those that cannot go to `skipped`.

    Raises DataError where none can, or with `strict` for the first that cannot.
    """
    listed, count = files(place, shown), 0
    for number, path in enumerate(listed):
        if number and number % EVERY == 0:
            notify(f"read {number:,} of {len(listed):,} recordings")
        try:
            sound, rate = read(path)
            trouble = fault(sound, rate, shortest)
        except DataError as error:
            trouble = str(error).removeprefix(f"{path}: ")
        if trouble is None:
            count += 1
            yield Recording(path, sound, rate)
        elif strict:
            raise DataError(f"{path}: {trouble}")
        else:
            skipped.append(Skipped(str(path.relative_to(place) if place.is_dir() else path.name), trouble))
    if not count:
        first = f"; the first, {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"{shown}: none of {len(listed)} sound files can be used{first}")


def gather(domain: "Audio", place: Path, shown: str, notify: Notify, strict: bool) -> Found:
    """Every usable recording, at one rate and with one number of channels. Raises DataError where none is."""
    skipped: list[Skipped] = []
    kept = list(usable(place, shown, domain.shortest, notify, strict, skipped))
    rates, channels = Counter(each.rate for each in kept), Counter(len(each.sound) for each in kept)
    rate = domain.rate or min(rates.most_common(1)[0][0], HIGHEST_RATE)
    notes = _mended(rates, channels, rate, domain.channels)
    hard = sum(clipped(each.sound) > 0 for each in kept)
    if hard:
        notes.append(f"{hard:,} recordings are clipped here and there, by less than what leaves one out")
    # Sixteen bits from here on: what is written has as many, and memory halves.
    sounds = [_common(each, rate, domain) for each in kept]
    return Found(tuple(each.path for each in kept), sounds, rate, tuple(skipped), tuple(notes))


def _mended(rates: "Counter[int]", channels: "Counter[int]", rate: int, wanted: int) -> list[str]:
    notes = []
    if set(rates) != {rate}:
        mixed = ", ".join(f"{count:,} of {each:,} Hz" for each, count in rates.most_common())
        notes.append(f"resampled to {rate:,} samples a second (domain.rate): {mixed}")
    if set(channels) != {wanted}:
        mixed = ", ".join(f"{count:,} with {each}" for each, count in channels.most_common())
        notes.append(f"brought to {wanted} channel{'s' * (wanted > 1)} (domain.channels): {mixed}")
    return notes


def _common(recording: Recording, rate: int, domain: "Audio") -> Whole:
    sound = mixed(recording.sound, domain.channels)
    if recording.rate != rate:
        sound = resample(torch.from_numpy(sound), recording.rate, rate).numpy()
    if domain.trim is not None:
        sound = trimmed(sound, domain.trim, rate)
    if domain.normalise:
        sound = sound * np.float32(0.95 / max(float(np.abs(sound).max()), 1e-9))
    return sixteen(sound)


def mixed(sound: Samples, channels: int) -> Samples:
    """So many channels of (C, T): the mean of all, in as many copies; those there are, where the number is right."""
    if len(sound) == channels:
        return sound
    return np.repeat(sound.mean(0, keepdims=True, dtype=np.float32), channels, axis=0)


def trimmed(sound: Samples, decibels: float, rate: int) -> Samples:
    """Without what is, at both ends, so many decibels below the loudest hundredth of a second."""
    step = max(1, rate // 100)
    count = -(-sound.shape[1] // step)
    padded = np.pad(sound, ((0, 0), (0, count * step - sound.shape[1])))
    power = np.square(padded, dtype=np.float64).reshape(len(sound), count, step).mean((0, 2))
    loud = np.flatnonzero(power >= power.max() * 10 ** (-decibels / 10))
    return sound[:, loud[0] * step : (loud[-1] + 1) * step]


def fitting_length(counts: Sequence[int]) -> int:
    """The power of two that most recordings fit in."""
    wanted = float(np.quantile(counts, COVERED))
    length = SHORTEST_LENGTH
    while length < min(wanted, LONGEST_LENGTH):
        length *= 2
    return length


def cut(sounds: Sequence[Whole], length: int, how: str) -> tuple[Pieces, str]:
    """Records of `length`, or of twice that where training looks at a window of each; and how that came about.

    Of long recordings each record begins a length after the one before, and reaches into the next, so that windows
    begin anywhere.
    """
    counts = np.array([each.shape[1] for each in sounds])
    long = int((counts > length).sum())
    if how == "auto":
        how = "start" if long <= (1 - ALONE) * len(counts) else "windows"
    width = length if how == "start" or not long else 2 * length
    starts = [[0] if width == length else list(range(0, max(1, int(count) - length // 2), length)) for count in counts]
    recording = np.repeat(np.arange(len(sounds)), [len(each) for each in starts])
    array = np.zeros((len(recording), sounds[0].shape[0], width), np.int16)
    row = 0
    for sound, places in zip(sounds, starts, strict=True):
        for place in places:
            part = sound[:, place : place + width]
            array[row, :, : part.shape[1]] = part
            row += 1
    told = {"start": f"{long:,} longer ones keep their beginning", "windows": "a random window of it each time"}[how]
    return Pieces(array, recording.astype(np.int64)), told if long else "all fit, silence fills them up"
