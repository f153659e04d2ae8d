"""ganworks evaluate: what a run's samples are worth, with intervals, floor and copycat."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLOURS = {"good": "green", "warning": "yellow", "alarm": "red"}


@click.command()
@click.argument("run")
@click.option("--features", default="auto", show_default=True, metavar="NAME[:FILE]", help="Extractor of features.")
@click.option("--inception", metavar="FILE", help="Weights of the 2015 Inception: short for --features inception:FILE.")
@click.option("--count", type=int, metavar="N", help="Samples in each set (5000, or what the data has).")
@click.option("--repeats", default=5, show_default=True, metavar="R", help="Regenerations behind each interval.")
@click.option("--split", type=click.Choice(["test", "validation"]), default="test", show_default=True)
@click.option("--anew", is_flag=True, help="Replace a stored evaluation by another extractor of the same name.")
@click.option("--json", "target", metavar="FILE", help="Write the page here, too.")
def command(
    run: str,
    features: str,
    inception: str | None,
    count: int | None,
    repeats: int,
    split: str,
    anew: bool,
    target: str | None,
) -> None:
    """Judge RUN, finished or not, against data it was not trained on: how close, how complete, and whether it copied.

    Prints a table and stores evaluation.json in the run. The floor is what real data gets against real data, the
    copycat what the training records themselves would get.
    """
    import json  # noqa: PLC0415

    from ..evaluation import evaluate  # noqa: PLC0415  imports torch
    from ..training.folder import write_atomic  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    page = evaluate(
        run,
        f"inception:{inception}" if inception else features,
        count,
        repeats,
        split="validation" if split == "validation" else "test",
        anew=anew,
        notify=Terminal().line,
    )
    if target:
        write_atomic(Path(target), json.dumps(page, indent=1))
    _print(page)


def console() -> "Console":
    """A console whose tables are not wrapped in a pipe."""
    from rich.console import Console  # noqa: PLC0415

    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=200)


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def plain(page: Mapping[str, Any]) -> "Table":
    """A table of a page as it is stored: title, columns, and rows of a name and values."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from ..settings import printable  # noqa: PLC0415

    table = Table(title=Text(printable(page["title"])))
    for name in ("", *page["columns"]):
        table.add_column(Text(printable(name)), justify="right" if name else "left")
    for row in page["rows"]:
        cells = [value if isinstance(value, str) else number(value) for value in row["values"]]
        table.add_row(*(Text(printable(cell)) for cell in (row["name"], *cells)))
    return table


def _methods(found: Mapping[str, Any]) -> "Table":
    """A column for each method on the same pictures: the model, its stages, and what needs no learning."""
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="beside what needs no learning, on the same pictures")
    table.add_column("metric")
    for row in found["rows"]:
        table.add_column(row["name"], justify="right")
    for column in found["columns"]:
        values = (row["values"].get(column["name"]) for row in found["rows"])
        label = f"{column['label']} {'↑' if column['better'] == 'higher' else '↓'}"
        table.add_row(label, *(number(value and value["value"]) for value in values))
    return table


def _print(page: Mapping[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from ..settings import printable  # noqa: PLC0415

    protocol, out = page["protocol"], console()
    table = Table(title=f"{protocol['count']:,} samples a row, features {protocol['extractor']['name']}")
    for name in ("metric", "value", f"{protocol['confidence']:.0%} interval", "floor", "copycat"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    table.add_column("how to read it")
    for row in page["metrics"]:
        between = "" if row["low"] is None else f"{number(row['low'])} to {number(row['high'])}"
        how = row.get("note") or {"lower": "lower is better", "higher": "higher is better"}.get(row["better"], "")
        if row["better"] == "near" and row["ideal"] is not None:
            how = f"near {row['ideal']:g}" + (f"; {how}" if how else "")
        table.add_row(row["label"], number(row["value"]), between, number(row["floor"]), number(row["copycat"]), how)
    out.print(table)
    if page.get("translated"):
        out.print(_methods(page["translated"]))
        for row in page["translated"]["rows"]:
            out.print(Text(printable(f"{row['name']}: {row['line']}"), style="dim"), soft_wrap=True)
    for each in (page.get("domain") or {}).get("tables") or []:
        out.print(plain(each))
    for line in page.get("learned") or []:
        out.print(Text(printable(line)), soft_wrap=True)
    for note in page["notes"]:
        out.print(Text(printable(f"note: {note}"), style="dim"), soft_wrap=True)
    for finding in page["findings"]:
        line = printable(f"{finding['level']:8}{finding['kind']}: {finding['line']}")
        out.print(Text(line, style=COLOURS[finding["level"]]), soft_wrap=True)
