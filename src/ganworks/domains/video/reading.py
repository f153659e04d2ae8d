"""Files -> clips: films, animated GIFs, strips, folders of frames, arrays. One bad file costs itself alone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as PILImage

from ...settings import DataError, printable
from ..base import Notify, Raw, Skipped
from ..clips.film import SUFFIXES, Film, Shot, natural
from ..image.decode import Unreadable, decode
from ..image.listing import is_picture

STRIP = 4
"""Times as wide as high a picture is, from which on it is taken for a strip of frames."""
ARRAYS = (".npy", ".npz")


class Found(NamedTuple):
    """One clip as it lies on disk: where, of which class, and how its frames are had."""

    name: str
    folder: str
    """The folder that names its class; empty where there is none."""
    frames: Callable[["Told"], Iterator[Raw]]
    """Frames (H, W, C) uint8; raises Unreadable or DataError."""


class Told(NamedTuple):
    """What reading a clip has to say beside its frames."""

    uneven: list[str]
    """Films whose frame rate varies."""
    damaged: list[Skipped]
    """What was left out of a clip that was kept."""
    rates: list[float]
    """Frames a second, of films that say so."""


class Read(NamedTuple):
    name: str
    folder: str
    frames: list[Raw]


def listed(place: Path, source: str) -> list[Found]:
    """Every clip below a place, in order. `source` is how pictures are to be understood: frames, strips or auto.

    Raises DataError when there is none.
    """
    if not place.exists():
        raise DataError(f"{place}: wanted a folder of clips, a film, a strip or an array, there is none")
    if place.is_file():
        paths = [place]
        if is_picture(place.name) and place.suffix.lower() != ".gif":
            return [_strip(place, "")]
    else:
        paths = sorted((Path(at) / name for at, _, names in os.walk(place) for name in names), key=natural)
    root = place if place.is_dir() else place.parent
    films = [each for each in paths if each.suffix.lower() in (*SUFFIXES, ".gif")]
    if films and source in ("auto", "films"):
        return [_film(each, _class_of(each, root)) for each in films]
    pictures = [each for each in paths if is_picture(each.name)]
    if not pictures:
        raise DataError(f"{place}: wanted films (.mp4, .gif), strips, folders of frames or arrays, found none")
    if source == "auto":
        source = "strips" if all(_is_strip(each) for each in pictures[:: max(1, len(pictures) // 8)]) else "frames"
    if source == "strips":
        return [_strip(each, _class_of(each, root)) for each in pictures]
    folders: dict[Path, list[Path]] = {}
    for each in pictures:
        folders.setdefault(each.parent, []).append(each)
    return [
        Found(str(folder.relative_to(root)), _class_of(folder, root), _pictures(inner))
        for folder, inner in folders.items()
    ]


def read_all(found: list[Found], told: Told, skipped: list[Skipped], strict: bool, most: int, notify: Notify) -> Any:
    """Every clip that can be read, one after the other (Read). At most `most` bytes of frames as they lie on disk.

    Raises DataError for the first bad one with `strict`.
    """
    held = 0
    for number, each in enumerate(found):
        frames: list[Raw] = []
        try:
            for frame in each.frames(told):
                if frames and frame.shape != frames[0].shape:
                    raise DataError(f"frame {len(frames) + 1} is {_by(frame)}, the ones before it {_by(frames[0])}")
                frames.append(frame)
                held += frame.nbytes
                if held > most:
                    raise Full
        except Full:
            told.damaged.append(Skipped(each.name, f"memory for {most / 1e9:g} GB of frames is used up here"))
            yield Read(each.name, each.folder, frames)
            return
        except (Unreadable, DataError, OSError) as error:
            reason = printable(str(error))
            if strict:
                raise DataError(f"{each.name}: {reason}") from None
            if not frames:
                skipped.append(Skipped(each.name, reason))
                continue
            # A film that breaks off is a film up to there.
            told.damaged.append(Skipped(each.name, f"left out from frame {len(frames) + 1} on: {reason}"))
        if frames:
            yield Read(each.name, each.folder, frames)
        else:
            skipped.append(Skipped(each.name, "has no frames in it"))
        if number % 200 == 199:
            notify(f"read {number + 1:,} of {len(found):,} clips")


class Full(Exception):
    """More frames than memory is meant for."""


def _film(path: Path, folder: str) -> Found:
    if path.suffix.lower() == ".gif":
        return Found(path.name, folder, lambda told: _gif(path, told))
    return Found(path.name, folder, lambda told: _shots(path, told))


def _strip(path: Path, folder: str) -> Found:
    return Found(path.name, folder, lambda told: _cut(path))


def _shots(path: Path, told: Told) -> Iterator[Raw]:
    with Film(path) as film:
        told.rates.append(float(film.rate))
        for item in film:
            if isinstance(item, Shot):
                yield item.pixels if item.pixels.dtype == np.uint8 else (item.pixels >> 8).astype(np.uint8)
        if film.uneven:
            low, high = film.uneven
            told.uneven.append(f"{path.name} ({low:.0f} to {high:.0f} ms)")
        if film.damage:
            told.damaged.append(Skipped(path.name, f"kept as far as it goes: {film.damage}"))


def _gif(path: Path, told: Told) -> Iterator[Raw]:
    """Every frame of an animated picture, laid over the ones before it as a browser does."""
    try:
        with PILImage.open(path) as picture:
            times = set()
            for index in range(getattr(picture, "n_frames", 1)):
                picture.seek(index)
                times.add(int(picture.info.get("duration", 100)) or 100)
                grey = picture.mode == "L"
                shown = np.asarray(picture.convert("L" if grey else "RGB"))
                yield shown[..., None] if grey else shown
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise Unreadable(f"damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})") from None
    told.rates.append(1000 / max(times))
    if len(times) > 1:
        told.uneven.append(f"{path.name} ({min(times)} to {max(times)} ms)")


def _cut(path: Path) -> Iterator[Raw]:
    """A strip: square frames side by side."""
    pixels = _opaque(path)
    height, width = pixels.shape[:2]
    if width % height:
        raise DataError(f"{width} pixels wide and {height} high is no strip of square frames; width must be a multiple")
    for left in range(0, width, height):
        yield pixels[:, left : left + height]


def _pictures(paths: list[Path]) -> Callable[[Told], Iterator[Raw]]:
    def frames(told: Told) -> Iterator[Raw]:
        for path in paths:
            try:
                yield _opaque(path)
            except Unreadable as error:
                raise Unreadable(f"{path.name}: {error}") from None

    return frames


def _opaque(path: Path) -> Raw:
    pixels, alpha = decode(path.read_bytes())
    colours = pixels[..., :-1] if alpha else pixels
    return colours if colours.dtype == np.uint8 else (colours >> 8).astype(np.uint8)


def _is_strip(path: Path) -> bool:
    try:
        with PILImage.open(path) as picture:
            return picture.width >= STRIP * picture.height
    except (OSError, ValueError, SyntaxError):
        return True  # it has no say


def _class_of(path: Path, root: Path) -> str:
    """The first folder below the root, of something that lies in one."""
    inner = path.relative_to(root).parts
    return inner[0] if len(inner) > 1 else ""


def _by(frame: Raw) -> str:
    return f"{frame.shape[0]} x {frame.shape[1]} with {frame.shape[2]} channels"
