"""ganworks verify: whether files are synthetic, who made them, and the proof."""

from collections import Counter
from pathlib import Path

import click

SHOWN = 20
"""Files of a folder that get a line of their own."""


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--model", "named", metavar="RUN", multiple=True, help="A run or saved model that may have made them.")
@click.option("--runs", default="runs", show_default=True, metavar="FOLDER", help="Runs whose models are looked for.")
@click.option("--invisible", is_flag=True, help="Look for invisible marks in pictures, too.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
def command(files: tuple[str, ...], named: tuple[str, ...], runs: str, invisible: bool, device: str) -> int:
    """Say of each FILE, or of a folder's files, whether it is marked as synthetic, by which model, seed and run.

    Where the model is at hand the sample is made again and compared. Exit code 0: all proved or marked; 1: one is not.
    Marks can be removed: a file without one may be synthetic all the same.
    """
    from ..settings import printable  # noqa: PLC0415
    from ..verify import GOOD, Models, files_of, verify  # noqa: PLC0415  imports torch
    from ..verify.verify import REMOVABLE  # noqa: PLC0415

    models, counts, shown = Models(named, runs, device), Counter[str](), 0
    many = len(files) > 1 or Path(files[0]).is_dir()
    for path in files_of(Path(each) for each in files):
        verdict = verify(path, models, invisible)
        counts[verdict.state] += 1
        if not many or verdict.state not in GOOD or len(files) > 1:
            shown += 1
            if shown <= SHOWN or not many:
                click.echo(printable(f"{path}: {verdict.line}"))
    total = sum(counts.values())
    if shown > SHOWN:
        click.echo(f"... and {shown - SHOWN} more")
    if many:
        told = ", ".join(f"{count} {_WORDS[state]}" for state, count in counts.most_common())
        click.echo(f"{total} files: {told or 'none to look at'}")
    if counts["none"]:
        click.echo(REMOVABLE)
    return 0 if total and all(state in GOOD for state in counts) else 1


_WORDS = {
    "proved": "proved", "close": "proved but for rounding or loss", "marked": "marked and not proved",
    "hidden": "with an invisible mark alone", "none": "without a mark", "differs": "differing from their mark",
    "unreadable": "unreadable",
}  # fmt: skip
