"""Very many samples -> shards, each of which is the same whoever makes it, so that many processes may.

What a killed run left whole stays; the index is written anew behind every shard.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ....settings import ConfigError, Settings
from ...base import Notify
from ..build import Progress
from .child import Worker
from .index import INDEX, Shard, ShardIndex, stored
from .tar import PARTIAL

PER_SHARD = 10_000
_POLL_SECONDS = 0.2


class Piece(Settings):
    """One shard to be made: its number, and the samples it holds."""

    number: int
    first: int
    count: int

    @property
    def name(self) -> str:
        return f"{self.number:06d}.tar"


class Made(NamedTuple):
    bytes: int
    sha256: str


@dataclass
class Filling:
    """A folder of shards on its way to hold all of `index.records`."""

    folder: Path
    index: ShardIndex
    missing: list[Piece]

    @classmethod
    def begin(cls, folder: Path, index: ShardIndex, per_shard: int) -> "Filling":
        """Raises ConfigError when the folder holds anything else, or cannot be written."""
        pieces = [
            Piece(number=number, first=first, count=min(per_shard, index.records - first))
            for number, first in enumerate(range(0, index.records, per_shard))
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            done = _there(folder, index, pieces)
            for path in folder.glob(f"{PARTIAL}*"):
                path.unlink()
            index = index.model_copy(update={"complete": False, "shards": tuple(done)})
            index.write(folder)
        except OSError as error:
            raise ConfigError(f"{folder} cannot be written: {error.strerror or error}; choose another place") from None
        names = {shard.name for shard in done}
        return cls(folder, index, [piece for piece in pieces if piece.name not in names])

    def run(self, make: Callable[[Piece], Made], notify: Notify) -> ShardIndex:
        """Make what is missing in this process."""
        progress = self._progress(notify)
        for piece in self.missing:
            self._made(piece, make(piece), progress)
        return self._finished()

    def run_with(self, command: Sequence[str], processes: int, gpu: bool, notify: Notify) -> ShardIndex:
        """Have so many processes make it, which take a Piece a line. Raises ConfigError with what one of them says."""
        progress = self._progress(notify)
        todo: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        for piece in self.missing:
            todo.put(piece)
        answers: queue.SimpleQueue[tuple[Piece, str, str]] = queue.SimpleQueue()
        workers = [Worker(command, gpu) for _ in range(min(processes, len(self.missing)))]
        for worker in workers:
            threading.Thread(target=_ask, args=(worker, todo, answers), daemon=True).start()
        try:
            for _ in range(len(self.missing)):
                piece, kind, line = _next(answers)
                if kind != "done":
                    raise ConfigError(line if kind in ("data", "disk") else _DEAD)
                size, sha256 = line.split()
                self._made(piece, Made(int(size), sha256), progress)
        finally:
            for worker in workers:
                worker.kill()
        return self._finished()

    def _progress(self, notify: Notify) -> Progress:
        progress = Progress(notify, self.index.records, "drew")
        progress.done = sum(shard.records for shard in self.index.shards)
        return progress

    def _made(self, piece: Piece, made: Made, progress: Progress) -> None:
        shard = Shard(name=piece.name, records=piece.count, bytes=made.bytes, sha256=made.sha256)
        self.index = self.index.model_copy(update={"shards": (*self.index.shards, shard)})
        self._write()
        progress.advance(piece.count)

    def _finished(self) -> ShardIndex:
        ordered = tuple(sorted(self.index.shards, key=lambda shard: int(shard.name.partition(".")[0])))
        self.index = self.index.model_copy(update={"complete": True, "shards": ordered})
        self._write()
        return self.index

    def _write(self) -> None:
        try:
            self.index.write(self.folder)
        except OSError as error:
            raise ConfigError(
                f"{self.folder / INDEX} cannot be written: {error.strerror or error}; the same command goes on"
            ) from None


_DEAD = "a process that draws was killed, perhaps for want of memory; lower --processes, and the same command goes on"


def _there(folder: Path, index: ShardIndex, pieces: Sequence[Piece]) -> list[Shard]:
    """The shards of this very making that are whole."""
    before = stored(folder)
    others = [path.name for path in folder.glob("*.tar") if not path.name.startswith(PARTIAL)]
    if before is None:
        if others:
            raise ConfigError(f"{folder}: holds {others[0]} but no {INDEX} that tells what it is; choose another --out")
        return []
    if before.source != index.source:
        raise ConfigError(f"{folder}: holds other shards ({before.source}), not {index.source}; choose another --out")
    if before.records > index.records:
        raise ConfigError(
            f"{folder}: holds shards of {before.records:,} samples, fewer were asked for ({index.records:,}); "
            "choose another --out"
        )
    wanted = {piece.name: piece.count for piece in pieces}
    return [
        shard
        for shard in before.shards
        if wanted.get(shard.name) == shard.records
        and (folder / shard.name).is_file()
        and (folder / shard.name).stat().st_size == shard.bytes
    ]


def _ask(
    worker: Worker, todo: "queue.SimpleQueue[Piece]", answers: "queue.SimpleQueue[tuple[Piece, str, str]]"
) -> None:
    while True:
        try:
            piece = todo.get_nowait()
        except queue.Empty:
            return
        kind, line = worker.ask(piece.model_dump_json(), lambda _: None)
        answers.put((piece, kind, line))
        if kind != "done":
            return


def _next(answers: "queue.SimpleQueue[tuple[Piece, str, str]]") -> tuple[Piece, str, str]:
    while True:  # in short waits, so that a signal is heard
        try:
            return answers.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
