"""ganworks pull: fetch a generator that somebody shared."""

from pathlib import Path

import click


@click.command()
@click.argument("repository", metavar="USER/NAME")
@click.argument("folder")
def command(repository: str, folder: str) -> None:
    """Fetch a generator from the Hugging Face Hub into a new FOLDER, and check it."""
    from ..export import hub  # noqa: PLC0415  imports torch
    from ..settings import printable  # noqa: PLC0415

    path = hub.pull(repository, Path(folder))
    click.echo(printable(f"{path}: draw from it with ganworks sample {path}"))
