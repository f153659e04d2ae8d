"""ganworks audit: what a run's samples give away about the records it was trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("run")
@click.option("--features", default="auto", show_default=True, metavar="NAME[:FILE]", help="Extractor; not of tables.")
@click.option("--count", type=int, metavar="N", help="Samples drawn, and most records attacked of each side (5000).")
@click.option("--json", "target", metavar="FILE", help="Write the page here, too.")
def command(run: str, features: str, count: int | None, target: str | None) -> None:
    """Attack RUN: who was in its data, which samples are copies, and of tables who can be singled out, what inferred.

    Held-out records are the control: what an attack does to them as well, it does not owe to the training data. Prints
    tables and findings and stores audit.json, which the report shows. That attacks fail proves nothing about others;
    only differential privacy promises (ganworks train --dp).
    """
    import json  # noqa: PLC0415

    from ..audit import audit  # noqa: PLC0415  imports torch
    from ..training.folder import write_atomic  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    page = audit(run, features, count, notify=Terminal().line)
    if target:
        write_atomic(Path(target), json.dumps(page, indent=1))
    _print(page)


def _print(page: Mapping[str, Any]) -> None:
    from rich.text import Text  # noqa: PLC0415

    from ..settings import printable  # noqa: PLC0415
    from .evaluate import COLOURS, console, plain  # noqa: PLC0415

    out = console()
    for each in page["tables"]:
        out.print(plain(each))
    for each in page["pictures"]:
        out.print(Text(printable(f"{each['title']}: samples/{each['file']}"), style="dim"), soft_wrap=True)
    for note in page["notes"]:
        out.print(Text(printable(f"note: {note}"), style="dim"), soft_wrap=True)
    for each in page["findings"]:
        line = printable(f"{each['level']:8}{each['kind']}: {each['line']}")
        out.print(Text(line, style=COLOURS[each["level"]]), soft_wrap=True)
    out.print(Text(printable(f"verdict: {page['verdict']}")), soft_wrap=True)
