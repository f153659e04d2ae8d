"""ganworks sample: files and grids from a trained generator."""

from pathlib import Path

import click

MOST_IN_A_PICTURE = 10_000
"""Samples in one grid."""
AT_ONCE = 4096
"""Samples held in memory when each becomes a file."""


@click.command()
@click.argument("run")
@click.option("-n", "--count", default=64, show_default=True, help="Samples to draw.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same bytes.")
@click.option("--grid", is_flag=True, help="One picture of all samples instead of a file each.")
@click.option("--interpolate", is_flag=True, help="Rows of eight on the way between two samples.")
@click.option("--out", metavar="PATH", help="Folder, or PNG with --grid (RUN/generated).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
def command(run: str, count: int, seed: int, grid: bool, interpolate: bool, out: str | None, device: str) -> None:
    """Draw samples from RUN: a run directory, finished or not, or a saved model."""
    from ..model import load  # noqa: PLC0415  imports torch
    from ..settings import ConfigError, printable  # noqa: PLC0415

    if (grid or interpolate) and count > MOST_IN_A_PICTURE:
        raise ConfigError(f"one picture shows up to {MOST_IN_A_PICTURE} samples, got {count}; draw files instead")
    model = load(run, device)
    steps = 8
    kind = "interpolation" if interpolate else "samples"
    if grid or interpolate:
        rows = -(-count // steps)
        records = model.interpolate(steps, seed, rows) if interpolate else model.generate(count, seed)
        path = Path(out) if out else Path(run) / "generated" / f"{kind}-seed{seed}.png"
        path = path if path.suffix else path / f"{kind}-seed{seed}.png"
        click.echo(printable(str(model.grid(records, path, columns=steps if interpolate else None))))
        return
    folder = Path(out) if out else Path(run) / "generated" / f"seed{seed}"
    begin = ""
    for first in range(0, max(count, 1), AT_ONCE):
        records = model.generate(min(count - first, AT_ONCE), seed, first)
        paths = model.write(records, folder, first)
        begin = begin or paths[0].name
    click.echo(printable(f"{count} samples in {folder} ({begin} to {paths[-1].name})"))
