"""The models of a service: those it was told to serve, and the runs of its folder when somebody asks for them."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from ..model import Model
from ..settings import CheckpointError, no_such
from ..training import devices
from ..training.artefact import PAGE
from .errors import LOG, Refused
from .numbers import Numbers
from .served import Client, Served, client
from .settings import Service
from .worker import Worker

__all__ = ["Client", "Hosted", "Served", "client"]

FRESH = 2.0
"""Seconds for which what lies on disk is taken to be as it was."""


class _Kept(NamedTuple):
    served: Served
    seen: tuple[object, ...]
    """What lay on disk when it was loaded."""


class Hosted:
    """Models by name, loaded when first asked for; of those that nobody named, a few at a time."""

    def __init__(self, service: Service, runs: Sequence[str | Path], numbers: Numbers):
        devices.pick(service.device)  # refused here, not when the first model is asked for
        self.service, self.worker = service, Worker(service.limits, numbers)
        self._named: dict[str, Path] = {}
        for run in map(Path, runs):
            self._named[_free(run.resolve().name or "model", self._named)] = run
        self._loader = ThreadPoolExecutor(1, "ganworks-loading")
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._looked: dict[str, float] = {}
        self._lock, self._folders, self._listed = threading.RLock(), dict[str, Path](), -FRESH
        try:
            for name in self._named:
                self.get(name)
        except Refused as refused:
            self.close()
            raise CheckpointError(refused.line) if refused.__cause__ is None else refused.__cause__ from None
        except BaseException:
            self.close()
            raise

    def names(self) -> list[str]:
        """Those of the command line, then the runs of the folder."""
        now = time.monotonic()
        if now - self._listed > FRESH:
            found = sorted(each for each in _children(self.service.runs) if _is_run(each))
            named = {each.resolve() for each in self._named.values()}
            self._folders = {each.name: each for each in found if each.resolve() not in named}
            self._listed = now
        return [*self._named, *(name for name in self._folders if name not in self._named)]

    def folder(self, name: str) -> Path:
        """Where a run lies. A name is only ever looked up, never joined to a path. Raises Refused."""
        if name not in self._named and name not in self._folders:
            self._listed = -FRESH
            if name not in self.names():
                raise Refused(404, no_such("model", name, self.names()))
        return self._named.get(name) or self._folders[name]

    def get(self, name: str) -> Served:
        """A model, loaded if it is not yet, which takes a second or more: from a coroutine, `await open(name)`.

        Of a run that is still training it is the newest checkpoint. Raises Refused, 409 where there is none yet.
        """
        kept = self._kept.get(name)
        if kept is not None and time.monotonic() - self._looked[name] < FRESH:
            return kept.served
        folder = self.folder(name)
        with self._lock:
            kept, seen = self._kept.get(name), _seen(folder)
            self._looked[name] = time.monotonic()
            if kept is None or kept.seen != seen:
                kept = _Kept(self._load(name, folder), seen)
            self._kept[name] = kept
            self._kept.move_to_end(name)
            others = [each for each in self._kept if each not in self._named]
            for each in others[: max(0, len(others) - self.service.limits.models)]:
                del self._kept[each]
            return kept.served

    async def open(self, name: str) -> Served:
        """As `get`, without keeping other requests waiting: while a newer one is loaded, the one at hand answers."""
        kept, now, loop = self._kept.get(name), time.monotonic(), asyncio.get_running_loop()
        if kept is None:
            return await loop.run_in_executor(self._loader, self.get, name)
        if now - self._looked[name] >= FRESH:
            self._looked[name] = now
            loop.run_in_executor(self._loader, self._renew, name)
        return kept.served

    def loaded(self) -> list[Served]:
        return [kept.served for kept in list(self._kept.values())]

    def close(self) -> None:
        self.worker.close()
        self._loader.shutdown(wait=False, cancel_futures=True)

    def _renew(self, name: str) -> None:
        """Look whether there is a newer one; one that cannot be had any more is forgotten, so that asking says why."""
        self._looked[name] = -FRESH
        try:
            self.get(name)
        except Exception as error:  # whoever asks next hears it
            LOG.info("%s is no longer served: %s", name, error)
            self._kept.pop(name, None)

    def _load(self, name: str, folder: Path) -> Served:
        try:
            model = Model.load(folder, self.service.device)
            # What somebody asks for on the way has to be there soon.
            patience = self.service.limits.patience if name in self._named else 0.0
            return Served(name, folder, model, self.worker, self.service, patience)
        except CheckpointError as error:
            raise Refused(409, str(error).replace(str(folder), name)) from error


def _children(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")]
    except OSError:
        return []


def _is_run(folder: Path) -> bool:
    return any((folder / each).is_file() for each in ("run.toml", PAGE, f"model/{PAGE}"))


def _seen(folder: Path) -> tuple[object, ...]:
    """What tells a model on disk from a newer one."""
    pages = [each.stat().st_mtime_ns if each.exists() else 0 for each in (folder / PAGE, folder / "model" / PAGE)]
    newest = max((each.name for each in _children(folder / "checkpoints") if "partial" not in each.name), default="")
    return (*pages, newest)


def _free(name: str, taken: dict[str, Path]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
