"""The room Apply: a picture or a sound somebody brings, through a model that makes another of it."""

import hashlib
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from fastapi import APIRouter, File, Form, Request, UploadFile
from torch import Tensor

from ...application import pictures, reading, writing
from ...application.drawer import Drawer, fitted
from ...application.reading import Picture
from ...application.sound import voice_of
from ...domains.audio.reading import SUFFIXES, read
from ...domains.base import Raw
from ...domains.degraded import read_mask
from ...domains.image.decode import Unreadable, own_pixel_limit, probe
from ...domains.translations import Translations
from ...domains.vocoder import Vocoded, spectrogram, wav
from ...domains.voices import Converted
from ...extras import library
from ...model import Model
from ...provenance import Mark, stamped
from ...settings import ConfigError, DataError
from ...spectra import Mel, resample
from .described import applies
from .marks import marked
from .shown import encoded, png

router = APIRouter(prefix="/api/apply", tags=["studio"])
Tree = dict[str, Any]
HIGH = 96
"""Pixels of a spectrogram's height."""
COST = 1 << 16
"""Bytes of an upload that count in the queue as one sample."""
LONGEST = 120
"""Seconds of a sound that somebody brings."""


@router.post("/{name}")
async def apply(
    request: Request,
    name: str,
    file: Annotated[UploadFile, File()],
    mask: Annotated[UploadFile | None, File()] = None,
    direction: Annotated[Literal["AtoB", "BtoA"] | None, Form()] = None,
) -> Tree:
    """Before and after, ready to be shown; what comes out carries its mark."""
    served = await request.app.state.hosted.open(name)
    most = request.app.state.service.limits.pixels
    brought = await file.read()
    holes = await mask.read() if mask is not None else None
    ending = Path(file.filename or "").suffix.lower()

    told = {"input": hashlib.sha256(brought).hexdigest()} | ({"direction": direction} if direction else {})
    mark = marked(served, None, None, None, told)

    def work(model: Model) -> Tree:
        if isinstance(model.codec, Vocoded | Converted):
            return _heard(model, brought, ending, mark)
        return _seen(model, brought, holes, direction, most, mark)

    found: Tree = await served.run(work, max(1, len(brought) // COST))
    return found


def _seen(model: Model, brought: bytes, holes: bytes | None, direction: Any, most: int, mark: Mark) -> Tree:
    """A picture through a model. Raises DataError or ConfigError in one line."""
    if not isinstance(model.codec, Translations):
        raise ConfigError("this model draws from latents, not from pictures; see it in the room Explore")
    takes = applies(model)
    if takes["takes"] == "film":
        raise ConfigError(takes["line"])
    drawer = Drawer(model, None, direction)
    with tempfile.TemporaryDirectory() as folder:
        picture = _opened(Path(folder) / "picture", brought, most)
        hole = _hole(Path(folder) / "mask", holes, picture, drawer.holes)
        if picture.pixels.shape[0] * picture.pixels.shape[1] * drawer.sides.scale**2 > most:
            raise DataError(
                f"the picture would come out {drawer.sides.scale} times as wide and high, too large; cut it"
            )
        try:
            done = pictures.drawn(drawer, picture, hole)
        except DataError as error:
            raise DataError(f"the picture {error}") from None
    after = stamped(writing.encoded(done, "png"), ".png", mark)
    height, width = done.pixels.shape[:2]
    return {
        "kind": "picture",
        "before": png(_eight(picture)),
        "after": {**encoded(after, "image/png"), "width": width, "height": height},
        "notes": list(picture.notes),
    }


def _opened(path: Path, brought: bytes, most: int) -> Picture:
    """The picture in bytes, counted before it is decoded. Raises DataError."""
    try:
        with own_pixel_limit():
            probe(brought, most)
        path.write_bytes(brought)
        return reading.read(path)
    except Unreadable as error:
        raise DataError(f"wanted a picture, {error}") from None


def _hole(path: Path, brought: bytes | None, picture: Picture, wanted: bool) -> Raw | None:
    """The painted mask (H, W), True in holes. Raises DataError, ConfigError where none is taken."""
    if not wanted:
        if brought is not None:
            raise ConfigError("this model fills no holes; send the picture alone")
        return None
    if brought is None:
        raise ConfigError("this model fills holes; paint over what it shall fill")
    height, width = picture.pixels.shape[:2]
    try:
        with own_pixel_limit():
            probe(brought, height * width)
    except Unreadable as error:
        raise DataError(f"mask: wanted one of the picture's size, {height} x {width}: {error}") from None
    path.write_bytes(brought)
    try:
        return read_mask(path, height, width)
    except DataError as error:
        raise DataError(str(error).replace(str(path), "mask")) from None


def _eight(picture: Picture) -> Raw:
    """Its pixels as a PNG of 8 bits holds them."""
    pixels = writing.shallow(fitted(picture.pixels, 3))
    if picture.alpha is None:
        return pixels
    return np.concatenate([pixels, writing.shallow(picture.alpha)[..., None]], axis=2)


def _heard(model: Model, brought: bytes, ending: str, mark: Mark) -> Tree:
    """A sound through a model that makes it from its spectrum. Raises DataError in one line."""
    if ending not in SUFFIXES:
        raise DataError(f"wanted sound ({' '.join(SUFFIXES)}), got '{ending}'")
    voice = voice_of(model)
    mel = voice.codec.mel
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{ending}"
        path.write_bytes(brought)
        try:
            _check_length(path)
            given, rate = read(path)
            sound, notes = voice.of_sound(path)
        except DataError as error:
            raise DataError(f"the sound: {str(error).removeprefix(f'{path}: ')}") from None
    before = torch.from_numpy(given)
    before = before if rate == mel.rate else resample(before, rate, mel.rate)
    return {
        "kind": "sound",
        "before": _player(before, mel, wav(before, mel.rate)),
        "after": _player(sound, mel, stamped(wav(sound, mel.rate), ".wav", mark)),
        "notes": notes,
    }


def _player(sound: Tensor, mel: Mel, data: bytes) -> Tree:
    """Sound (channels, T) as a file to play and a spectrum to look at."""
    seconds = sound.shape[1] / mel.rate
    return {"sound": encoded(data, "audio/wav"), "picture": png(spectrogram(sound[0], mel, HIGH)), "seconds": seconds}


def _check_length(path: Path) -> None:
    """Raises DataError for sound that is longer than a page may bring, read from the header alone."""
    if path.suffix == ".wav":
        return  # not compressed: the cap on the body is one on its length
    soundfile = library("soundfile", f"{path.suffix} files", "audio")
    try:
        seconds = soundfile.info(str(path)).duration
    except (soundfile.LibsndfileError, RuntimeError):
        raise DataError("no sound that can be decoded") from None
    if seconds > LONGEST:
        raise DataError(f"{seconds:,.0f} s long, a page takes up to {LONGEST} s; use ganworks apply RUN IN OUT")
