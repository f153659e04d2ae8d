"""ganworks sample: files and grids from a trained generator."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..domains.base import Raw
    from ..model import Model
    from ..provenance import Marking

MOST_IN_A_PICTURE = 10_000
"""Samples in one grid."""
AT_ONCE = 4096
"""Samples held in memory when each becomes a file."""


@click.command()
@click.argument("run")
@click.option("-n", "--count", default=64, show_default=True, help="Samples to draw.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same bytes.")
@click.option(
    "--class", "condition", metavar="NAME", help="All of this class, of a model that was trained with classes."
)
@click.option(
    "--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="All with this value, of such a model."
)
@click.option("--truncation", type=float, metavar="PSI", help="Latents pulled to their mean: safer, less diverse.")
@click.option(
    "--temperature", type=float, metavar="T", help="Of tokens: below 1 the likely becomes likelier (the model's own)."
)
@click.option("--grid", is_flag=True, help="One picture of all samples instead of a file each.")
@click.option("--interpolate", is_flag=True, help="Rows of eight on the way between two samples.")
@click.option("--shards", is_flag=True, help="Tar shards of 10,000 instead of a file each; goes on where it stopped.")
@click.option(
    "--processes", type=int, metavar="P", help="With --shards: draw in so many processes (CPU cores; 1 on GPU)."
)
@click.option(
    "--where", "wheres", multiple=True, metavar="ASKED", help='Only such rows of a table: "age>60", "sex=Female".'
)
@click.option(
    "--format", "form", type=click.Choice(["csv", "tsv", "parquet"]), help="Of a table's file (as the data's own)."
)
@click.option("--spreadsheet", is_flag=True, help="Cells of text that begin with = + - @ get a quote before them.")
@click.option("--fast", is_flag=True, help="By the fastest engine here: other bytes, the same to the eye.")
@click.option("--out", metavar="PATH", help="Folder, PNG with --grid, or file of a table (RUN/generated).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@click.option("--serve", hidden=True, metavar="SHA256")
@marks.options
def command(
    run: str,
    count: int,
    seed: int,
    condition: str | None,
    attributes: tuple[str, ...],
    truncation: float | None,
    temperature: float | None,
    grid: bool,
    interpolate: bool,
    shards: bool,
    processes: int | None,
    wheres: tuple[str, ...],
    form: str | None,
    spreadsheet: bool,
    fast: bool,
    out: str | None,
    device: str,
    serve: str | None,
    marking: "Marking",
) -> None:
    """Draw samples from RUN: a run directory, finished or not, or a saved model."""
    from ..model import load  # noqa: PLC0415  imports torch
    from ..settings import ConfigError, printable  # noqa: PLC0415
    from . import rows  # noqa: PLC0415

    _check(count, grid or interpolate, bool(shards or serve), processes)
    if fast and (interpolate or shards):
        raise ConfigError("--fast draws files and grids of samples; leave out --interpolate and --shards")
    if truncation is not None and (interpolate or shards or fast):
        raise ConfigError("--truncation draws files and grids; leave out --interpolate, --shards and --fast")
    condition = _asked(condition, attributes, shards)
    model = load(run, device)
    model.marking = marking
    if temperature is not None:
        _heat(model, temperature)
    if serve:
        _serve(model, serve, Path(out or "."), seed)
        return
    if shards:
        _shards(model, Path(out) if out else Path(run) / "generated" / f"shards-seed{seed}", count, seed, processes)
        return
    if _of_rows(model, grid or interpolate, [*wheres, form, spreadsheet], condition, truncation):
        engine = _engine(model, count, fast)
        path = rows.place(out, run, seed, form, model.codec.suffix)  # type: ignore[attr-defined]
        click.echo(printable(rows.write(model, path, count, seed, wheres, engine, spreadsheet)))
        return
    draw, said = _drawing(model, count, seed, condition, truncation, temperature, fast)
    if grid or interpolate:
        name = f"{'interpolation' if interpolate else 'samples'}-seed{seed}.png"
        path = Path(out) if out else Path(run) / "generated" / name
        steps, path = 8, path if path.suffix else path / name
        records = model.interpolate(steps, seed, -(-count // steps), condition) if interpolate else draw(count, 0)
        said |= {"interpolate": str(steps)} if interpolate else {}
        shown = model.grid(records, path, steps if interpolate else None, seed, condition, **said)
        click.echo(printable(str(shown)))
        return
    folder = Path(out) if out else Path(run) / "generated" / f"seed{seed}"
    begin, end = _files(model, folder, count, draw, seed, condition, said)
    click.echo(printable(f"{count} samples in {folder} ({begin} to {end})"))


def _files(
    model: "Model",
    folder: Path,
    count: int,
    draw: "Callable[[int, int], Raw]",
    seed: int,
    condition: str | None,
    said: dict[str, str],
) -> tuple[str, str]:
    """Write so many samples as files; the names of the first and the last."""
    begin = ""
    for first in range(0, max(count, 1), AT_ONCE):
        records = draw(min(count - first, AT_ONCE), first)
        paths = model.write(records, folder, first, seed, condition, **said)
        begin = begin or paths[0].name
    return begin, paths[-1].name


def _heat(model: "Model", temperature: float) -> None:
    """Draw at another temperature. Raises ConfigError for models that have none, and for one that is none."""
    from ..settings import ConfigError  # noqa: PLC0415

    if not hasattr(model.network, "temperature"):
        raise ConfigError(f"--temperature is for models that draw tokens, this one draws {model.run.domain.name}")
    if not 0 < temperature <= 100:
        raise ConfigError(f"--temperature is a number above 0 and at most 100, got {temperature:g}")
    model.network.temperature = temperature  # type: ignore[assignment]


def _check(count: int, shown: bool, sharded: bool, processes: int | None) -> None:
    """Raises ConfigError for ways of drawing that do not go together."""
    from ..settings import ConfigError  # noqa: PLC0415

    if shown and count > MOST_IN_A_PICTURE:
        raise ConfigError(f"one picture shows up to {MOST_IN_A_PICTURE} samples, got {count}; draw files instead")
    if sharded and shown:
        raise ConfigError("--shards writes samples for programs, --grid and --interpolate for the eye; choose one")
    if processes is not None and not sharded:
        raise ConfigError("--processes goes with --shards")


def _asked(condition: str | None, attributes: tuple[str, ...], shards: bool) -> str | None:
    """The condition in one word. Raises ConfigError where it cannot be asked for."""
    from ..settings import ConfigError  # noqa: PLC0415

    if condition is not None and attributes:
        raise ConfigError("a model has classes or attributes: give --class or --attribute, not both")
    if shards and (condition is not None or attributes):
        raise ConfigError(
            "--shards draws every class as often as the data has it; leave out --class"
            if condition is not None
            else "--shards draws attributes as the data has them; leave out --attribute"
        )
    return ",".join(attributes) if attributes else condition


def _of_rows(model: "Model", shown: bool, asked: list[object], condition: str | None, truncation: float | None) -> bool:
    """Whether rows go to one file. Raises ConfigError for what only tables can be asked, or cannot."""
    from ..latent.where import codec_of  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415

    if any(asked):
        if shown:
            raise ConfigError("--where, --format and --spreadsheet write rows; leave out --grid and --interpolate")
        codec_of(model)
    if model.run.domain.name != "table" or shown or truncation is not None:
        return False
    if condition is not None:
        raise ConfigError('rows of a table are asked for by --where, as in --where "age>60"')
    return True


def _engine(model: "Model", count: int, fast: bool) -> str:
    if not fast:
        return "exact"
    engine = model.sampler("fast", count, say=click.echo).engine
    click.echo(f"drawing by {engine}")
    return engine


def _drawing(
    model: "Model",
    count: int,
    seed: int,
    condition: str | None,
    truncation: float | None,
    temperature: float | None,
    fast: bool,
) -> "tuple[Callable[[int, int], Raw], dict[str, str]]":
    """What gives records by how many and from which on, and what their marks say of it."""
    said = {} if temperature is None else {"temperature": repr(temperature)}
    if truncation is not None:
        from ..latent import truncate  # noqa: PLC0415

        said["truncation"] = repr(truncation)
        return lambda some, first: truncate.generate(model, some, truncation, seed, first, condition), said
    engine = _engine(model, count, fast)
    said |= {} if engine == "exact" else {"engine": engine}
    return lambda some, first: model.generate(some, seed, first, engine, condition), said


def _plain(marking: "Marking") -> None:
    """Raises ConfigError for what shards do not take: they are gone on with, and hold what `generate` gives."""
    from ..settings import ConfigError  # noqa: PLC0415

    if marking.alters or marking.time is not None:
        raise ConfigError("--shards takes no --label, --invisible or --stamp-time; draw files instead")


def _shards(model: "Model", folder: Path, count: int, seed: int, processes: int | None) -> None:
    from ..settings import printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    _plain(model.marking)
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
