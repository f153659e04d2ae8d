"""One shard -> its pictures as an array, or as an array file in the cache."""

import os
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as PILImage

from ....settings import DataError, Settings, printable
from ...base import Indices, Raw
from ..decode import Decoded, Unreadable, decode, probe
from ..resize import Plan, Reshape, background_colour, conform, resized
from .index import shown
from .open import Tell, local
from .tar import Broken, Counted, Entry, records

PART, LABELS = ".part", ".labels"


class Job(Settings):
    """Everything that decides what a shard becomes."""

    place: str = ""
    records: int = 0
    bytes: int = -1
    """Of the whole shard; -1 where that was never measured."""
    sha256: str = ""
    plan: Plan
    reshape: Reshape
    background: str | tuple[int, ...]
    pixel_limit: int
    strict: bool
    retries: int
    spool: str
    """Folder for a shard that is fetched from elsewhere."""
    into: str = ""
    """Path of the array file, without its suffix, that a worker writes."""


class Unpacked(NamedTuple):
    """x (N, H, W, C) uint8 or uint16, which may be a memory map, and labels (N,), -1 where there is none."""

    x: Raw
    labels: Indices


def room(job: Job, count: int) -> Raw:
    """An array for so many pictures."""
    plan = job.plan
    return np.empty((count, plan.height, plan.width, plan.channels), np.uint16 if plan.bits == 16 else np.uint8)


def unpack(job: Job, tell: Tell, rows: Indices | None = None) -> Unpacked:
    """Decode a shard, or only some rows of it, in rising order.

    A shard that is read whole is compared with its seal. A picture that cannot be read gives its place to the one
    before it. Raises DataError in one line naming the shard when it is missing, damaged, or not what it was.
    """
    wanted = None if rows is None else set(rows.tolist())
    count = job.records if rows is None else len(rows)
    x = room(job, count)
    labels = np.full(count, -1, np.int64)
    bad: list[tuple[int, str]] = []
    picture = _Picture(job)
    place = at = -1
    try:
        with local(job.place, Path(job.spool), job.retries, tell) as path, path.open("rb") as file:
            _check_bytes(job, path.stat().st_size)
            counted = Counted(file, hashing=bool(job.sha256) and rows is None)
            for place, entry in enumerate(records(counted, lambda row: wanted is None or row in wanted)):
                if (wanted is not None and place not in wanted) or place >= job.records:
                    continue
                at += 1
                labels[at] = entry.label
                try:
                    x[at] = picture(entry)
                except Unreadable as reason:
                    bad.append((at, f"{printable(entry.key)}: {reason}"))
                if wanted is not None and at + 1 == count:
                    break
            else:
                _check_whole(job, place + 1, counted)
    except Broken as error:
        raise _damaged(job, str(error)) from None
    except FileNotFoundError:
        raise DataError(
            f"{shown(job.place)}: this shard is missing; put it back, and the same command goes on"
        ) from None
    except OSError as error:
        raise DataError(f"{shown(job.place)}: cannot be read ({error.strerror or error}); put it back") from None
    _fill(job, x, labels, bad, tell)
    return Unpacked(x, labels)


def unpack_into_file(job: Job, tell: Tell) -> None:
    """Leave the shard as `job.into`.npy and its labels beside it; where they are there already, nothing is done."""
    target = Path(f"{job.into}.npy")
    with _Alone(Path(f"{job.into}.lock")):
        if target.exists():
            return
        x, labels = unpack(job, tell)
        part = target.with_name(f"{target.name}.{os.getpid()}{PART}")
        try:
            # Written, not mapped: on a full disk writing says so, and touching a mapped page is fatal.
            with part.open("wb") as file:
                np.lib.format.write_array(file, x, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            np.save(f"{job.into}{LABELS}.npy", labels)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)


