"""Training from the page: one child process at a time, the others in a queue that outlives the service."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import Field

from ...settings import CheckpointError, ConfigError, Settings
from ...training.folder import write_atomic
from ..errors import LOG, Refused
from .places import JOB, data_path, new_name
from .watched import holder, last_lines

OUTPUT, QUEUE = "studio.log", ".studio.json"
TICK, PATIENCE = 0.3, 15.0
"""Seconds between two looks at the child, and those it has to save when the service ends."""
STOPPED = (0, 130, 143, -signal.SIGINT, -signal.SIGTERM)


class Wanted(Settings):
    """A training as somebody asked for it on the page."""

    name: str
    """Of the run's folder."""
    data: str
    """A built-in name, or a path below the data folder."""
    recipe: str | None = None
    """By default the one that fits the data."""
    minutes: float | None = Field(default=None, gt=0, le=10_000_000)
    """Of training."""
    samples: int | None = Field(default=None, gt=0)
    """To see, in place of minutes."""
    seed: int | None = Field(default=None, ge=0)
    """Of every random choice."""
    settings: tuple[str, ...] = Field(default=(), max_length=500)
    """`a.b=c`, laid over the recipe."""
    evaluate: bool = True
    """Whether it ends with a short evaluation and a report."""

    def words(self, folder: Path, root: Path) -> list[str]:
        """The command line, each word an argument of its own: no shell ever reads it. Raises ConfigError."""
        named = {"recipe": self.recipe, "minutes": self.minutes, "samples": self.samples, "seed": self.seed}
        words = [f"--{name}={value}" for name, value in named.items() if value is not None]
        words += [f"--set={each}" for each in checked(self.settings)]
        words += [] if self.evaluate else ["--no-evaluate"]
        return ["train", *words, f"--run={folder}", "--", data_path(root, self.data)]


def checked(settings: tuple[str, ...]) -> tuple[str, ...]:
    """Settings as the page may give them. Raises ConfigError for one that names a file outside of the data folder."""
    for each in settings:
        text = each.partition("=")[2].strip().strip("\"'")
        if text.startswith(("/", "~", "file:")) or ".." in Path(text).parts or ":/" in text or ":~" in text:
            raise ConfigError(f"{each.partition('=')[0]}: a file is named from the data folder on, got '{text}'")
    return settings


