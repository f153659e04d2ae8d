"""What was written, what was left out, and what the user should know, each said once."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ..domains.base import Notify
from ..settings import DataError, printable
from ..training.folder import write_atomic


class Trouble(NamedTuple):
    """A file that was left out, and why."""

    name: str
    reason: str


class Progress:
    """What was done, what was left out, and what the user should know, each said once."""

    def __init__(self, notify: Notify, strict: bool):
        self.notify, self.strict = notify, strict
        self.written: list[Path] = []
        self.troubles: list[Trouble] = []
        self._notes: Counter[str] = Counter()
        self._drawn = 0

    def write(self, target: Path, data: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, data)
        self.written.append(target)

    def note(self, *lines: str) -> None:
        """What is worth knowing about one more picture or scan that was drawn, if anything."""
        self._drawn += 1
        self._notes.update(lines)

    def leave_out(self, name: str, reason: str) -> None:
        """Raises DataError with the reason when `strict`."""
        name = printable(name)
        line = reason if reason.startswith(name) else f"{name}: {reason}"
        if self.strict:
            raise DataError(line)
        self.troubles.append(Trouble(name, line))
        self.notify(f"left out {line}")

    def finish(self) -> None:
        """Say what was found. Raises DataError when all files were left out."""
        if self.troubles and not self.written:
            more = f" (and {len(self.troubles) - 1} more)" if len(self.troubles) > 1 else ""
            raise DataError(f"{self.troubles[0].reason}{more}")
        for line, times in self._notes.items():
            self.notify(line if self._drawn == 1 else f"{line} ({times} of {self._drawn})")
