"""The settings of the domain of two kinds of sound without pairs, such as two voices."""

import hashlib
import math
from collections import Counter
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
import torch
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError
from ...spectra import Mel, log_mel, resample, usual_window
from ..audio.naming import Shares, split
from ..audio.recordings import Whole, cut, mixed, trimmed, usable
from ..audio.wav import Samples, sixteen
from ..base import Codec, Dataset, Domain, Indices, Notify, Skipped, Stored
from ..paired.sources import Unrelated
from ..splits import check_shares
from .codec import FULL, PEAK, Converted
from .sides import Folder, two_sides
from .spectra import Spectra
from .toy import chirps

LEARNT = 500
"""Recordings of each side from which the loudest band is learnt."""


class Side(NamedTuple):
    """Recordings of one kind, at one rate and level."""

    sounds: list[Whole]
    splits: Indices
    notes: list[str]
    skipped: list[Skipped]
    digests: list[bytes]
    """SHA-256 of each recording."""


class Voices(Domain):
    """Recordings of one kind and recordings of another, such as two speakers; each is drawn on its own."""

    codec: ClassVar[type[Codec]] = Converted
    given: ClassVar[Literal["nothing", "pictures"]] = "pictures"

    name: Literal["voices"] = "voices"
    input: str | None = None
    """Folder of the recordings that are to be changed, if its name does not tell; below the data."""
    target: str | None = None
    """Folder of those that they are to sound like."""
    direction: Literal["AtoB", "BtoA"] = "AtoB"
    """Which side is changed."""
    rate: int | None = Field(default=None, ge=1000, le=96_000)
    """Samples a second that all recordings are brought to; unset: the commonest of both sides."""
    window: int | None = Field(default=None, ge=16, le=16384)
    """Samples of a window of the spectrum; unset: the power of two nearest to 46 ms."""
    hop: int | None = Field(default=None, ge=4, le=8192)
    """Samples from one frame to the next; unset: a quarter of the window."""
    bands: int = Field(default=64, ge=16, le=256, multiple_of=4)
    """Mel bands."""
    frames: int = Field(default=32, ge=16, le=1024, multiple_of=4)
    """Frames of a training picture."""
    decibels: float = Field(default=80.0, ge=20, le=140)
    """From the loudest band to what counts as silence."""
    iterations: int = Field(default=64, ge=0, le=10_000)
    """Of Griffin and Lim's way from a spectrum to a sound."""
    trim: float | None = Field(default=None, gt=0, le=120)
    """Decibels below a recording's loudest hundredth of a second at which both ends are cut off; unset: nothing is."""
    shortest: float = Field(default=0.05, ge=0)
    """Seconds below which a recording is left out."""
    split_by: str = ""
    """Regular expression for the part of a name whose recordings stay in one split."""
    test_files: str = ""
    """Regular expression for the names of the test split, where no folder is called one."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of each side's recordings held out to judge the run by."""
    test: float = Field(default=0.1, ge=0, lt=1)
    """Share of each side's recordings held out for evaluation, where neither names nor folders say which."""

    @model_validator(mode="after")
    def _something_left_to_train_on(self) -> Self:
        check_shares(self.validation, self.test)
        return self

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` holds two folders of recordings, trainA and trainB, A and B or the like; records are the bytes of one
        of each. Raises DataError where a side is missing, or has nothing that can be used."""
        place = Path(path).expanduser()
        found = two_sides(place, path, self.input, self.target)
        names = [folders[0].label for folders in found]
        if self.direction == "BtoA":
            found, names = found[::-1], names[::-1]
        raw = [self._recordings(folders, notify, strict) for folders in found]
        rates = Counter(each.rate for own in raw for each in own.kept)
        mel = self.mel(rates.most_common(1)[0][0])
        sides = [self._side(own, mel.rate, name) for own, name in zip(raw, names, strict=True)]
        notes = [f"'{names[0]}' becomes '{names[1]}' (domain.direction)"]
        notes += [line for side in sides for line in side.notes]
        if set(rates) != {mel.rate}:
            mixture = ", ".join(f"{count:,} of {rate:,} Hz" for rate, count in rates.most_common())
            notes.append(f"resampled to {mel.rate:,} samples a second (domain.rate): {mixture}")
        if both := len({*sides[0].digests} & {*sides[1].digests}):
            notes.append(f"{both:,} recordings lie on both sides")
        return self._dataset(sides, mel, notes)

    def fit(self, dataset: Dataset) -> Converted:
        mel = Mel.from_tree(dataset.facts["mel"])
        train = dataset.train
        assert isinstance(train, Unrelated)
        loudest = -math.inf
        for side in (train.inputs, train.targets):
            for row in side.spread(LEARNT):
                sound = side.fetch(np.array([row])).x.astype(np.float32) / FULL
                loudest = max(loudest, float(log_mel(torch.from_numpy(sound), mel).max()))
        floor = math.exp(loudest - self.decibels * math.log(10) / 20)
        mel = mel.model_copy(update={"floor": floor})
        return Converted(target=Spectra(mel=mel, frames=self.frames, loudest=loudest, iterations=self.iterations))

    def mel(self, rate: int) -> Mel:
        """How spectra are computed of recordings that have this rate. Raises ConfigError."""
        rate = self.rate or rate
        window = self.window or usual_window(rate)
        tree = {"rate": rate, "window": window, "hop": self.hop or window // 4, "bands": self.bands}
        return Mel.from_tree(tree, "domain")

    def toy(self, seed: int = 0) -> Dataset:
        """Low chirps without overtones, and higher ones with many."""
        mel = self.mel(8000)
        splits = np.repeat([0, 1, 2], [40, 10, 10]).astype(np.int64)
        sides = [
            Side(
                [_bare(each[None], mel.rate, mel.rate, None) for each in chirps(seed, high, mel.rate)],
                splits,
                [],
                [],
                [],
            )
            for high in (False, True)
        ]
        return self._dataset(sides, mel, [])

    def _recordings(self, folders: list[Folder], notify: Notify, strict: bool) -> "Raw":
        kept, skipped = list[Kept](), list[Skipped]()
        for folder in folders:
            out = list[Skipped]()
            for path, sound, rate in usable(folder.place, str(folder.place), self.shortest, notify, strict, out):
                kept.append(Kept(path, sound, rate, folder.split))
            skipped += [each._replace(name=f"{folder.label}/{each.name}") for each in out]
        return Raw(kept, skipped)

    def _side(self, raw: "Raw", rate: int, name: str) -> Side:
        sounds = [_bare(mixed(each.sound, 1), each.rate, rate, self.trim) for each in raw.kept]
        digests = [hashlib.sha256(each.tobytes()).digest() for each in sounds]
        official = np.array([each.split for each in raw.kept])
        test = 0.0 if (official == 2).any() else self.test
        validation = 0.0 if (official == 1).any() else self.validation
        paths = [each.path for each in raw.kept]
        splits, told = split(paths, digests, Shares(validation, test), self.split_by, self.test_files)
        if official.any():
            # The data's own test split stands, and nothing else joins it.
            splits = np.where(official > 0, official, np.where((splits == 2) & (test == 0), 0, splits))
            told = "its own folders hold out what they say"
        several = sum(len(each.sound) > 1 for each in raw.kept)
        minutes = sum(each.shape[1] for each in sounds) / rate / 60
        notes = [f"{name}: {len(sounds):,} recordings, {minutes:.1f} minutes; {told}"]
        notes += [f"{name}: {several:,} recordings of several channels were mixed to one"] * (several > 0)
        return Side(sounds, splits.astype(np.int64), notes, raw.skipped, digests)

    def _dataset(self, sides: list[Side], mel: Mel, notes: list[str]) -> Dataset:
        length = self.frames * mel.hop
        pieces = [cut(side.sounds, length, "windows")[0] for side in sides]
        width = max(each.array.shape[2] for each in pieces)
        arrays = [np.pad(each.array[:, 0], ((0, 0), (0, width - each.array.shape[2]))) for each in pieces]
        parts = [side.splits[each.recording] for side, each in zip(sides, pieces, strict=True)]
        for held in (1, 2):  # what is held out of one side alone has no counterpart, and is trained on
            if not all((part == held).any() for part in parts):
                parts = [np.where(part == held, 0, part) for part in parts]
        if not all((part == 0).any() for part in parts):
            raise DataError("a side has no recording left to train on; add some, or hold out fewer (domain.test)")
        rows = [[np.flatnonzero(part == number).astype(np.int64) for part in parts] for number in range(3)]
        train, validation, test = (
            Unrelated(*(Stored(array, each) for array, each in zip(arrays, own, strict=True))) for own in rows
        )
        digest = hashlib.sha256(repr((mel.tree(), self.frames, [part.tolist() for part in parts])).encode())
        for array in arrays:
            digest.update(array.astype("<i2").data)
        skipped = tuple(each for side in sides for each in side.skipped)
        return Dataset(
            train, validation, test, digest.hexdigest(), skipped=skipped, notes=tuple(notes), facts={"mel": mel.tree()}
        )


class Kept(NamedTuple):
    path: Path
    sound: Samples
    rate: int
    split: int
    """What its folder says: 0 nothing, 1 validation, 2 test."""


class Raw(NamedTuple):
    kept: list[Kept]
    skipped: list[Skipped]


def _bare(sound: Samples, rate: int, wanted: int, trim: float | None) -> Whole:
    """(1, T) at another rate, without silent ends where that is asked for, at the level of training."""
    if rate != wanted:
        try:
            sound = resample(torch.from_numpy(sound.astype(np.float32)), rate, wanted).numpy()
        except ValueError as error:
            raise ConfigError(f"domain.rate: {error}") from None
    if trim is not None:
        sound = trimmed(sound, trim, wanted)
    return sixteen(sound * np.float32(PEAK / max(float(np.abs(sound).max()), 1e-9)))
