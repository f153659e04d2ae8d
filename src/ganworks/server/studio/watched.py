"""How a run fares, as a page shows it: its state, progress and verdict at a glance, and its journal as it grows."""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...report.gather import SEEN, Found, gather
from ...report.words import headline
from ...settings import CheckpointError, printable
from ...training.journal import parse
from ..errors import Refused

Tree = dict[str, Any]
LEVELS = {
    "improving": "good", "converged": "good", "budget-reached": "good", "plateau-unhealthy": "watch",
    "oscillating": "watch", "discriminator-overfitting": "watch", "memorising": "bad", "collapsed": "bad",
    "diverged": "bad",
}  # fmt: skip
"""Verdict -> how much a person should worry."""
ORDER = ("", "good", "watch", "bad")
MOST = 2 << 20
"""Bytes of a journal in one answer."""
TAIL = 16 << 10
"""Bytes of a log that are read for its last lines."""
LINES, EVENTS = 40, 12


class Holder(NamedTuple):
    """Who holds the lock of a run directory."""

    process: int
    here: bool
    """Whether on this machine."""


def holder(folder: Path) -> Holder | None:
    """Who trains this run now, if anybody does.

    The lock itself is tried only when its note names a process that is alive: a trial holds it for a moment, and a
    training that starts in that moment would be refused.
    """
    path = folder / ".lock"
    try:
        note = json.loads(path.read_text())
        process, here = int(note["pid"]), note["host"] == socket.gethostname()
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if here and not (_alive(process) and _locked(path)):
        return None
    return Holder(process, here)


def summary(folder: Path, job: Tree | None) -> Tree:
    """A run in a few plain values; `job` is what the queue knows of it."""
    try:
        found = gather(folder, lambda line: None)
    except CheckpointError:
        return _planned(folder, job)
    told = headline(found)
    last = (found.of("verdict") or found.of("judged") or [{}])[-1]
    domain = found.run.get("domain")
    total, seen = _total(found), _seen(folder, found)
    level, doubt = _well(LEVELS.get(told.verdict, ""), found)
    return {
        "name": folder.name,
        "recipe": str(found.run.get("recipe", "?")),
        "data": printable(Path(str(found.run.get("data", "?"))).name),
        "domain": str(domain.get("name", "?")) if isinstance(domain, dict) else "?",
        "seed": found.run.get("seed", 0),
        "samples": seen,
        "total": total,
        "progress": min(1.0, seen / total) if total else 0.0,
        "verdict": told.verdict,
        "level": LEVELS.get(told.verdict, ""),
        "well": level,
        "doubt": doubt,
        "reason": told.reason,
        "best": last.get("best_samples"),
        "statement": told.statement,
        "rate": _rate(found),
        "grid": (folder / "samples" / "latest.png").is_file(),
        "evaluated": found.evaluation is not None,
        "reported": (folder / "report.html").is_file(),
        "changed": _changed(folder),
        **_state(folder, found, job),
    }


def timeline(folder: Path) -> list[int]:
    """Samples seen at each grid that was drawn, oldest first."""
    with contextlib.suppress(OSError):
        return sorted(int(each.stem) for each in (folder / "samples").glob("*.png") if each.stem.isdecimal())
    return []


def events(found: Found) -> list[Tree]:
    """What happened besides steps, the newest last."""
    shown = []
    for entry in found.events[-EVENTS:]:
        plain = {key: value for key, value in entry.items() if isinstance(value, str | int | float)}
        told = ", ".join(f"{key} {value}" for key, value in plain.items() if key not in ("kind", "time", "sha256"))
        shown.append({"time": str(entry.get("time", "")), "kind": str(entry["kind"]), "told": printable(told)})
    return shown


def journal(folder: Path, cursor: str) -> Tree:
    """Entries of the journal after `cursor`, and the cursor to go on from.

    A resumed run rewinds its journal, which makes a new file: `anew` says that what was seen before is void.
    """
    path = folder / "journal.jsonl"
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            place, _, offset = cursor.partition("-")
            begun = int(offset) if offset.isdecimal() and len(offset) < 19 else 0
            anew = place != str(status.st_ino) or begun > status.st_size
            begun = 0 if anew else begun
            file.seek(begun)
            data = file.read(MOST)
    except FileNotFoundError:
        return {"entries": [], "cursor": "", "anew": bool(cursor)}
    except OSError as error:
        raise Refused(409, f"the journal of {printable(folder.name)} cannot be read: {error.strerror}") from None
    whole = data[: data.rfind(b"\n") + 1]
    found = [each for each in map(parse, whole.split(b"\n")) if each is not None]
    return {"entries": found, "cursor": f"{status.st_ino}-{begun + len(whole)}", "anew": anew}


