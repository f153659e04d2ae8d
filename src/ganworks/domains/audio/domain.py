"""Audio: the domain. What the user may set, and how a folder of recordings becomes three splits."""

import hashlib
import itertools
import re
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from ...settings import DataError
from ..base import Codec, Dataset, Domain, Indices, Notify, Stored
from ..splits import check_shares
from .codec import Sounds
from .fitting import fit
from .naming import Labels, Shares, named, split
from .reading import SUFFIXES
from .recordings import Found, Pieces, cut, fitting_length, gather
from .toy import notes

PEEKED = 500
"""Names in a folder that are looked at before it is taken for one of sounds or not."""


class Audio(Domain):
    """Folders of .wav, .flac and .ogg: any rate, any number of channels, any length."""

    name: Literal["audio"] = "audio"
    codec: ClassVar[type[Codec]] = Sounds
    view: Literal["mel", "wave"] = "mel"
    """What networks see: a picture of the mel spectrum, which they draw best, or the waveform itself."""
    rate: int | None = Field(default=None, ge=1000, le=96_000)
    """Samples a second; unset: the commonest of the recordings, at most 16,000."""
    channels: int = Field(default=1, ge=1, le=8)
    """Recordings with others are mixed to one, in as many copies."""
    length: int | None = Field(default=None, ge=256, le=1_048_576)
    """Samples of what is drawn; unset: the power of two from 1,024 to 16,384 that 95 % of the recordings fit in."""
    cut: Literal["auto", "windows", "start"] = "auto"
    """Of longer recordings: windows from anywhere, or their start; auto: the start where nine in ten fit."""
    shortest: float = Field(default=0.05, ge=0)
    """Seconds below which a recording is left out."""
    trim: float | None = Field(default=None, gt=0, le=120)
    """Decibels below a recording's loudest hundredth of a second at which both ends are cut off; unset: nothing is."""
    normalise: bool = False
    """Every recording is brought to the same peak."""
    labels: Labels = "auto"
    """Where a recording's class is read from: its folder, the beginning of its name (`7_anna_3.wav` is a 7), nowhere;
    auto: wherever classes show. With classes, samples are asked for by class."""
    split_by: str = ""
    """Regular expression; recordings whose names have the same first group (or match) stay in one split, such as those
    of a speaker: `_([a-z]+)_`."""
    test_files: str = ""
    """Regular expression; names that match it are the test split: `_[0-4]$`."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of recordings held out to choose checkpoints with."""
    test: float = Field(default=0.1, ge=0, lt=1)
    """Share of recordings held out to be scored once, where names do not say which."""
    bands: int | None = Field(default=None, ge=16, le=256)
    """Mel bands; unset: as many as frames."""
    frames: int | None = Field(default=None, ge=16, le=1024)
    """Frames of the spectrum; unset: 64, fewer of less than 4,096 samples."""
    decibels: float = Field(default=80.0, ge=20, le=140)
    """From the loudest band to what counts as silence."""
    iterations: int = Field(default=64, ge=0, le=10_000)
    """Of Griffin and Lim's way from a spectrum to a sound."""

    @field_validator("split_by", "test_files")
    @classmethod
    def _can_be_searched(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"wanted a regular expression, got '{pattern}': {error}") from None
        return pattern

    @model_validator(mode="after")
    def _something_left_to_train_on(self) -> Self:
        check_shares(self.validation, self.test)
        return self

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A file of sound, or a folder in which most of the first files are, or those of its first folders."""
        if path.is_file():
            return path.suffix.lower() in SUFFIXES
        if not path.is_dir():
            return False
        try:
            return _sounds(path) or any(_sounds(each) for each in sorted(path.iterdir())[:3] if each.is_dir())
        except OSError:
            return False

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """Records are int16 (channels, T), as wide as `length` or twice that."""
        place = Path(path).expanduser()
        found = gather(self, place, path, notify, strict)
        length = self.length or fitting_length([each.shape[1] for each in found.sounds])
        pieces, told = cut(found.sounds, length, self.cut)
        classes = named(found.paths, place, self.labels)
        recording_splits, how = split(
            found.paths, found.digests, Shares(self.validation, self.test), self.split_by, self.test_files
        )
        splits = recording_splits[pieces.recording]
        labels = None if classes.labels is None else classes.labels[pieces.recording]
        train, validation, test = (Stored(pieces.array, np.flatnonzero(splits == i), labels) for i in range(3))
        if not len(train):
            raise DataError(f"{path}: nothing is left to train on; see domain.test_files and domain.test")
        seconds = length / found.rate
        note = (
            f"{len(found.sounds):,} recordings, samples of {length:,} at {found.rate:,} Hz ({seconds:.2f} s): {told}; "
            f"{len(train):,} to train on; {how}"
        )
        return Dataset(
            train, validation, test, self._digest(found, pieces, splits), classes=classes.classes,
            skipped=found.skipped, notes=(note, *found.notes, *classes.notes),
            facts={"rate": found.rate, "length": length, "channels": self.channels},
        )  # fmt: skip

    def fit(self, dataset: Dataset) -> Sounds:
        return fit(self, dataset)

    @property
    def conditional(self) -> bool:
        return self.labels != "none"

    def toy(self, seed: int = 0) -> Dataset:
        """96 notes of known pitch, of three kinds."""
        return notes(seed)

    def _digest(self, found: Found, pieces: Pieces, splits: Indices) -> str:
        digest = hashlib.sha256(f"{found.rate} {pieces.array.shape} {[path.name for path in found.paths]}".encode())
        for array in (pieces.array, pieces.recording, splits):
            digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).data)
        return digest.hexdigest()


def _sounds(folder: Path) -> bool:
    """Whether most of a folder's own first files are of sound."""
    first = itertools.islice(folder.iterdir(), PEEKED)
    names = [each.name.lower() for each in first if "." in each.name[1:]]
    return 2 * sum(name.endswith(SUFFIXES) for name in names) > len(names)
