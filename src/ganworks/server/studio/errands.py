"""Errands: a command of ganworks in a child process, whose answer in JSON the page waits for.

What reads a user's data stays out of the process that serves: a bomb among the files costs a child.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import LOG, Refused
from .watched import last_lines

KEPT, WAITING = 48, 8
"""Answers that are remembered, and errands that may wait."""
LIMIT = 900.0
"""Seconds an errand may take."""
FORGOTTEN = 75.0
"""Seconds without a question after which nobody waits any more; a page in the background asks once a minute."""
ALONE = "nobody waited for it"
ANSWER = "{answer}"
"""In a command, the file that its answer goes to; without it the answer is what it prints."""


@dataclass
class Errand:
    """One command. `state` is waiting, running, done or failed."""

    words: Sequence[str]
    key: str
    state: str = "waiting"
    answer: Any = None
    line: str = ""
    folder: Path | None = None
    child: "subprocess.Popen[bytes] | None" = None
    future: "Future[None] | None" = field(default=None, repr=False)
    heard: float = field(default_factory=time.monotonic)
    """When somebody asked for it last."""


class Errands:
    """One at a time, since each of them takes the whole machine; answers of the newest are kept."""

    def __init__(self, data: Path):
        self.data = data.resolve()
        self._lock = threading.Lock()
        self._errands: OrderedDict[str, Errand] = OrderedDict()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="errand")

    def send(self, words: Sequence[str], key: str = "") -> str:
        """Begin `python -m words` soon. Returns its number: the one of an earlier errand with the same `key`, if given.

        Raises Refused 503 when too many wait.
        """
        with self._lock:
            for number, each in self._errands.items():
                if key and each.key == key and each.state != "failed":
                    each.heard = time.monotonic()
                    return number
            if sum(each.state == "waiting" for each in self._errands.values()) >= WAITING:
                raise Refused(503, "too much waits already; try again in a minute", 30)
            while len(self._errands) >= KEPT:
                self._errands.popitem(last=False)
            number = secrets.token_hex(8)
            errand = self._errands[number] = Errand(words, key)
        errand.future = self._worker.submit(self._run, errand)
        return number

    def told(self, number: str) -> dict[str, Any]:
        """How far it is. Raises Refused 404 for a number that is not known (any more)."""
        errand = self._find(number)
        errand.heard = time.monotonic()
        lines = last_lines(errand.folder / "said", 3) if errand.folder and errand.state == "running" else []
        return {"state": errand.state, "lines": list(lines), "answer": errand.answer, "error": errand.line}

    def answer(self, number: str) -> Any:
        """What a finished errand found. Raises Refused 404 or 409."""
        errand = self._find(number)
        if errand.state != "done":
            raise Refused(409, errand.line or "not ready yet; try again in a moment")
        return errand.answer

    def drop(self, number: str) -> None:
        """Nobody waits for it any more; what is over stays as it is."""
        errand = self._find(number)
        if errand.state in ("done", "failed"):
            return
        errand.key = ""  # whoever asks again begins anew
        errand.line = errand.line or ALONE  # which the worker sees, also when the child is only about to start
        if errand.future is not None and errand.future.cancel():
            errand.state = "failed"

    def close(self) -> None:
        """End what runs and forget what waits."""
        for number in list(self._errands):
            self.drop(number)
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _find(self, number: str) -> Errand:
        with self._lock:
            if number not in self._errands:
                raise Refused(404, "this was asked for too long ago; ask again")
            return self._errands[number]

    def _run(self, errand: Errand) -> None:
        errand.state = "running"
        try:
            with tempfile.TemporaryDirectory(prefix="ganworks-") as name:
                errand.folder = Path(name)
                self._wait(errand, Path(name))
        except Exception:
            LOG.exception("an errand")
            errand.line = "something went wrong here; the service's log has it"
        errand.folder = None
        errand.state = "failed" if errand.line else "done"

    def _wait(self, errand: Errand, folder: Path) -> None:
        answer = folder / "answer.json"
        words = [each.replace(ANSWER, str(answer)) for each in errand.words]
        printed = not any(ANSWER in each for each in errand.words)
        with (folder / "said").open("wb") as said, (folder / "printed").open("wb") as out:
            errand.child = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
            code = _patiently(errand, errand.child)
        if code:
            errand.line = errand.line or _why(folder / "said", code)
            return
        with contextlib.suppress(OSError, ValueError):
            errand.answer = json.loads((folder / "printed" if printed else answer).read_text(encoding="utf-8"))
            return
        errand.line = "no answer could be read; the service's log has more"


def _patiently(errand: Errand, child: "subprocess.Popen[bytes]") -> int:
    """Wait for the child, as long as somebody waits for the errand and it takes no more than LIMIT."""
    begun = time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(0.3)
        now = time.monotonic()
        if now - errand.heard > FORGOTTEN:
            errand.line, errand.key = ALONE, ""
        elif now - begun > LIMIT:
            errand.line = f"this took more than {LIMIT / 60:.0f} minutes; try it on the command line"
        if errand.line:
            child.kill()


def _why(path: Path, code: int) -> str:
    """The one line of a refusal; of what nobody foresaw, nothing."""
    lines = last_lines(path)
    if code == 1 and lines and not any(line.startswith("Traceback") for line in lines):
        return lines[-1]
    LOG.error("an errand ended with code %d: %s", code, " | ".join(lines))
    return "stopped" if code < 0 else "something went wrong here; the service's log has it"