class _Picture:
    """An entry's bytes -> the picture as it is kept."""

    def __init__(self, job: Job):
        self.job, self.background = job, background_colour(job.background)
        plan = job.plan
        self.shape, self.deep = (plan.height, plan.width, plan.channels), plan.bits == 16
        self.plain = {"L": (1, "L"), "RGB": (3, "RGB")}.get(plan.mode, (0, ""))[1] if plan.bits == 8 else ""

    def __call__(self, entry: Entry) -> Raw:
        """Raises Unreadable."""
        if entry.kind == "npy":
            decoded = Decoded(_array(entry.picture))
        elif self.job.sha256 and self.plain and (quick := self._quick(entry.picture)) is not None:
            return quick
        else:
            probe(entry.picture, self.job.pixel_limit)
            decoded = decode(entry.picture)
        plan = self.job.plan
        alpha = decoded.alpha and plan.channels in (2, 4)
        try:
            pixels = conform(decoded, plan, self.background)
        except DataError as error:
            raise Unreadable(str(error)) from None
        if pixels.dtype == np.uint16 and not self.deep:
            pixels = (pixels >> 8).astype(np.uint8)
        return resized(pixels, plan, self.job.reshape, alpha)

    def _quick(self, data: bytes) -> Raw | None:
        """The pixels of a PNG that is just as wanted: the shard's seal has vouched for what a decoder would check."""
        try:
            with PILImage.open(BytesIO(data), formats=("PNG",)) as picture:
                if picture.mode != self.plain or (*picture.size[::-1], len(picture.getbands())) != self.shape:
                    return None
                if "transparency" in picture.info:
                    return None
                return np.asarray(picture).reshape(self.shape)
        except Exception:  # whatever it is, the careful way finds the word for it
            return None


def _array(data: bytes) -> Raw:
    try:
        array = np.load(BytesIO(data), allow_pickle=False)
    except Exception as error:  # numpy's header parser lets many kinds through
        raise Unreadable(f"no NumPy array ({(str(error).splitlines() or ['?'])[0]})") from None
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3) or array.dtype not in (np.uint8, np.uint16):
        raise Unreadable("wanted an array (H, W, C) of uint8 or uint16")
    return array if array.ndim == 3 else array[..., None]


def _check_bytes(job: Job, size: int) -> None:
    if job.bytes >= 0 and size != job.bytes:
        raise _damaged(job, f"is {'empty' if not size else f'{size:,} bytes long'} instead of {job.bytes:,} bytes")


def _check_whole(job: Job, found: int, file: Counted) -> None:
    if found != job.records:
        raise _damaged(job, f"holds {found:,} records instead of {job.records:,}")
    if job.sha256 and file.sha256 and file.sha256 != job.sha256:
        raise _damaged(job, "has other bytes than the index says (SHA-256)")


def _damaged(job: Job, what: str) -> DataError:
    return DataError(f"{shown(job.place)}: this shard {what}; restore it, and the same command goes on")


def _fill(job: Job, x: Raw, labels: Indices, bad: list[tuple[int, str]], tell: Tell) -> None:
    """The order of a run counts every record, so one that cannot be read is not taken out but replaced."""
    if not bad:
        return
    first = f"{shown(job.place)}/{bad[0][1]}"
    if job.strict:
        raise DataError(f"{first} (1 of {job.records})")
    broken = {row for row, _ in bad}
    good = [row for row in range(len(x)) if row not in broken]
    if not good:
        raise DataError(f"{first}; nor can any other picture of this shard be read; restore it")
    for row in sorted(broken):
        other = next((each for each in range(row - 1, -1, -1) if each not in broken), good[0])
        x[row], labels[row] = x[other], labels[other]
    tell(f"{first}; {len(bad)} of {len(x)} pictures left out there, others stand in for them (--strict to stop)")


class _Alone:
    """While entered, no other process has entered the same path: ranks on one machine decode each shard once."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> None:
        self.file = self.path.open("wb")
        try:
            import fcntl  # noqa: PLC0415  exists on POSIX only

            fcntl.flock(self.file.fileno(), fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass  # then a shard may be decoded twice, no more

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)
