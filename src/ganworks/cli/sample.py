"""ganworks sample: files and grids from a trained generator."""

from pathlib import Path

import click


@click.command()
@click.argument("run")
@click.option("-n", "--count", default=64, show_default=True, type=click.IntRange(min=1), help="Samples to draw.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="The same seed, the same bytes.")
@click.option("--grid", is_flag=True, help="One picture of all samples instead of a file each.")
@click.option("--interpolate", is_flag=True, help="Rows of eight on the way between two samples.")
@click.option("--out", metavar="PATH", help="Folder, or PNG with --grid (RUN/generated).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
def command(run: str, count: int, seed: int, grid: bool, interpolate: bool, out: str | None, device: str) -> None:
    """Draw samples from RUN: a run directory, finished or not, or a saved model."""
    from ..model import load  # noqa: PLC0415  imports torch

    model = load(run, device)
    steps = 8
    records = model.interpolate(steps, seed, pairs=-(-count // steps)) if interpolate else model.generate(count, seed)
    kind = "interpolation" if interpolate else "samples"
    if grid or interpolate:
        path = Path(out) if out else Path(run) / "generated" / f"{kind}-seed{seed}.png"
        path = path if path.suffix else path / f"{kind}-seed{seed}.png"
        click.echo(model.grid(records, path, columns=steps if interpolate else None))
        return
    folder = Path(out) if out else Path(run) / "generated" / f"seed{seed}"
    paths = model.write(records, folder)
    click.echo(f"{len(records)} samples in {folder} ({paths[0].name} to {paths[-1].name})")
