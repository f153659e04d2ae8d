"""ganworks report: one self-contained page about a run."""

from pathlib import Path

import click


@click.command()
@click.argument("run")
@click.option("--tensorboard", is_flag=True, help="Write the journal as TensorBoard events, too (needs tensorboardX).")
def command(run: str, tensorboard: bool) -> None:
    """Write report.html about RUN: samples through time, curves with verdicts, evidence, cards, every setting.

    The page needs no network and no program but a browser. For a run that is not evaluated it says so.
    """
    from ..report import report  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    line = Terminal().line
    click.echo(report(run, line))
    if tensorboard:
        from ..training.events import convert  # noqa: PLC0415

        folder = convert(Path(run))
        line(f"watch it with: tensorboard --logdir {folder}")
