"""Video: the domain. What the user may set, and how clips or volumes become three splits of windows."""

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError
from ..base import Codec, Dataset, Domain, Notify, Raw, Skipped
from ..clips.film import SUFFIXES as FILMS
from ..image.decode import Decoded, Header
from ..image.domain import Image
from ..image.resize import Plan, conform, plan, resized
from ..splits import check_shares
from . import volumes
from .arrays import read_arrays
from .codec import Files, Moving
from .first import learnt
from .reading import ARRAYS, Told, listed, read_all
from .toys import BUILT_IN, made
from .windows import Clip, Windows, cut, long_enough

RATE = 8.0
"""Frames a second where the data says nothing."""


class Video(Domain):
    """Films, animated GIFs, strips, folders of frames, arrays of clips: windows of frames. Or volumes, whole."""

    name: Literal["video"] = "video"
    codec: ClassVar[type[Codec]] = Moving
    source: Literal["auto", "films", "frames", "strips", "volumes"] = "auto"
    """What lies in a folder: films and GIFs; folders of frames, a folder a clip; strips, whose square frames lie side
    by side; or volumes. auto: films where there are some, else strips where pictures are four times as wide as high."""
    frames: int = Field(default=16, ge=2, le=256)
    """Of a window. Of volumes: slices, the first axis, to which they are brought."""
    every: int = Field(default=1, ge=1, le=100)
    """Frames from one frame of a window to its next: 2 leaves out every other."""
    stride: int = Field(default=1, ge=1)
    """Frames from where a window begins to where the next one of its clip does."""
    size: tuple[int, int] | None = None
    """Height and width; unset: the clips' own, if they share one within `longest`."""
    longest: int = Field(default=64, ge=8)
    """Longest side of a size that is chosen from the data."""
    reshape: Literal["crop", "pad", "stretch"] = "crop"
    """How frames of another shape reach the size: cut to their middle, padded from their edge, or stretched."""
    channels: Literal[1, 3] | None = None
    """Unset: 1 where every clip is grey, else 3."""
    condition: Literal["none", "class", "first"] = "none"
    """class: the first folder below the data, or an array's labels; first: the frame that a clip begins with."""
    digits: str | None = None
    """Folder of MNIST's IDX files that the built-in `bouncing` takes its digits from; unset: characters of fonts."""
    count: int = Field(default=20_000, ge=10, le=1_000_000)
    """Clips of the built-in `bouncing`."""
    files: Files = "gif"
    """What generated clips are written as."""
    rate: float | None = Field(default=None, gt=0, le=1000)
    """Frames a second of what is written; unset: the films' own over `every`, or 8."""
    most_bytes: int = Field(default=4_000_000_000, gt=0)
    """Of frames that are held in memory; what comes after is left out."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of the clips, by content, held out to choose checkpoints with."""
    test: float = Field(default=0.1, ge=0, lt=1)
    """Share of the clips, by content, held out to be scored once."""

    @model_validator(mode="after")
    def _something_left_to_train_on(self) -> Self:
        check_shares(self.validation, self.test)
        if self.size and min(self.size) < 8:
            raise ValueError(f"size must be a height and a width of at least 8, got {list(self.size)}")
        if self.digits is not None and not self.digits.strip():
            raise ValueError("digits must be a folder of IDX files")
        return self

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """`bouncing`, or a folder with two films or GIFs in it or in the folders below; pictures may be anything."""
        if str(path) == BUILT_IN:
            return True
        if not path.is_dir():
            return path.suffix.lower() == ".gif" and path.is_file()
        names = [each.name.lower() for each in _few(path)]
        return sum(name.endswith((*FILMS, ".gif")) for name in names) >= 2 and len(names) > 0

    @property
    def conditional(self) -> bool:
        return self.condition != "none"

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path`: a folder, a film, a strip, an array, a volume; or `bouncing`, digits between walls."""
        if path == BUILT_IN and not Path(path).exists():
            return self._made(0)
        place = Path(path).expanduser()
        skipped: list[Skipped] = []
        if found := _volumes(place, self.source):
            return self._of_volumes(found, skipped, strict)
        if place.suffix.lower() in ARRAYS and place.is_file():
            held = read_arrays(place, self.most_bytes)
            headers = [_header(held.clips[0].frames[0])]
            shape, notes = plan(self._pictures(), headers, 3 if headers[0].colour else 1)
            clips = [each._replace(frames=self._sized(each.frames, shape)) for each in held.clips]
            return self._dataset(clips, held.classes, shape, notes, skipped, strict, {"box": held.box})
        return self._of_files(place, notify, skipped, strict)

    def fit(self, dataset: Dataset) -> Moving:
        facts, train = dataset.facts, dataset.train
        assert isinstance(train, Windows)
        shares: tuple[float, ...] = ()
        if self.condition == "class":
            if not dataset.classes:
                raise DataError(
                    "domain.condition=class wants a folder a class, or an array with labels; these clips have neither"
                )
            counts = np.bincount(train.labels, minlength=len(dataset.classes)) + 1e-9
            shares = tuple(float(each) for each in counts / counts.sum())
        first = None
        if self.condition == "first":
            first = learnt(train.array[train.starts[train.spread(1000)]])
        _, height, width, channels = train.array.shape
        return Moving(
            channels=channels, frames=train.length, height=height, width=width, mode="L" if channels == 1 else "RGB",
            rate=self.rate or facts.get("rate", RATE) / self.every, files=self.files, classes=dataset.classes,
            shares=shares, first=first, **facts.get("volumes", {}),
        )  # fmt: skip

    def toy(self, seed: int = 0) -> Dataset:
        small = {"size": (16, 16), "frames": 8, "count": 60}
        return self.model_copy(update=small)._made(seed)

    def _made(self, seed: int) -> Dataset:
        size = self.size or (32, 32)
        if size[0] != size[1]:
            raise ConfigError(f"bouncing is drawn in squares, got size={list(size)}; set domain.size=[32, 32]")
        clips, box, classes = made(self.count, self.frames * self.every, size[0], self.digits, seed)
        shape = Plan(fitted=size, height=size[0], width=size[1], channels=1, bits=8, mode="L")
        note = f"digits thrown between walls, in a box of {box} pixels; made, not read"
        return self._dataset(clips, classes, shape, [note], [], False, {"box": box})

    def _of_files(self, place: Path, notify: Notify, skipped: list[Skipped], strict: bool) -> Dataset:
        told = Told([], [], [])
        clips: list[Clip] = []
        folders: list[str] = []
        shape: Plan | None = None
        notes: list[str] = []
        sizes: set[tuple[int, ...]] = set()
        for each in read_all(listed(place, self.source), told, skipped, strict, self.most_bytes, notify):
            sizes.add(each.frames[0].shape[:2])
            if shape is None:
                shape, notes = plan(self._pictures(), [_header(each.frames[0])])
            clips.append(Clip(each.name, self._sized(np.stack(each.frames), shape)))
            folders.append(each.folder)
        if shape is None:
            why = f"; {skipped[0].name}: {skipped[0].reason}" if skipped else ""
            raise DataError(f"{place}: no clip could be read{why}")
        classes = tuple(sorted(set(folders)))
        classes = classes if len(classes) > 1 else ()
        if classes:
            clips = [each._replace(label=classes.index(own)) for each, own in zip(clips, folders, strict=True)]
        if len(sizes) > 1:
            notes.append(f"clips of {len(sizes)} sizes; all were brought to {shape.height} x {shape.width}")
        if told.uneven:
            notes.append(f"{len(told.uneven)} films of uneven frame rate, taken frame by frame: {told.uneven[0]}")
        skipped += told.damaged
        facts: dict[str, Any] = {"rate": float(np.median(told.rates))} if told.rates else {}
        return self._dataset(clips, classes, shape, notes, skipped, strict, facts)

    def _of_volumes(self, paths: list[Path], skipped: list[Skipped], strict: bool) -> Dataset:
        if self.condition == "first":
            raise ConfigError("volumes have no first frame; set domain.condition=none or class")
        side = self.size or (32, 32)
        found = volumes.read_volumes(paths, (self.frames, *side), skipped, strict)
        clips = [Clip(name, each) for name, each in zip(found.names, found.volumes, strict=True)]
        shape = Plan(fitted=side, height=side[0], width=side[1], channels=1, bits=16, mode="L")
        nifti = paths[0].suffix.lower() != ".npy"
        about = {"kind": "volumes", "low": found.low, "high": found.high, "spacing": found.spacing, "nifti": nifti}
        note = f"volumes from {found.low:g} to {found.high:g}, axes as the files have them"
        return self._dataset(clips, (), shape, [note], skipped, strict, {"volumes": about})

    def _dataset(
        self, clips: list[Clip], classes: tuple[str, ...], shape: Plan, notes: list[str], skipped: list[Skipped],
        strict: bool, facts: dict[str, Any],
    ) -> Dataset:  # fmt: skip
        every = 1 if "volumes" in facts else self.every
        kept = long_enough(clips, self.frames, every, skipped, strict)
        words = hashlib.sha256(f"{shape.toml()} {classes}".encode()).hexdigest()
        found = cut(kept, self.frames, every, self.stride, (self.validation, self.test), words)
        train, validation, test = found.splits
        what = "volumes" if "volumes" in facts else "clips"
        note = (
            f"{len(train):,} windows of {self.frames} x {shape.height} x {shape.width} to train on, "
            f"from {len(kept):,} {what}"
        )
        return Dataset(
            train, validation, test, found.fingerprint, classes=classes, skipped=tuple(skipped),
            notes=(note, *notes, *found.notes), facts=facts,
        )  # fmt: skip

    def _pictures(self) -> Image:
        """Frames are brought to size as pictures are, cut where networks could not draw them."""
        return Image(size=self.size, longest=self.longest, reshape=self.reshape, channels=self.channels, grid="crop")

    def _sized(self, frames: Raw, shape: Plan) -> Raw:
        if frames.shape[1:] == (shape.height, shape.width, shape.channels):
            return frames
        done = [resized(conform(Decoded(each), shape, (0, 0, 0)), shape, self.reshape, alpha=False) for each in frames]
        return np.ascontiguousarray(np.stack(done))


def _header(pixels: Raw) -> Header:
    height, width, channels = pixels.shape
    return Header(height, width, channels >= 3, alpha=False, deep=False, turned=False, animated=False, narrowed=False)


def _few(path: Path) -> list[Path]:
    """What lies in a folder, and in the first folders in it."""
    inner = sorted(path.iterdir())[:50]
    return inner + [each for folder in inner[:20] if folder.is_dir() for each in sorted(folder.iterdir())[:5]]


def _volumes(place: Path, source: str) -> list[Path]:
    if source not in ("auto", "volumes"):
        return []
    if place.is_file():
        return [place] if volumes.is_volume(place) else []
    return [each for each in sorted(place.rglob("*")) if volumes.is_volume(each)] if place.is_dir() else []
