"""The settings of the vocoder domain: recordings, and the mel spectra that sound is to be made from."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from ...settings import DataError
from ...spectra import Mel, resample, usual_window
from ..audio.naming import Shares, split
from ..audio.recordings import Whole, cut, mixed, usable
from ..audio.wav import sixteen
from ..base import Codec, Dataset, Domain, Indices, Notify, Skipped, Stored
from .codec import Spoil, Vocoded
from .sounds import Sounds


class Vocoder(Domain):
    """Recordings, cut into segments; each is the target, its mel spectrum the input."""

    codec: ClassVar[type[Codec]] = Vocoded
    given: ClassVar[Literal["nothing", "pictures"]] = "pictures"

    name: Literal["vocoder"] = "vocoder"
    rate: int | None = Field(default=None, ge=1000, le=384000)
    """Samples a second that all recordings are brought to; without one, that of most of them."""
    window: int | None = Field(default=None, ge=16, le=16384)
    """Samples of a window of the spectrum; without one, the power of two nearest to 46 ms."""
    hop: int | None = Field(default=None, ge=4, le=8192)
    """Samples from one frame to the next; without one, a quarter of the window."""
    bands: int = Field(default=80, ge=4, le=512)
    """Mel bands."""
    low: float = Field(default=0.0, ge=0)
    """Lower edge of the lowest band, in Hz."""
    high: float | None = Field(default=None, gt=0)
    """Upper edge of the highest band, in Hz; without one, half the rate."""
    scale: Literal["slaney", "htk"] = "slaney"
    """Whose mel scale."""
    frames: int = Field(default=32, ge=4, le=4096)
    """Frames of a training segment."""
    gain: float = Field(default=6.0, ge=0, le=60)
    """In training sounds are made up to so many decibels softer, so that a recording's level does not matter."""
    shortest: float = Field(default=0.05, ge=0)
    """Seconds below which a recording is left out."""
    spoil: Spoil = "nothing"
    """What is done to the sound that the spectrum is taken of: nothing for a vocoder; noise, or a low-pass, for a model
    that undoes it."""
    noise: tuple[float, float] = (0.0, 20.0)
    """Signal over noise, in decibels, from and to."""
    cutoff: tuple[float, float] = (0.25, 0.6)
    """Where a low-pass cuts, as a share of half the rate, from and to."""
    split_by: str = ""
    """Regular expression for the part of a name whose recordings stay in one split, such as that of a speaker."""
    test_files: str = ""
    """Regular expression for the names of the test split."""
    validation: float = Field(default=0.05, ge=0, lt=0.5)
    """Share of recordings held out to judge the run by."""
    test: float = Field(default=0.05, ge=0, lt=0.5)
    """Share of recordings held out for evaluation."""

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        place = Path(path).expanduser()
        paths, sounds, rates, skipped, several = self._recordings(place, path, notify, strict)
        mel = self.mel(Counter(rates).most_common(1)[0][0])
        whole = [_at(sound, rate, mel.rate) for sound, rate in zip(sounds, rates, strict=True)]
        notes = [f"{len(whole):,} recordings, {sum(each.shape[1] for each in whole) / mel.rate / 60:.1f} minutes"]
        if set(rates) != {mel.rate}:
            mixture = ", ".join(f"{count:,} of {rate:,} Hz" for rate, count in Counter(rates).most_common())
            notes.append(f"resampled to {mel.rate:,} samples a second (domain.rate): {mixture}")
        if several:
            notes.append(f"{several:,} recordings of several channels were mixed to one")
        digests = [hashlib.sha256(each.tobytes()).digest() for each in whole]
        splits, told = split(paths, digests, Shares(self.validation, self.test), self.split_by, self.test_files)
        return self._dataset(whole, splits, digests, mel, skipped, [*notes, told])

    def fit(self, dataset: Dataset) -> Vocoded:
        mel = Mel.from_tree(dataset.facts["mel"])
        return Vocoded(
            target=Sounds(mel=mel, length=self.frames * mel.hop), mel=mel, gain=self.gain, spoil=self.spoil,
            noise=self.noise, cutoff=self.cutoff,
        )  # fmt: skip

    def mel(self, rate: int) -> Mel:
        """How spectra are computed of recordings that have this rate. Raises ConfigError."""
        rate = self.rate or rate
        window = self.window or usual_window(rate)
        tree: dict[str, object] = {"rate": rate, "window": window, "hop": self.hop or window // 4, "bands": self.bands}
        tree |= {"low": self.low, "scale": self.scale} | ({"high": self.high} if self.high is not None else {})
        return Mel.from_tree(tree, "domain")

    def toy(self, seed: int = 0) -> Dataset:
        """Chirps of three partials at 8 kHz."""
        draw = np.random.default_rng(seed)
        mel, sounds = self.mel(8000), []
        for _ in range(60):
            time = np.arange(mel.hop * self.frames * 3 // 2) / mel.rate
            pitch, slide = draw.uniform(100, 400), draw.uniform(-100, 200)
            phase = 2 * np.pi * (pitch * time + slide * time**2 / 2)
            wave = sum(np.sin(k * phase) / k for k in (1, 2, 3)) * draw.uniform(0.1, 0.4)
            sounds.append(sixteen(np.asarray(wave, np.float32)[None]))
        splits = np.repeat([0, 1, 2], [40, 10, 10]).astype(np.int64)
        return self._dataset(sounds, splits, [each.tobytes() for each in sounds], mel, [], [])

    def _recordings(
        self, place: Path, shown: str, notify: Notify, strict: bool
    ) -> tuple[list[Path], list[Whole], list[int], list[Skipped], int]:
        kept, skipped, several = list[tuple[Path, Whole, int]](), list[Skipped](), 0
        for path, sound, rate in usable(place, shown, self.shortest, notify, strict, skipped):
            several += len(sound) > 1
            kept.append((path, sixteen(mixed(sound, 1)), rate))
        paths, sounds, rates = (list(each) for each in zip(*kept, strict=True))
        return paths, sounds, rates, skipped, several

    def _dataset(
        self,
        sounds: list[Whole],
        splits: Indices,
        digests: list[bytes],
        mel: Mel,
        skipped: list[Skipped],
        notes: list[str],
    ) -> Dataset:
        pieces, _ = cut(sounds, self.frames * mel.hop, "windows")
        array, part = np.ascontiguousarray(pieces.array[:, 0]), splits[pieces.recording]
        rows = [np.flatnonzero(part == number).astype(np.int64) for number in range(3)]
        if not len(rows[0]):
            raise DataError("no recording is left to train on; add some, or hold out fewer")
        recipe = repr((mel.tree(), self.frames, splits.tolist())).encode()
        fingerprint = hashlib.sha256(b"".join([*digests, recipe])).hexdigest()
        train, validation, test = (Stored(array, each) for each in rows)
        return Dataset(
            train, validation, test, fingerprint, skipped=tuple(skipped), notes=tuple(notes), facts={"mel": mel.tree()}
        )


def _at(sound: Whole, rate: int, wanted: int) -> Whole:
    if rate == wanted:
        return sound
    return sixteen(resample(torch.from_numpy(sound.astype(np.float32) / 32768), rate, wanted).numpy())
