"""Sections that a run's own evidence brings along: plain tables and pictures, shown as they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..settings import printable
from . import pictures
from .gather import Found
from .words import told

TITLES = {
    "table": "Rows and columns", "series": "Series", "grid": "Levels", "privacy": "Privacy",
}  # fmt: skip


def sections(found: Found) -> list[dict[str, Any]]:
    """What the evaluation measured of the domain's own, and what an audit found; leniently read."""
    pages = [(found.evaluation or {}).get("domain"), found.audit and {"name": "privacy", **found.audit}]
    shown = [_section(page, found.folder / "samples") for page in pages if isinstance(page, Mapping) and page]
    return [each for each in shown if each["tables"] or each["pictures"]]


def _section(page: Mapping[str, Any], samples: Path) -> dict[str, Any]:
    name = str(page.get("name", ""))
    drawn = [
        (each, pictures.picture(samples / Path(str(each.get("file", ""))).name)) for each in page.get("pictures") or []
    ]
    return {
        "title": TITLES.get(name, name.capitalize()),
        "tables": [_table(each) for each in page.get("tables") or []],
        "pictures": [
            {"title": str(each.get("title", "")), "caption": str(each.get("caption", "")), "data": picture.data}
            for each, picture in drawn
            if picture is not None
        ],
    }


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
