"""What a run directory says about itself, read leniently: a run of any state, age or size has a report."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..settings import CheckpointError, ConfigError, Tree, read_toml
from ..training import journal
from ..training.journal import Entry

Notify = Callable[[str], None]
PASSING = ("step", "judged", "preview")
"""Entries that are plotted; the others are told one by one."""
SEEN = ("begun", "resumed", "step", "preview", "judged", "finished", "went back")
"""Entries whose `samples` are those the generator has seen; elsewhere they are what was looked at."""


@dataclass(frozen=True)
class Found:
    """A run directory as it lies on disk."""

    folder: Path
    settings: str
    """run.toml as it is."""
    run: Tree
    entries: Sequence[Entry]
    evaluation: Tree | None
    model: Tree | None
    """model.json, once a run has delivered its model."""
    skipped: Sequence[tuple[str, str]]
    """What was left out of the data: name and reason."""
    audit: Tree | None = None
    """What `ganworks audit` found, if it was asked."""

    def of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["kind"] == kind]

    @property
    def events(self) -> list[Entry]:
        return [entry for entry in self.entries if entry["kind"] not in PASSING]

    @property
    def samples(self) -> int:
        """Samples seen, by the last entry that says so."""
        told = [entry for entry in self.entries if entry["kind"] in SEEN]
        seen = [entry["samples"] for entry in told if isinstance(entry.get("samples"), int)]
        return seen[-1] if seen else 0

    @property
    def finished(self) -> bool:
        """Whether the newest thing that happened is the end."""
        last = [entry["kind"] for entry in self.entries if entry["kind"] in ("finished", "resumed", "begun", "step")]
        return bool(last) and last[-1] == "finished"


def gather(folder: Path, notify: Notify) -> Found:
    """Raises CheckpointError when the folder holds no run."""
    page = folder / "run.toml"
    try:
        text = page.read_text(encoding="utf-8", errors="replace")
        run = read_toml(page)
    except (OSError, ConfigError) as error:
        raise CheckpointError(f"{folder}: wanted a run directory, there is no readable run.toml in it") from error
    return Found(
        folder,
        text,
        run,
        journal.read(folder / "journal.jsonl", notify),
        _page(folder / "evaluation.json", notify),
        _page(folder / "model" / "model.json", notify),
        _skipped(folder / "quarantine.tsv"),
        _page(folder / "audit.json", notify),
    )


def number(value: Any) -> float:
    """The journal writes what is not finite as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _page(path: Path, notify: Notify) -> Tree | None:
    try:
        page = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        notify(f"{path} cannot be read; the report goes on without it")
        return None
    return page if isinstance(page, dict) else None


def _skipped(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [(name, reason) for name, _, reason in (line.partition("\t") for line in lines)]
