"""Arrays -> a table, through the cache."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...settings import DataError
from ..base import Notify, Raw
from .arrays import Arrays, chunks, scale_of
from .cache import OFFICIAL, About, Record, Table, Writer, key_of, known_key, load, remember
from .decode import SMALLEST, Decoded, Header, content_hash
from .listing import stamp_of
from .resize import Plan, Reshape, conform, plan, resized

if TYPE_CHECKING:
    from .domain import Image

READING = {"size", "longest", "reshape", "grid", "alpha", "background", "channels", "pixel_limit"}
"""Settings that change what is stored."""
_SECONDS_BETWEEN_LINES = 2.0


def read_arrays(image: "Image", files: Sequence[Path], get: Callable[[], Arrays], notify: Notify) -> Table:
    """Arrays that lie in these files, which are opened only when the cache does not know them. Raises DataError."""
    settings = image.model_dump(mode="json", include=READING)
    stamp = key_of([settings, "arrays", [stamp_of(path) for path in files]])
    table = kept(stamp)
    if table is None:
        key = key_of([settings, "arrays", [(path.name, _sha(path)) for path in files]])
        table = load(key) or store_arrays(image, get(), key, str(files[0]), notify)
        remember(stamp, key)
    return table


def store_arrays(image: "Image", arrays: Arrays, key: str, where: str, notify: Notify) -> Table:
    """Raises DataError when the arrays are not pictures, or differ in size."""
    headers = _array_headers(arrays, where)
    target, notes = plan(image, headers, own_channels=_array_channels(arrays, where))
    scale = scale_of(arrays.parts, where)
    writer = Writer(key, target, notify)
    progress = Progress(notify, sum(len(part.x) for part in arrays.parts))
    try:
        for part in arrays.parts:
            labels = part.labels if part.labels is not None else np.full(len(part.x), -1)
            done = 0
            for run in chunks(part.x, scale):
                pictures = [_stored(each, target, image.reshape) for each in run]
                records = [
                    Record(content_hash(each), int(label), OFFICIAL[part.split])
                    for each, label in zip(run, labels[done:], strict=False)
                ]
                writer.append(np.stack(pictures), records)
                done += len(run)
                progress.advance(len(run))
        labelled = all(part.labels is not None for part in arrays.parts)
        about = About(
            plan=target, classes=arrays.classes, labelled=labelled, notes=(*arrays.notes, *notes), total=progress.total
        )
        return writer.finish(about)
    except BaseException:
        writer.abandon()
        raise


def _stored(pixels: Raw, target: Plan, how: Reshape) -> Raw:
    return resized(conform(Decoded(pixels), target, (0, 0, 0)), target, how, alpha=False)


def _array_headers(arrays: Arrays, where: str) -> list[Header]:
    sides = {part.x.shape[1:3] for part in arrays.parts}
    if len(sides) > 1:
        raise DataError(f"{where}: wanted pictures of one size, got {' and '.join(map(str, sorted(sides)))}")
    if not sum(len(part.x) for part in arrays.parts):
        raise DataError(f"{where}: holds no pictures")
    height, width = sides.pop()
    if min(height, width) < SMALLEST:
        raise DataError(f"{where}: wanted pictures of at least {SMALLEST} x {SMALLEST}, got {height} x {width}")
    deep = arrays.parts[0].x.dtype.newbyteorder("=") == np.uint16
    return [Header(height, width, False, False, deep, False, False, False)]


def _array_channels(arrays: Arrays, where: str) -> int:
    channels = {1 if part.x.ndim == 3 else part.x.shape[3] for part in arrays.parts}
    if len(channels) > 1:
        raise DataError(f"{where}: wanted one number of channels, got {' and '.join(map(str, sorted(channels)))}")
    return int(channels.pop())


def kept(stamp: str) -> Table | None:
    key = known_key(stamp)
    return load(key) if key else None


def _sha(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


class Progress:
    """Tells the watcher now and then how far reading has come."""

    def __init__(self, notify: Notify, total: int, verb: str = "read"):
        self.notify, self.total, self.verb = notify, total, verb
        self.done, self.last = 0, time.monotonic()

    def advance(self, count: int) -> None:
        self.done += count
        if time.monotonic() - self.last > _SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            self.notify(f"{self.verb} {self.done:,} of {self.total:,} pictures")
