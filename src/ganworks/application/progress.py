"""What was written, what was left out, and what the user should know, each said once."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ..domains.base import Notify
from ..model import Model
from ..provenance import CARRIERS, Mark, digest, stamp_all, stamped
from ..settings import DataError, printable
from ..training.folder import write_atomic


class Trouble(NamedTuple):
    """A file that was left out, and why."""

    name: str
    reason: str


class Progress:
    """What was done, what was left out, and what the user should know, each said once."""

    def __init__(self, notify: Notify, strict: bool, model: Model, **asked: str):
        self.notify, self.strict, self.model, self._asked = notify, strict, model, asked
        self.written: list[Path] = []
        self._unmarked: list[tuple[Path, Mark]] = []
        self.troubles: list[Trouble] = []
        self._notes: Counter[str] = Counter()
        self._drawn = 0

    def write(self, target: Path, data: bytes, source: Path) -> None:
        """Write what was made of a source, with a mark that says so."""
        target.parent.mkdir(parents=True, exist_ok=True)
        mark = self._mark(source)
        if inside := target.suffix.lower() in CARRIERS:
            data = stamped(data, target.suffix, mark, self.model.marking.producer)
        write_atomic(target, data)
        self.written.append(target)
        if not inside:
            self._unmarked.append((target, mark))

    def placed(self, target: Path, source: Path) -> None:
        """What was made of a source stands there already; it gets its mark at the end."""
        self.written.append(target)
        self._unmarked.append((target, self._mark(source)))

    def _mark(self, source: Path) -> Mark:
        return self.model.mark(None, None, input=digest(source), **self._asked)

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
        """Mark what is not marked yet, and say what was found. Raises DataError when all files were left out."""
        stamp_all(self._unmarked, self.model.marking.producer)
        if self.troubles and not self.written:
            more = f" (and {len(self.troubles) - 1} more)" if len(self.troubles) > 1 else ""
            raise DataError(f"{self.troubles[0].reason}{more}")
        for line, times in self._notes.items():
            self.notify(line if self._drawn == 1 else f"{line} ({times} of {self._drawn})")
