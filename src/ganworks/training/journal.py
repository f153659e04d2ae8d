"""The journal of a run: one JSON line an event, appended; a line cut by a kill costs that line and no other."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..settings import CheckpointError
from .folder import Notify, log, write_atomic

Entry = dict[str, Any]
RELIVED = ("step", "preview", "judged", "remedy", "verdict")


class Journal:
    """Appends to `path`. A journal that cannot be written is reported once and never stops training.

    writes: False in a process that shares a run and leaves its journal to another.
    """

    def __init__(self, path: Path, notify: Notify = log, writes: bool = True):
        self.path, self._notify, self._writes = path, notify, writes
        self._silent = False
        self._torn = self._ends_torn()

    def write(self, kind: str, /, **values: Any) -> None:
        """One line of plain values; NaN and infinities are written as the texts "nan", "inf", "-inf".

        Raises TypeError for a tensor or any other value that is not plain.
        """
        if "kind" in values or "time" in values:
            raise TypeError("the journal writes kind and time itself; name the value otherwise")
        entry = {"kind": kind, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        entry |= {name: _plain(value, name) for name, value in values.items()}
        # ASCII, so that names of files that are no valid Unicode can be written; one call, so that lines stay whole.
        line = json.dumps(entry, allow_nan=False).encode() + b"\n"
        self._attempt(lambda: self._append(line))

    def rewind(self, samples: int) -> None:
        """Forget the steps, previews and judgements beyond `samples`: a resumed run will live them again."""
        self._attempt(lambda: self._rewind(samples))

    def _append(self, line: bytes) -> None:
        line = b"\n" + line if self._torn else line
        self._torn = True  # Until the whole line is known to be there.
        # Opened each time: nothing to close, and a removed journal begins anew instead of filling an unlinked file.
        with self.path.open("ab", buffering=0) as file:
            written = file.write(line)
        if written != len(line):
            raise OSError(f"{written} of {len(line)} bytes written")
        self._torn = False

    def _rewind(self, samples: int) -> None:
        if not self.path.exists():
            return
        lines, kept = self.path.read_bytes().split(b"\n"), []
        for line in lines:
            entry = parse(line)
            if entry is not None and not _is_beyond(entry, samples):
                kept.append(line + b"\n")
        if len(kept) < sum(bool(line) for line in lines):
            write_atomic(self.path, b"".join(kept))
            self._torn = False

    def _ends_torn(self) -> bool:
        try:
            with self.path.open("rb") as file:
                end = file.seek(0, 2)
                file.seek(max(end - 1, 0))
                return file.read(1) not in (b"\n", b"")
        except OSError:
            return False  # None yet; a journal that cannot be read is reported when it is written.

    def _attempt(self, action: Callable[[], None]) -> None:
        if not self._writes:
            return
        try:
            action()
        except (OSError, CheckpointError) as error:
            if not self._silent:
                reason = getattr(error, "strerror", None) or error
                self._notify(f"{self.path} cannot be written: {reason}; training goes on without it")
            self._silent = True


def read(path: Path, notify: Notify = log) -> list[Entry]:
    """The entries of a journal, oldest first; none if there is no file.

    A torn last line is skipped without a word, other lines that are no entries are counted in one line to notify.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(f"{path}: wanted a journal, {error.strerror or error}; check the path") from error
    parsed = [parse(line) for line in lines]
    # What follows the last line end is empty or torn.
    unreadable = sum(entry is None and bool(line) for line, entry in zip(lines[:-1], parsed, strict=False))
    if unreadable:
        notify(f"{path}: {unreadable} of {sum(map(bool, lines))} lines are cut or damaged and were skipped")
    return [entry for entry in parsed if entry is not None]


def verdict_of(folder: Path) -> str:
    """How the run in a folder fares, in a line: its last verdict and the reason; "" when it was never judged."""
    found = [entry for entry in read(folder / "journal.jsonl") if entry["kind"] in ("judged", "verdict")]
    if not found:
        return ""
    last = found[-1]
    best = last.get("best_samples")
    shipped = f"; the model is the one at {best:,} samples" if last["kind"] == "verdict" and best is not None else ""
    return f"verdict: {last.get('verdict')}: {last.get('reason')}{shipped}"


def parse(line: bytes) -> Entry | None:
    """The entry of a line; None where it is none, or was cut."""
    try:
        entry = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("kind"), str) else None


def _is_beyond(entry: Entry, samples: int) -> bool:
    seen = entry.get("samples")
    return entry["kind"] in RELIVED and isinstance(seen, int | float) and seen > samples


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each, f"{name}[{i}]") for i, each in enumerate(value)]
    if isinstance(value, dict):
        return {str(key): _plain(each, f"{name}.{key}") for key, each in value.items()}
    raise TypeError(f"{name} must be a plain value to be written to the journal, got {type(value).__name__}")
