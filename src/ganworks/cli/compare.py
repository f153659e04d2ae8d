"""ganworks compare: is one run better than another, and how sure is that."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

COLOURS = {"better": "green", "worse": "red", "inconclusive": "yellow"}


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--features", default="auto", show_default=True, metavar="NAME[:FILE]", help="Extractor of features.")
@click.option("--inception", metavar="FILE", help="Weights of the 2015 Inception: short for --features inception:FILE.")
@click.option("--count", type=int, metavar="N", help="Samples in each set (5000, or what the data has).")
@click.option("--repeats", default=10, show_default=True, metavar="R", help="Regenerations of each run, same seeds.")
@click.option("--split", type=click.Choice(["test", "validation"]), default="test", show_default=True)
@click.option("--json", "target", metavar="FILE", help="Write all of it here.")
def command(
    runs: tuple[str, ...],
    features: str,
    inception: str | None,
    count: int | None,
    repeats: int,
    split: str,
    target: str | None,
) -> None:
    """Judge the first of RUNS against each other one, trained on the same data: better, worse or inconclusive.

    Runs that differ in their seed alone count as one recipe, trained several times.
    """
    import json  # noqa: PLC0415

    from ..compare import compare  # noqa: PLC0415  imports torch
    from ..training.folder import write_atomic  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    page = compare(
        runs,
        f"inception:{inception}" if inception else features,
        count,
        repeats,
        split="validation" if split == "validation" else "test",
        notify=Terminal().line,
    )
    if target:
        write_atomic(Path(target), json.dumps(page, indent=1))
    _print(page)


def _print(page: Mapping[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from ..settings import printable  # noqa: PLC0415
    from .evaluate import console  # noqa: PLC0415

    protocol, out = page["protocol"], console()
    title = f"{protocol['count']:,} samples, {protocol['repeats']} times, against the {protocol['split']} split"
    if "backbone" in protocol:
        title = f"{protocol['count']:,} held-out pictures of the {protocol['split']} split"
    table = Table(title=title)
    labels = {name: each["label"] for run in page["runs"] for name, each in run["metrics"].items()}
    for name in ("run", "recipe", "seed", *labels.values()):
        table.add_column(name)
    for run in page["runs"]:
        cells = [_cell(run["metrics"].get(name)) for name in labels]
        table.add_row(printable(run["folder"]), run["recipe"], str(run["seed"]), *cells)
    out.print(table)
    for note in page["notes"]:
        out.print(Text(printable(f"note: {note}"), style="dim"), soft_wrap=True)
    for each in page["comparisons"]:
        first, second = (", ".join(each[side]) for side in ("first", "second"))
        line = (
            f"{first} against {second}: {each['verdict']} by {labels[each['metric']]}: {each['difference']:+.4g} "
            f"({each['low']:+.4g} to {each['high']:+.4g}, {each['relative']:.1%}) over {each['over']}"
        )
        out.print(Text(printable(line), style=COLOURS[each["verdict"]]), soft_wrap=True)


def _cell(number: Mapping[str, float] | None) -> str:
    return "" if number is None else f"{number['value']:.4g} ({number['low']:.4g} to {number['high']:.4g})"
