"""report: a run directory -> report.html, self-contained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import __version__
from ..settings import printable
from ..training.folder import log, write_atomic
from . import pictures, plots, words
from .gather import Found, gather
from .sections import sections

EVENTS = 200
"""Events of the journal on the page, the newest; the journal has all."""
SKIPPED = 50


def report(folder: str | Path, notify: Callable[[str], None] = log) -> Path:
    """Write report.html into a run directory, finished or not, and return its path.

    Raises CheckpointError in one line when the folder holds no run or cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  only where a page is made

    folder = Path(folder)
    found = gather(folder, notify)
    environment = Environment(
        loader=PackageLoader("ganworks.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("page.html.j2").render(_context(found))
    path = folder / "report.html"
    # Names of files may hold bytes that are no text in any encoding.
    write_atomic(path, page.encode("utf-8", "backslashreplace").decode())
    return path


def _context(found: Found) -> dict[str, Any]:
    samples = found.folder / "samples"
    evaluation = found.evaluation or {}
    return {
        "version": __version__,
        "folder": printable(found.folder.name),
        "headline": words.headline(found),
        "findings": [
            {"asked": words.ASKED.get(each.get("kind"), ""), **each}
            for each in (*(evaluation.get("findings") or ()), *((found.audit or {}).get("findings") or ()))
        ],
        "strip": pictures.strip(samples),
        "beside": pictures.picture(samples / "real-beside-fake.png"),
        "neighbours": pictures.picture(samples / "neighbours.png"),
        "judgements": pictures.drawing(plots.judgements(found)),
        "curves": pictures.drawing(plots.curves(found)),
        "classes": pictures.drawing(plots.classes(evaluation.get("classes") or {})),
        "metrics": words.rows(evaluation),
        "methods": words.methods(evaluation),
        "sections": sections(found),
        "restored": pictures.picture(samples / "restored.png"),
        "protocol": words.protocol(evaluation) if evaluation else "",
        "notes": evaluation.get("notes") or [],
        "evaluate": f"ganworks evaluate {printable(str(found.folder))}",
        "events": [_event(entry) for entry in found.events[-EVENTS:]],
        "cards": {
            "Data": words.data_card(found),
            "Model": words.model_card(found),
            **words.promised(found),
            **words.learned(evaluation),
            "Cost": words.cost(found),
        },
        "skipped": [(printable(name), printable(reason)) for name, reason in found.skipped[:SKIPPED]],
        "skipped_more": max(0, len(found.skipped) - SKIPPED),
        "settings": found.settings,
    }


def _event(entry: dict[str, Any]) -> dict[str, str]:
    told = ", ".join(f"{key} {value}" for key, value in entry.items() if key not in ("kind", "time"))
    return {"time": str(entry.get("time", "")), "kind": str(entry["kind"]), "told": printable(told)}
