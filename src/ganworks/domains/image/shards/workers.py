"""Shards unpacked ahead of need, by worker processes, into the cache; and what may stay there."""

import os
import queue
import secrets
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import numpy as np

from ....settings import DataError
from ...base import Notify
from ..cache import cache_folder, key_of
from .child import Worker
from .decode import LABELS, PART, Job, Unpacked, unpack, unpack_into_file
from .open import SPOOLED

_STALE_SECONDS = 86_400
_POLL_SECONDS, _IDLE_SECONDS = 0.2, 10.0


def home() -> Path:
    return cache_folder() / "image" / "shards"


class Workshop:
    """Turns jobs into arrays: from the cache, by a worker process each, or in a thread of this one with `workers=0`.

    `cache_bytes` bounds what stays on disk. A data set larger than that keeps its first shards there: to drop the
    oldest, as caches do, would drop each one just before an epoch comes back to it.
    """

    def __init__(self, workers: int, cache_bytes: int, notify: Notify):
        self.workers, self.cache_bytes, self.notify = workers, cache_bytes, notify
        self._queue: queue.SimpleQueue[tuple[Job, Future[Unpacked]]] = queue.SimpleQueue()
        self._threads = 0
        self._told: deque[str] = deque(maxlen=100)
        self._lock = threading.Lock()
        self._size = -1
        self._broken_disk = False

    def begin(self, job: Job) -> "Future[Unpacked]":
        future: Future[Unpacked] = Future()
        with self._lock:
            self._queue.put((job, future))
            if self._threads < max(1, self.workers):
                self._threads += 1
                # Daemons, so that nobody waits at the end for a server that does not answer.
                threading.Thread(target=self._serve, name="shards", daemon=True).start()
        return future

    def wait(self, future: "Future[Unpacked]") -> Unpacked:
        """Raises DataError. Passes on meanwhile what the threads have to tell."""
        while True:
            self.tell()
            try:
                return future.result(_POLL_SECONDS)
            except TimeoutError:
                if future.done() and isinstance(future.exception(), TimeoutError):  # the job's own
                    raise
            finally:
                self.tell()

    def tell(self) -> None:
        """Only the thread that trains speaks to whoever watches."""
        while self._told:
            self.notify(self._told.popleft())

    def some(self, job: Job, rows: np.ndarray) -> Unpacked:
        """Rows of one shard, in rising order: of the array if it is there, else only they are decoded."""
        kept = _kept(_place(job))
        if kept is None:
            return unpack(job, self.notify, rows)
        return Unpacked(kept.x[rows], kept.labels[rows])

    def _serve(self) -> None:
        """Do what is in the queue, with a worker process of this thread's own; leave when there is nothing for long."""
        with Worker([sys.executable, "-m", "ganworks.domains.image.shards.worker"]) as worker:
            while True:
                try:
                    job, future = self._queue.get(timeout=_IDLE_SECONDS)
                except queue.Empty:
                    with self._lock:
                        if self._queue.empty():
                            self._threads -= 1
                            return
                    continue
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    future.set_result(self._made(job, worker))
                except BaseException as error:  # whoever waits for it gets it
                    future.set_exception(error)

    def _made(self, job: Job, worker: Worker) -> Unpacked:
        place = _place(job)
        if (kept := _kept(place)) is not None:
            return kept
        room = self._room(job)
        into = place if room else place.with_name(f"{place.name}-{secrets.token_hex(4)}")
        if not self._broken_disk and self._onto_disk(job.model_copy(update={"into": str(into)}), worker):
            made = _kept(into)
            if not room:  # what is mapped stays readable without its name
                for suffix in (".npy", f"{LABELS}.npy"):
                    with suppress(OSError):
                        into.with_name(into.name + suffix).unlink()
            if made is not None:
                return made
        return unpack(job, self._told.append)

    def _onto_disk(self, job: Job, worker: Worker) -> bool:
        """Whether the array file was written. Raises DataError."""
        try:
            home().mkdir(parents=True, exist_ok=True)
            if not self.workers:
                unpack_into_file(job, self._told.append)
                return True
            kind, line = worker.ask(job.model_dump_json(), self._told.append)
            if kind == "dead":  # killed, as by a system out of memory; a new one may fare better
                kind, line = worker.ask(job.model_dump_json(), self._told.append)
        except OSError as error:
            kind, line = "disk", error.strerror or str(error)
        if kind == "data":
            raise DataError(line)
        if kind != "done":
            self._broken_disk = True
            why = line if kind == "disk" else "the worker that reads them was killed"
            self._told.append(f"{home()}: cannot be written ({why}); shards are unpacked in memory from now on")
        return kind == "done"

    def _room(self, job: Job) -> bool:
        """Whether the cache has room for one shard more, after what nobody has used for a day has gone."""
        plan = job.plan
        needed = job.records * (plan.height * plan.width * plan.channels * plan.bits // 8 + 8)
        with self._lock:
            if self._size < 0:
                self._size = _swept(self.cache_bytes)
            if self._size + needed > self.cache_bytes:
                return False
            self._size += needed
            return True


def _place(job: Job) -> Path:
    """Where the array of a shard is kept, without suffix: what decides its content decides its name."""
    identity = (job.sha256,) if job.sha256 else (job.place, job.bytes)
    known = job.model_dump(mode="json", include={"plan", "reshape", "background", "records"})
    return home() / key_of([*identity, known])[:32]


def _kept(place: Path) -> Unpacked | None:
    path, labels = place.with_name(f"{place.name}.npy"), place.with_name(f"{place.name}{LABELS}.npy")
    try:
        kept = Unpacked(np.load(path, mmap_mode="r", allow_pickle=False), np.load(labels, allow_pickle=False))
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    return kept if len(kept.x) == len(kept.labels) else None


def _swept(limit: int) -> int:
    """Bytes that are kept, after leftovers of killed processes, and, above the limit, what was not used for a day."""
    files = []
    for path in home().glob("*"):
        with suppress(OSError):
            state = path.stat()
            files.append((state.st_mtime, state.st_size, path))
    total, now = sum(size for _, size, _ in files), time.time()
    for used, size, path in sorted(files):
        if now - used < _STALE_SECONDS:
            break
        # Labels are small and are told apart by their array alone, so they go by the same rule.
        if total > limit or path.name.endswith((PART, SPOOLED, ".lock")):
            with suppress(OSError):
                path.unlink()
                total -= size
    return total
