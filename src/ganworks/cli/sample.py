"""ganworks sample: files and grids from a trained generator."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..model import Model

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
@click.option("--shards", is_flag=True, help="Tar shards of 10,000 instead of a file each; goes on where it stopped.")
@click.option(
    "--processes", type=int, metavar="P", help="With --shards: draw in so many processes (CPU cores; 1 on GPU)."
)
@click.option("--fast", is_flag=True, help="By the fastest engine here: other bytes, the same to the eye.")
@click.option("--out", metavar="PATH", help="Folder, or PNG with --grid (RUN/generated).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@click.option("--serve", hidden=True, metavar="SHA256")
def command(
    run: str,
    count: int,
    seed: int,
    grid: bool,
    interpolate: bool,
    shards: bool,
    processes: int | None,
    fast: bool,
    out: str | None,
    device: str,
    serve: str | None,
) -> None:
    """Draw samples from RUN: a run directory, finished or not, or a saved model."""
    from ..model import load  # noqa: PLC0415  imports torch
    from ..settings import ConfigError, printable  # noqa: PLC0415

    if (grid or interpolate) and count > MOST_IN_A_PICTURE:
        raise ConfigError(f"one picture shows up to {MOST_IN_A_PICTURE} samples, got {count}; draw files instead")
    if (shards or serve) and (grid or interpolate):
        raise ConfigError("--shards writes samples for programs, --grid and --interpolate for the eye; choose one")
    if processes is not None and not shards:
        raise ConfigError("--processes goes with --shards")
    if fast and (interpolate or shards):
        raise ConfigError("--fast draws files and grids of samples; leave out --interpolate and --shards")
    model = load(run, device)
    if serve:
        _serve(model, serve, Path(out or "."), seed)
        return
    if shards:
        _shards(model, Path(out) if out else Path(run) / "generated" / f"shards-seed{seed}", count, seed, processes)
        return
    engine = "exact"
    if fast:
        engine = model.sampler("fast", count, say=click.echo).engine
        click.echo(f"drawing by {engine}")
    steps = 8
    kind = "interpolation" if interpolate else "samples"
    if grid or interpolate:
        rows = -(-count // steps)
        records = model.interpolate(steps, seed, rows) if interpolate else model.generate(count, seed, engine=engine)
        path = Path(out) if out else Path(run) / "generated" / f"{kind}-seed{seed}.png"
        path = path if path.suffix else path / f"{kind}-seed{seed}.png"
        click.echo(printable(str(model.grid(records, path, columns=steps if interpolate else None))))
        return
    folder = Path(out) if out else Path(run) / "generated" / f"seed{seed}"
    begin = ""
    for first in range(0, max(count, 1), AT_ONCE):
        records = model.generate(min(count - first, AT_ONCE), seed, first, engine)
        paths = model.write(records, folder, first)
        begin = begin or paths[0].name
    click.echo(printable(f"{count} samples in {folder} ({begin} to {paths[-1].name})"))


def _shards(model: "Model", folder: Path, count: int, seed: int, processes: int | None) -> None:
    from ..settings import printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    if processes is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        processes = cores if next(model.network.parameters()).device.type == "cpu" else 1
    index = model.shards(folder, count, seed, processes, notify=Terminal().line)
    size = sum(shard.bytes for shard in index.shards)
    click.echo(printable(f"{count:,} samples in {len(index.shards):,} shards ({size / 1e6:,.1f} MB) in {folder}"))


def _serve(model: "Model", sha256: str, folder: Path, seed: int) -> None:
    """Make the shards that another process asks for, of the very model it has, until it asks no more."""
    from ..domains.image.shards.child import answer  # noqa: PLC0415
    from ..domains.image.shards.fill import Piece  # noqa: PLC0415
    from ..settings import ConfigError, DataError  # noqa: PLC0415

    same = model.sha256 == sha256
    for line in sys.stdin:
        try:
            if not same:
                raise ConfigError("the run has gone on training meanwhile; draw from its model/ folder, or later")
            made = model.piece(folder, Piece.model_validate_json(line), seed)
            answer("done", f"{made.bytes} {made.sha256}")
        except (ConfigError, DataError) as error:
            answer("data", str(error))
