"""What a domain measures of its own beside what holds for all: plain tables that every report can draw."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from .findings import Finding
from .subject import Notify, Subject


@dataclass(frozen=True)
class Ask:
    """How much evidence is wanted."""

    count: int | None
    """Samples in each set; None for as many as suit."""
    repeats: int
    """Regenerations behind an interval."""
    split: str
    """The split that is scored against: test or validation."""
    learn: bool
    """False: only what takes seconds, as after every training; nothing is learnt for it."""
    notify: Notify


class Evidence(NamedTuple):
    """What a domain found.

    record["tables"] is a list of {"title", "lead", "columns": [str], "rows": [{"name", "line", "values": []}]}, which
    a report draws as it is; record["pictures"] of {"title", "file", "caption"}, files under the run's `samples/`.
    """

    record: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


Kind = Callable[[Subject, Ask], Evidence]


def evidence(subject: Subject, ask: Ask) -> Evidence | None:
    """What this run's domain has to say; None where it measures nothing of its own."""
    place = KINDS.get(subject.model.run.domain.name)
    if place is None:
        return None
    found: Evidence = import_module(f"{__package__}.{place}").evidence(subject, ask)
    return found._replace(record={"name": subject.model.run.domain.name, **found.record})


KINDS = {
    "table": "tables", "series": "series", "grid": "grids", "video": "motion", "audio": "sound", "tokens": "text",
    "molecules": "molecules",
}  # fmt: skip
"""The package of each domain, imported when it is needed: each brings slow libraries."""