def last_lines(path: Path, count: int = LINES) -> Sequence[str]:
    """The end of a log, printable; nothing where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [printable(line.rstrip()) for line in text.splitlines() if line.strip()][-count:]


def _state(folder: Path, found: Found, job: Tree | None) -> Tree:
    """A word for where the run is, and a line where something has to be said about it."""
    asked, line = (job["state"], job["line"]) if job else ("", "")
    held = holder(folder)
    if job is not None and asked == "waiting":
        word, line = "waiting", f"number {job['place']} in the queue"
    elif asked == "stopping":
        word, line = asked, "finishing the step and saving"
    elif asked == "running" or held is not None:
        word, line = _going(found, asked == "running", held)
    elif found.finished:
        word, line = "finished", ""
    elif asked == "failed":
        word = asked
    else:
        word, line = "stopped", "stopped and saved; it goes on where it was" if found.entries else ""
    return {"state": word, "line": line}


def _going(found: Found, ours: bool, held: Holder | None) -> tuple[str, str]:
    if found.finished:
        return "evaluating", "trained; a short evaluation and the report follow"
    if ours and held is None:
        return "starting", "reading the data"
    return "training", "" if ours else "started outside of this page"


def _well(verdict: str, found: Found) -> tuple[str, str]:
    """How much to worry about the run as a whole, and the finding that says so: the worst of verdict and evidence."""
    worst, line = verdict, ""
    findings = (found.evaluation or {}).get("findings")
    for each in findings if isinstance(findings, list) else ():
        if not isinstance(each, dict):
            continue
        level = {"warning": "watch", "alarm": "bad"}.get(str(each.get("level")), "good")
        if ORDER.index(level) > ORDER.index(worst):
            worst, line = level, "" if level == "good" else printable(str(each.get("line", "")))
    return worst, line


def _planned(folder: Path, job: Tree | None) -> Tree:
    """What is known of a run that has not begun."""
    job = job or {"state": "failed", "line": "its run.toml cannot be read", "wanted": {}}
    state = {"running": "starting", "done": "stopped"}.get(job["state"], job["state"])
    line = f"number {job['place']} in the queue" if state == "waiting" else job.get("line", "")
    wanted = job["wanted"]
    return {
        "name": folder.name, "recipe": wanted.get("recipe") or "chosen by the data", "domain": "?",
        "data": printable(Path(str(wanted.get("data", "?"))).name), "seed": wanted.get("seed") or 0, "samples": 0,
        "total": 0, "progress": 0.0, "verdict": "not judged", "level": "", "well": "", "doubt": "", "reason": "",
        "best": None, "statement": "", "rate": None, "grid": False, "evaluated": False, "reported": False,
        "changed": _changed(folder), "state": state,
        "line": line or ("reading the data" if state == "starting" else ""),
    }  # fmt: skip


def _total(found: Found) -> int:
    planned = [each["total"] for each in found.entries if isinstance(each.get("total"), int)]
    return planned[-1] if planned else 0


def _seen(folder: Path, found: Found) -> int:
    """Samples seen, by the journal or by a newer checkpoint: a journal has an entry every half a percent of a run."""
    told = [each.get("samples") for each in found.entries if each["kind"] in SEEN]
    with contextlib.suppress(OSError):
        told += [int(each.name[:12]) for each in (folder / "checkpoints").iterdir() if each.name[:12].isdecimal()]
    return max((each for each in told if isinstance(each, int)), default=0)


def _rate(found: Found) -> float | None:
    """Samples a second between the last two entries about steps."""
    steps = [each for each in found.of("step") if isinstance(each.get("seconds"), int | float)][-2:]
    if len(steps) < 2 or steps[1]["seconds"] <= steps[0]["seconds"]:
        return None
    return float((steps[1]["samples"] - steps[0]["samples"]) / (steps[1]["seconds"] - steps[0]["seconds"]))


def _changed(folder: Path) -> float:
    """When anything was last written down, in seconds since 1970."""
    for name in ("journal.jsonl", "run.toml", "studio.json"):
        with contextlib.suppress(OSError):
            return (folder / name).stat().st_mtime
    return 0.0


def _alive(process: int) -> bool:
    if process <= 0 or sys.platform == "win32":  # there, signal 0 would end it
        return process > 0
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _locked(path: Path) -> bool:
    if sys.platform == "win32":
        return True  # the note is removed when the lock is let go
    import fcntl  # noqa: PLC0415  exists on POSIX only

    try:
        with path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
