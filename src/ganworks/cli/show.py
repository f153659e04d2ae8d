"""ganworks show: what a run is, how far it came, and what happened."""

from pathlib import Path

import click


@click.command()
@click.argument("run")
@click.option("--settings", is_flag=True, help="Print every setting, as run.toml holds them.")
def command(run: str, settings: bool) -> None:
    """Show RUN: its recipe and data, progress, the last numbers, and every event worth knowing."""
    from ..settings import CheckpointError, printable, read_toml  # noqa: PLC0415

    folder = Path(run)
    page = folder / "run.toml"
    if not page.exists():
        raise CheckpointError(f"{folder}: wanted a run directory, there is no run.toml in it")
    if settings:
        click.echo(page.read_text(encoding="utf-8"), nl=False)
        return
    from ..training.journal import read, verdict_of  # noqa: PLC0415  imports torch

    tree = read_toml(page)
    entries = read(folder / "journal.jsonl")
    recipe, data, batch, seed = (tree.get(name, "?") for name in ("recipe", "data", "batch", "seed"))  # of any version
    parts = (tree.get(part) for part in ("generator", "discriminator", "objective"))
    networks = " / ".join(str(part.get("name")) for part in parts if isinstance(part, dict))
    click.echo(printable(f"{folder}: {recipe} on {data} ({networks}), batch {batch}, seed {seed}"))
    for entry in entries:
        if entry["kind"] not in ("step", "judged"):
            told = ", ".join(f"{key} {value}" for key, value in entry.items() if key not in ("kind", "time"))
            click.echo(printable(f"{entry.get('time')}  {entry['kind']}: {told}"))
    steps = [entry for entry in entries if entry["kind"] == "step"]
    for key, value in (steps[-1] if steps else {}).items():
        if key not in ("kind", "time"):
            click.echo(f"  {key} {value:,.4g}" if isinstance(value, int | float) else f"  {key} {value}")
    if told := verdict_of(folder):
        click.echo(printable(told))
    for line in _promise(folder):
        click.echo(printable(line))
    latest = folder / "samples" / "latest.png"
    click.echo(printable(f"samples: {latest}") if latest.exists() else "no samples yet")


def _promise(folder: Path) -> list[str]:
    """What the run's model promises of the records behind it, where it promises anything."""
    from ..report.gather import gather  # noqa: PLC0415  imports torch
    from ..report.words import promised  # noqa: PLC0415

    cards = promised(gather(folder, click.echo))
    return [f"{title}, {name}: {value}" for title, card in cards.items() for name, value in card.items()]
