"""ganworks doctor: what is to be known about data before anything is trained on it."""

from pathlib import Path

import click

COLOURS = {"good": "green", "note": "cyan", "warning": "yellow"}


@click.command()
@click.argument("data")
@click.option("--recipe", metavar="NAME", help="Examine for this recipe, and time it (the one that fits).")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="As for training, e.g. domain.size=[64, 64].")
@click.option("--html", metavar="FILE", help="Write a page with the pictures that were found, too.")
@click.option("--json", "as_json", is_flag=True, help="Print plain JSON.")
def command(data: str, recipe: str | None, settings: tuple[str, ...], html: str | None, as_json: bool) -> None:
    """Examine DATA before training: counts, unreadable files, copies and near-copies, labels, brightness, handedness;
    the recipe that fits, and how fast it would run on this machine.
    """
    import json  # noqa: PLC0415

    from ..doctor import examine, write  # noqa: PLC0415  imports torch
    from ..doctor.page import summary  # noqa: PLC0415
    from ..settings import printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    watch = Terminal()
    checkup = examine(data, settings, watch, recipe)
    if as_json:
        click.echo(json.dumps(checkup.tree(), indent=1))
    else:
        counts = ", ".join(f"{count:,} {split}" for split, count in checkup.counts.items())
        click.echo(printable(f"{data}: {counts}"))
        for each in checkup.findings.lines:
            level = click.style(f"{each.level:8}", fg=COLOURS[each.level])
            click.echo(level + printable(f"{each.about}: {each.line}"))
        for line in summary(checkup):
            click.echo(printable(line))
        click.echo(printable(f"train with: {checkup.command}"))
    if html:
        write(checkup, Path(html))
        watch.line(f"page: {html}")
