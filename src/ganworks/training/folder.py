"""The directory of a run: its places, its lock, its free space, and writing so that a kill leaves old or new."""

import contextlib
import errno
import hashlib
import itertools
import json
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ..settings import CheckpointError

Notify = Callable[[str], None]
log: Notify = logging.getLogger("ganworks").warning
PARTIAL = ".partial-"


class RunFolder:
    """`runs/<name>/` with its subfolders, made on construction.

    Raises CheckpointError in one line when the place cannot be a run directory.
    """

    def __init__(self, path: Path, notify: Notify = log):
        self.path, self._notify = path, notify
        self.samples, self.checkpoints, self.model = path / "samples", path / "checkpoints", path / "model"
        self.journal, self.settings, self.report = path / "journal.jsonl", path / "run.toml", path / "report.html"
        try:
            for folder in (path, self.samples, self.checkpoints, self.model):
                folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            places = (self.samples, self.checkpoints, self.model, path, *path.parents)
            file = next((each for each in places if each.exists() and not each.is_dir()), "something on the way")
            raise CheckpointError(f"{path}: wanted a directory, {file} is a file; choose another --run") from None
        except OSError as error:
            raise write_error(path, error) from error

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for this process; the system lets go of it however the process ends.

        Leftovers of a killed `write_atomic` are removed on entry. Raises CheckpointError naming the holder.
        """
        handle = self._claim()
        try:
            for folder in (self.path, self.samples, self.model):
                for leftover in folder.glob(f"{PARTIAL}*"):
                    with contextlib.suppress(OSError):
                        leftover.unlink()
            yield
        finally:
            with contextlib.suppress(OSError):  # A full disk or a removed directory must not hide the run's own error.
                handle.truncate(0)
            handle.close()

    def check_space(self, needed_bytes: int) -> None:
        """Raises CheckpointError when the volume that holds the run has less than `needed_bytes` free."""
        free = free_bytes(self.path)
        if free < needed_bytes:
            raise CheckpointError(
                f"{self.path} needs {size(needed_bytes)}, its volume has {size(free)} free; "
                "make room, keep fewer checkpoints, or choose another --run"
            )

    def _claim(self) -> BinaryIO:
        path = self.path / ".lock"
        while True:
            try:
                handle = path.open("a+b", buffering=0)
            except OSError as error:
                raise write_error(path, error) from error
            if hasattr(os, "register_at_fork"):
                # A forked data worker shares the lock and would hold it after the trainer was killed.
                os.register_at_fork(after_in_child=handle.close)
            if not _try_lock(handle, self._notify):
                holder = _holder(handle)
                handle.close()
                raise CheckpointError(f"{self.path} is in use by {holder}; choose another --run or stop that one")
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                    break
            handle.close()  # Somebody removed the file between opening and locking: this lock protects nothing.
        with contextlib.suppress(OSError):  # The note is a courtesy, the lock is what counts.
            handle.truncate(0)
            note = {"pid": os.getpid(), "host": socket.gethostname(), "started": time.time()}
            handle.write(json.dumps(note).encode())
        return handle


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a whole file: after a kill or a full disk `path` holds the old bytes or the new ones.

    Links are followed. Raises CheckpointError when the file cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():  # Renaming over a device node would replace the device.
        raise CheckpointError(f"{path}: wanted a file to write, a directory or device is there; choose another name")
    partial = target.with_name(f"{PARTIAL}{os.getpid()}-{next(_serial)}")  # Short: target's name may fill 255 bytes.
    content = data.encode() if isinstance(data, str) else data
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        sync_folder(target.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise write_error(path, error, len(content)) from error
        raise


def write_sealed(path: Path, pieces: Iterable[bytes | memoryview]) -> dict[str, Any]:
    """Write a new file through to the disk; returns its `sha256` and `bytes`. Raises OSError.

    What is hashed is the memory on its way out: reading the file back would cost time and trust the disk.
    """
    seal, count = hashlib.sha256(), 0
    # Hashing takes about as long as writing, and both leave the interpreter to others.
    with path.open("wb", buffering=0) as file, ThreadPoolExecutor(1) as hasher:
        for piece in pieces:
            view = memoryview(piece)
            hasher.submit(seal.update, view)
            count += len(view)
            while view:
                view = view[file.write(view) :]  # The system may take less than all of it.
        os.fsync(file.fileno())
    return {"sha256": seal.hexdigest(), "bytes": count}


def read_sealed(path: Path, seal: Mapping[str, Any]) -> bytes:
    """The content of a file that `write_sealed` wrote. Raises CheckpointError unless it is what was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}; use an older checkpoint") from error
    if len(content) != seal["bytes"] or hashlib.sha256(content).hexdigest() != seal["sha256"]:
        raise CheckpointError(
            f"{path} holds a flipped or truncated file: wanted {seal['bytes']} bytes of one hash, "
            f"got {len(content)} of another; use an older checkpoint"
        )
    return content


def move(source: Path, target: Path) -> None:
    """Rename, again after a short pause where a network file system answers that it is busy."""
    for pause in (0.05, 0.2, 1.0, None):
        try:
            source.rename(target)
            return
        except OSError as error:
            if not source.exists() and target.exists():
                return  # A repeated request reports "no such file" although the first one was carried out.
            if pause is None or error.errno not in _PASSING:
                raise
            time.sleep(pause)


def sync_folder(folder: Path) -> None:
    """Makes renames in the folder survive a power cut."""
    if sys.platform == "win32":
        return  # Directories cannot be opened there; NTFS journals renames.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # Some network file systems have no such call.
            raise
    finally:
        os.close(handle)


def free_bytes(path: Path) -> int:
    """Free bytes on the volume that holds `path`, or will: that of its nearest existing parent."""
    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def write_error(path: Path, error: OSError, needed: int | None = None) -> CheckpointError:
    """The one line for a write that failed; `needed` is the size of what was to be written, in bytes."""
    full = _FULL.get(errno.errorcode.get(error.errno or 0, ""))
    if full:
        wanted = f"needs {size(needed)}, " if needed is not None else ""
        try:
            free = size(free_bytes(path))
        except OSError:
            free = "unknown"
        return CheckpointError(f"{full} on {path}: {wanted}{free} free; make room and run the same command again")
    if error.errno == errno.ENOENT and not path.parent.exists():
        return CheckpointError(f"{path} cannot be written: {path.parent} was removed; run the same command again")
    reason = (error.strerror or str(error)).lower()
    return CheckpointError(f"{path} cannot be written: {reason}; choose another --run or allow writing there")


def _try_lock(handle: BinaryIO, notify: Notify) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  exists on Windows only

            handle.seek(1 << 30)  # That lock also forbids reading, so it lies beyond the note about the holder.
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  exists on POSIX only

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        notify(f"{handle.name}: this file system knows no locks ({error.strerror}); keep other runs off the directory")
    return True


def _holder(handle: BinaryIO) -> str:
    try:
        handle.seek(0)
        note = json.loads(handle.read())
        since = datetime.fromtimestamp(note["started"], UTC).astimezone()
        return f"process {note['pid']} on {note['host']} since {since:%Y-%m-%d %H:%M}"
    except (OSError, ValueError, LookupError, TypeError):
        return "another process"


_serial = itertools.count()
_PASSING = (errno.EBUSY, errno.ESTALE, errno.EAGAIN, errno.EIO)
_FULL = {
    "ENOSPC": "no space left",
    "EDQUOT": "no space left (the disk quota is used up)",
    "EFBIG": "no space left (the limit on the size of a file is reached)",
}