class Jobs:
    """The queue. Its state lies in the folder of runs, so a service that starts again finds it."""

    def __init__(self, runs: Path, data: Path):
        self.runs, self.data = runs.resolve(), data.resolve()
        self._lock = threading.RLock()
        self._waiting: list[str] = []
        self._child: tuple[str, subprocess.Popen[bytes]] | None = None
        self._elsewhere: set[str] = set()
        """Runs that were begun by a service that died, and go on without it."""

    def find(self) -> None:
        """Take up what an earlier service left: what waited waits again, what ran is stopped or still runs.

        What waits is told by a file of the folder of runs: a run directory that came from elsewhere starts nothing.
        """
        for path in self.runs.glob(f"*/{JOB}"):
            job = _read(path)
            if job is not None and job["state"] in ("running", "stopping"):
                if holder(path.parent) is None:
                    self._note(path.parent, state="stopped")
                else:
                    self._elsewhere.add(path.parent.name)
        try:
            named = json.loads((self.runs / QUEUE).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return
        known = {path.parent.name for path in self.runs.glob(f"*/{JOB}")}
        with self._lock:
            self._waiting = (
                [each for each in named if isinstance(each, str) and each in known] if isinstance(named, list) else []
            )

    def of(self, folder: Path) -> dict[str, Any] | None:
        """What the queue knows of a run: state, line, wanted, place in the queue; None where it was not begun here."""
        job = _read(folder / JOB)
        if job is None:
            return None
        with self._lock:
            waits = folder.name in self._waiting
            place = self._waiting.index(folder.name) + 1 if waits else 0
        return {**job, "place": place, "state": "waiting" if waits else job["state"]}

    def waiting(self) -> list[str]:
        with self._lock:
            return list(self._waiting)

    def submit(self, wanted: Wanted) -> Path:
        """Queue a new run and return its folder. Raises ConfigError, or Refused 409 where the name is taken."""
        folder = self.runs / new_name(wanted.name)
        wanted.words(folder, self.data)  # what cannot be spelled is refused before anything is made
        self.runs.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir()
        except FileExistsError:
            raise Refused(
                409, f"a run '{wanted.name}' is there already; choose another name, or resume that one"
            ) from None
        self._note(folder, state="waiting", wanted=wanted.tree(), at=time.time(), line="")
        self._queue(folder.name)
        return folder

    def resume(self, folder: Path) -> None:
        """Queue a run again: it goes on where it stopped. Raises Refused 409 while it runs or waits."""
        with self._lock:
            if folder.name in self._waiting or self._runs(folder.name) or holder(folder) is not None:
                raise Refused(409, f"{folder.name} runs or waits already")
            job = _read(folder / JOB) or {"wanted": {}}
            self._note(folder, state="waiting", wanted=job["wanted"], at=time.time(), line="")
            self._queue(folder.name)

    def stop(self, folder: Path) -> None:
        """Take a run out of the queue, or have it finish its step and save. Raises Refused 409 when it does neither."""
        with self._lock:
            if folder.name in self._waiting:
                self._leave_queue(folder.name)
                self._note(folder, state="stopped")
            elif self._runs(folder.name):
                job = _read(folder / JOB)
                if self._child is not None and (job is None or job["state"] != "stopping"):  # twice would be at once
                    self._note(folder, state="stopping")
                    self._child[1].send_signal(signal.SIGINT)
            else:
                self._stop_elsewhere(folder)

    def forget(self, folder: Path) -> None:
        """Remove what a training left that never began. Raises Refused 409 for a run that holds anything."""
        with self._lock:
            if self._runs(folder.name) or (folder / "run.toml").exists():
                raise Refused(409, f"{folder.name} has begun; remove its folder by hand if nobody needs it")
            if folder.name in self._waiting:
                self._leave_queue(folder.name)
            for file in (JOB, OUTPUT, ".lock"):
                (folder / file).unlink(missing_ok=True)
            for each in ("samples", "checkpoints", "model", ""):
                with contextlib.suppress(OSError):  # what is not empty stays
                    (folder / each).rmdir()

    def tick(self) -> None:
        """See whether the child has ended, and start the next one."""
        with self._lock:
            if self._child is not None and (code := self._child[1].poll()) is not None:
                self._ended(self.runs / self._child[0], code)
                self._child = None
            self._elsewhere = {each for each in self._elsewhere if holder(self.runs / each) is not None}
            if self._child is None and not self._elsewhere and self._waiting:
                name = self._waiting[0]
                self._leave_queue(name)
                try:
                    self._child = (name, self._start(self.runs / name))
                except (OSError, ConfigError, CheckpointError) as error:
                    self._note(self.runs / name, state="failed", line=str(error))

    async def keep(self) -> None:
        """Tick until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.tick)
            except Exception:  # a full disk must not end the queue
                LOG.exception("the queue of trainings")
            await asyncio.sleep(TICK)

    def close(self) -> None:
        """Have the child save and end. One that takes too long goes on by itself, and is found again."""
        with self._lock:
            if self._child is None:
                return
            name, child = self._child
            self.stop(self.runs / name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._ended(self.runs / name, child.wait(PATIENCE))
                self._child = None

    def _queue(self, name: str) -> None:
        with self._lock:
            self._waiting.append(name)
            write_atomic(self.runs / QUEUE, json.dumps(self._waiting))

    def _leave_queue(self, name: str) -> None:
        self._waiting.remove(name)
        write_atomic(self.runs / QUEUE, json.dumps(self._waiting))

    def _runs(self, name: str) -> bool:
        return self._child is not None and self._child[0] == name

    def _start(self, folder: Path) -> "subprocess.Popen[bytes]":
        job = _read(folder / JOB) or {"wanted": {}}
        # A run that has settings goes on by them alone, whatever stands in a file of the page's.
        begun = (folder / "run.toml").is_file()
        words = ["train", f"--run={folder}"] if begun else Wanted.from_tree(job["wanted"]).words(folder, self.data)
        self._note(folder, state="running", line="")
        with (folder / OUTPUT).open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "ganworks", *words],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C at the service must not reach it a second time
            )

    def _ended(self, folder: Path, code: int) -> None:
        if code in STOPPED:
            self._note(folder, state="stopped" if code else "done", line="")
            return
        told = last_lines(folder / OUTPUT, 1)
        self._note(folder, state="failed", line=told[0] if told else f"it ended with code {code} and no word")

    def _stop_elsewhere(self, folder: Path) -> None:
        held = holder(folder)
        if held is None:
            raise Refused(409, f"{folder.name} does not run")
        if not held.here:
            raise Refused(409, f"{folder.name} is trained on another machine; stop it there")
        os.kill(held.process, signal.SIGINT)

    def _note(self, folder: Path, **values: Any) -> None:
        job = (_read(folder / JOB) or {"wanted": {}, "at": time.time(), "line": ""}) | values
        write_atomic(folder / JOB, json.dumps(job))


def _read(path: Path) -> dict[str, Any] | None:
    """A file of the queue, leniently: a run directory may come from anywhere."""
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
        state, wanted, line = str(job["state"]), dict(job["wanted"]), str(job.get("line", ""))
        return {"state": state, "wanted": wanted, "at": float(job["at"]), "line": line}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


@contextlib.asynccontextmanager
async def keeping(jobs: Jobs) -> AsyncIterator[None]:
    """While entered, the queue moves; on leaving, the child saves and ends."""
    await asyncio.to_thread(jobs.find)
    task = asyncio.create_task(jobs.keep())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(jobs.close)
