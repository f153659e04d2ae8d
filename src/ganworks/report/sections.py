"""Sections that a run's own evidence brings along: tables, pictures, sounds and texts, shown as they are."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..settings import printable
from . import pictures
from .gather import Found
from .words import told

TITLES = {
    "table": "Rows and columns", "series": "Series", "grid": "Levels", "video": "Clips", "audio": "Sound",
    "tokens": "Text", "molecules": "Molecules", "privacy": "Privacy", "vocoder": "Sound",
    "voices": "Sound",
}  # fmt: skip


def sections(found: Found) -> list[dict[str, Any]]:
    """What the evaluation measured of the domain's own, and what an audit found; leniently read."""
    pages = [(found.evaluation or {}).get("domain"), found.audit and {"name": "privacy", **found.audit}]
    shown = [_section(page, found.folder / "samples") for page in pages if isinstance(page, Mapping) and page]
    return [each for each in shown if any(each[kind] for kind in ("tables", "pictures", "sounds", "texts"))]


def _section(page: Mapping[str, Any], samples: Path) -> dict[str, Any]:
    name = str(page.get("name", ""))
    return {
        "title": TITLES.get(name, name.capitalize()),
        "tables": [_table(each) for each in page.get("tables") or []],
        "pictures": _files(page.get("pictures"), samples, _picture),
        "sounds": _files(page.get("sounds"), samples, pictures.played),
        "texts": [
            {
                "title": printable(str(each.get("title", ""))),
                "lead": printable(str(each.get("lead", ""))),
                "lines": [printable(str(line)) for line in each.get("lines") or []],
            }
            for each in page.get("texts") or []
        ],
    }


def _files(
    asked: Iterable[Mapping[str, Any]] | None, samples: Path, read: Callable[[Path], pictures.Picture | None]
) -> list[dict[str, str]]:
    """The files that are there and can be shown; only the run's own samples are looked at."""
    found = [(each, read(samples / Path(str(each.get("file", ""))).name)) for each in asked or []]
    return [
        {"title": printable(str(each.get("title", ""))), "caption": printable(str(each.get("caption", ""))),
         "data": held.data}
        for each, held in found
        if held is not None
    ]  # fmt: skip


def _picture(path: Path) -> pictures.Picture | None:
    return pictures.played(path) if pictures.moves(path) else pictures.picture(path)


def _table(page: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": printable(str(page.get("title", ""))),
        "lead": printable(str(page.get("lead", ""))),
        "columns": [printable(str(each)) for each in page.get("columns") or []],
        "rows": [
            {
                "name": printable(str(row.get("name", ""))),
                "line": printable(str(row.get("line", ""))),
                "values": [_cell(value) for value in row.get("values") or []],
            }
            for row in page.get("rows") or []
        ],
    }


def _cell(value: object) -> str:
    return printable(value) if isinstance(value, str) else told(value)
