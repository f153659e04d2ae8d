"""ganworks levels: levels that keep the rules, whole levels, and levels with what is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import marks

if TYPE_CHECKING:
    from ..domains.base import Raw
    from ..model import Model
    from ..provenance import Marking


@click.command()
@click.argument("run")
@click.option("-n", "--count", default=16, show_default=True, help="Levels to draw.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same levels.")
@click.option("--ask", metavar="NAME=NUMBER,...", help="Of a model trained with condition=counts; or a level's file.")
@click.option("--length", type=int, metavar="COLUMNS", help="One whole level, put together from segments that fit.")
@click.option("--search", "goal", metavar="NAME=NUMBER,...", help="Look for a level with these numbers; any model.")
@click.option("--steps", default=60, show_default=True, help="With --search: generations of 64 levels.")
@click.option("--raw", is_flag=True, help="As they come, also those that break rules.")
@click.option("--out", metavar="FOLDER", help="Where levels and their picture go (RUN/levels).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@marks.options
def command(
    run: str,
    count: int,
    seed: int,
    ask: str | None,
    length: int | None,
    goal: str | None,
    steps: int,
    raw: bool,
    out: str | None,
    device: str,
    marking: "Marking",
) -> None:
    """Draw levels from RUN that keep its rules, as files and one picture."""
    from ..model import load  # noqa: PLC0415  imports torch
    from ..settings import ConfigError  # noqa: PLC0415

    if length is not None and goal is not None:
        raise ConfigError("--length puts a level together and --search looks for a segment; choose one")
    if steps < 1 or count < 1 or seed < 0:
        raise ConfigError(
            f"--count and --steps must be at least 1 and --seed at least 0, got {count}, {steps} and {seed}"
        )
    model, folder = load(run, device), Path(out) if out else Path(run) / "levels"
    model.marking = marking
    if length is not None:
        _whole(model, length, seed, folder)
    elif goal is not None:
        _searched(model, goal, seed, steps, folder)
    else:
        _several(model, count, seed, ask, raw, folder)


def _several(model: "Model", count: int, seed: int, ask: str | None, raw: bool, folder: Path) -> None:
    from ..latent import levels  # noqa: PLC0415

    levels.tiles_of(model)
    if raw:
        records, line = model.generate(count, seed, condition=ask), f"{count} levels as they come"
    else:
        found = levels.kept(model, count, seed, ask)
        records, line = found.records, f"{count} levels that keep the rules, of {found.drawn} drawn"
    _write(model, records, folder, f"levels-seed{seed}", line, seed, ask, levels="raw" if raw else "kept")


def _whole(model: "Model", length: int, seed: int, folder: Path) -> None:
    from ..latent import levels  # noqa: PLC0415

    level = levels.assembled(model, length, seed)
    line = f"a level of {level.shape[1]} columns"
    _write(model, level[None], folder, f"whole-seed{seed}", line, seed, None, levels="whole", length=str(length))


def _searched(model: "Model", goal: str, seed: int, steps: int, folder: Path) -> None:
    from ..latent import search  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    found = search.search(model, search.wanted(goal, model), seed, steps, Terminal().line)
    has = ", ".join(f"{name} {value:g}" for name, value in found.numbers.items())
    broken = f"; it breaks: {'; '.join(found.broken)}" if found.broken else ""
    line = f"the best of {found.drawn} levels has {has}{broken}"
    stem, said = f"searched-seed{seed}", {"levels": "searched", "goal": goal, "steps": str(steps)}
    _write(model, found.record[None], folder, stem, line, seed, None, **said)


def _write(
    model: "Model", records: "Raw", folder: Path, stem: str, line: str, seed: int, ask: str | None, **said: str
) -> None:
    from ..settings import printable  # noqa: PLC0415

    paths = model.write(records, folder / stem, 0, seed, ask, **said)
    picture = model.grid(records, folder / f"{stem}.png", 1 if len(records) == 1 else None, seed, ask, **said)
    click.echo(printable(f"{line}: {paths[0] if len(paths) == 1 else paths[0].parent}, drawn in {picture}"))
