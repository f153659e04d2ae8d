"""Videos and folders of frames -> clips in three splits, none of which reaches over a cut."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...settings import DataError, printable
from ..base import Dataset, Fetched, Indices, Notify, Raw, Skipped, Source
from ..image.decode import Decoded, Header, Unreadable, content_hash, decode
from ..image.listing import is_picture
from ..image.resize import Plan, background_colour, conform, plan, resized
from ..image.splits import assigned
from .cuts import Cuts
from .film import SUFFIXES, Film, Shot, natural

if TYPE_CHECKING:
    from .domain import Clips

MOST = 20_000
"""Frames that are read; they are held in memory."""
SCENES = 10
"""With fewer scenes than this, stretches of them are what the splits are made of."""
STRETCH = 6
"""Clips of a stretch."""
Frames = Iterator[Raw]


class Sequence(NamedTuple):
    """One video, and how to go through its frames (H, W, C) uint8."""

    name: str
    frames: Callable[[], Frames]


class Windows(Source):
    """Clips of `length` frames, by where they start in one long array of frames (F, H, W, C)."""

    def __init__(self, array: Raw, starts: Indices, length: int):
        self.array, self.starts, self.length = array, starts, length

    def __len__(self) -> int:
        return len(self.starts)

    def fetch(self, indices: Indices) -> Fetched:
        return Fetched(self.array[self.starts[indices][:, None] + np.arange(self.length)])


def films_in(place: Path) -> list[Path]:
    """Files of videos at a place, in order."""
    if place.is_file():
        return [place] if place.suffix.lower() in SUFFIXES else []
    found = (Path(folder) / name for folder, _, names in os.walk(place) for name in names)
    return sorted((each for each in found if each.suffix.lower() in SUFFIXES), key=natural)


def read_films(domain: "Clips", paths: list[Path], notify: Notify, strict: bool) -> Dataset:
    """Raises DataError when no clip could be read."""
    return _read(domain, [Sequence(path.name, lambda path=path: _shots(path)) for path in paths], notify, strict)  # type: ignore[misc]


def read_frames(domain: "Clips", place: Path, notify: Notify, strict: bool) -> Dataset:
    """Every folder below `place` that has pictures in it is a video. Raises DataError when no clip could be read."""
    found = []
    for folder, below, names in os.walk(place):
        below.sort()
        paths = sorted((Path(folder) / each for each in names if is_picture(each)), key=natural)
        if paths:
            found.append(Sequence(Path(folder).name, lambda paths=paths: _pictures(paths)))  # type: ignore[misc]
    if not found:
        raise DataError(f"{place}: wanted folders of frames, found no pictures; set domain.source=auto for videos")
    return _read(domain, found, notify, strict)


def _shots(path: Path) -> Frames:
    with Film(path) as film:
        for item in film:
            if isinstance(item, Shot):
                yield item.pixels if item.pixels.dtype == np.uint8 else (item.pixels >> 8).astype(np.uint8)


def _pictures(paths: list[Path]) -> Frames:
    for path in paths:
        pixels, alpha = decode(path.read_bytes())
        colours = pixels[..., :-1] if alpha else pixels
        yield colours if colours.dtype == np.uint8 else (colours >> 8).astype(np.uint8)


def _read(domain: "Clips", sequences: list[Sequence], notify: Notify, strict: bool) -> Dataset:
    scenes: list[list[Raw]] = []
    skipped: list[Skipped] = []
    shape: Plan | None = None
    notes: list[str] = []
    count = 0
    for sequence in sequences:
        try:
            cuts, first = Cuts(), True
            for pixels in sequence.frames():
                if shape is None:
                    shape, notes = plan(domain, [_header(pixels)])
                if cuts.between(pixels) or first:
                    scenes.append([])
                first = False
                small = conform(Decoded(pixels), shape, background_colour(domain.background))
                scenes[-1].append(np.ascontiguousarray(resized(small, shape, domain.reshape, alpha=False)))
                count += 1
                if count == MOST:
                    break
        except (Unreadable, DataError, OSError) as error:
            if strict:
                raise DataError(f"{sequence.name}: {error}") from None
            skipped.append(Skipped(sequence.name, str(error)))
        notify(f"read {count:,} frames in {len(scenes):,} scenes")
        if count == MOST:
            notes.append(f"only the first {MOST:,} frames were read; they are held in memory")
            break
    whole = [each for each in scenes if len(each) >= domain.frames]
    if shape is None or not whole:
        why = f"; {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"wanted videos with scenes of at least {domain.frames} frames, found none{printable(why)}")
    if len(whole) < len(scenes):
        notes.append(f"{len(scenes) - len(whole)} scenes are shorter than {domain.frames} frames and were left out")
    return _in_splits(domain, whole, shape, notes, skipped)


def _header(pixels: Raw) -> Header:
    height, width, channels = pixels.shape
    return Header(height, width, channels == 3, alpha=False, deep=False, turned=False, animated=False, narrowed=False)


def _in_splits(
    domain: "Clips", scenes: list[list[Raw]], shape: Plan, notes: list[str], skipped: list[Skipped]
) -> Dataset:
    """Whole scenes, or of few scenes stretches, in three splits by the content of their first frame."""
    length = domain.frames
    array = np.concatenate([np.stack(each) for each in scenes])
    units: list[Indices] = []
    begin = 0
    for scene in scenes:
        starts = begin + np.arange(0, len(scene) - length + 1, length)
        parts = 1 if len(scenes) >= SCENES else -(-len(starts) // STRETCH)
        units += np.array_split(starts, parts)
        begin += len(scene)
    hashes = np.frombuffer(b"".join(content_hash(array[each[0]]) for each in units), np.uint8).reshape(-1, 16)
    splits = assigned(hashes, np.full(len(units), -1, np.int8), domain.validation, domain.test)
    if len(scenes) < SCENES:
        notes.append(f"{len(scenes)} scenes are too few to be held out whole: the splits share scenes, by stretches")
    chosen = [[each for each, split in zip(units, splits, strict=True) if split == number] for number in range(3)]
    sources = [Windows(array, np.concatenate([np.empty(0, np.int64), *each]), length) for each in chosen]
    digest = hashlib.sha256(f"{length}{shape.toml()}".encode() + array.tobytes())
    for source in sources:
        digest.update(source.starts.astype("<i8").tobytes())
    facts = {**shape.model_dump(mode="json", exclude={"fitted"}), "records": sum(map(len, sources)), "endless": False}
    found = f"{facts['records']:,} clips of {length} frames from {len(scenes):,} scenes"
    train, validation, test = sources
    return Dataset(
        train, validation, test, digest.hexdigest(), skipped=tuple(skipped), notes=(found, *notes), facts=facts
    )
