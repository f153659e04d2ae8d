"""ganworks explore: what a generator's latents, codes and conditions do."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import marks

if TYPE_CHECKING:
    from ..latent.sheets import Grid
    from ..model import Model
    from ..provenance import Marking


PICTURES = {".png", ".jpg", ".jpeg"}


@click.command()
@click.argument("run")
@click.option("--traverse", is_flag=True, help="Walk its codes, attributes and classes, else its main directions.")
@click.option("--directions", type=int, metavar="K", help="Walk the K directions that change samples most.")
@click.option("--classes", nargs=2, metavar="A B", help="From one class, or set of attributes, to another.")
@click.option("--invert", metavar="PICTURE", help="Find the latent of a picture, and its class.")
@click.option("--edit", multiple=True, metavar="DIRECTION=VALUE", help="With --invert: 1=2 moves along direction 1.")
@click.option("--steps", default=300, show_default=True, help="With --invert: steps of the search.")
@click.option("--class", "condition", metavar="NAME", help="All of this class, or with attributes age=30,smile=1.")
@click.option("--truncation", default=1.0, show_default=True, metavar="PSI", help="Pull latents to their mean.")
@click.option("--seed", default=0, show_default=True)
@click.option("--out", metavar="FOLDER", help="Where pictures go (RUN/explore).")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@marks.options
def command(
    run: str,
    traverse: bool,
    directions: int | None,
    classes: tuple[str, str] | None,
    invert: str | None,
    edit: tuple[str, ...],
    steps: int,
    condition: str | None,
    truncation: float,
    seed: int,
    out: str | None,
    device: str,
    marking: "Marking",
) -> None:
    """Show what latents of RUN do, a picture each. Without a choice: what --traverse shows.

    Samples on the way between two others are drawn by: ganworks sample RUN --interpolate.
    """
    from ..latent import walk  # noqa: PLC0415  imports torch
    from ..latent.truncate import check  # noqa: PLC0415
    from ..model import load  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415

    if edit and not invert:
        raise ConfigError("--edit goes with --invert; it changes the picture that was found")
    if steps < 1 or seed < 0:
        raise ConfigError(f"--steps must be at least 1 and --seed at least 0, got {steps} and {seed}")
    if out and Path(out).suffix.lower() in PICTURES:
        raise ConfigError(f"--out is the folder that the pictures go to, got {out}; name a folder")
    check(truncation)
    model, folder = load(run, device), Path(out) if out else Path(run) / "explore"
    model.marking = marking
    show = functools.partial(_show, model, seed=seed, condition=condition, truncation=repr(truncation))
    if classes:
        shown = walk.between(model, *classes, seed, truncation)
        show(shown, folder / "classes.png", explore="classes", classes=" ".join(classes))
    if directions is not None:
        shown = walk.directions(model, directions, seed, condition, truncation)
        show(shown, folder / "directions.png", explore="directions", directions=str(directions))
    if invert:
        _invert(model, Path(invert), edit, steps, condition, seed, folder)
    if traverse or not (classes or invert or directions is not None):
        show(walk.traverse(model, seed, condition, truncation), folder / "traverse.png", explore="traverse")


def _show(
    model: "Model", grids: "list[Grid]", path: Path, seed: int, condition: str | None = None, **said: str
) -> None:
    from ..latent import sheets, space  # noqa: PLC0415
    from ..provenance import stamp  # noqa: PLC0415
    from ..settings import printable  # noqa: PLC0415

    finish = functools.partial(model.marking.drawn, model=model.sha256)
    written = sheets.write(grids, space.pictures_of(model), path, finish)
    stamp(written, model.mark(seed, 0, condition, **said), model.marking.producer)
    click.echo(printable(str(written)))


def _invert(
    model: "Model", picture: Path, edit: tuple[str, ...], steps: int, condition: str | None, seed: int, folder: Path
) -> None:
    """Write picture | reconstruction | edited, and the latent; tell how near it came."""
    import numpy as np  # noqa: PLC0415

    from ..latent import invert  # noqa: PLC0415
    from ..latent.sheets import Grid  # noqa: PLC0415
    from ..latent.space import Space  # noqa: PLC0415
    from ..provenance import digest  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    found = invert.invert(model, invert.picture(picture, model), condition, seed, steps, Terminal().line)
    caption, records = "picture, found again", found.records
    if edit:
        point = invert.edited(model, found.point, list(edit))
        caption, records = f"{caption}, {' '.join(edit)}", np.concatenate([records, Space(model).records(point[None])])
    stem = picture.stem
    said = {"explore": "invert", "input": digest(picture), **({"edit": " ".join(edit)} if edit else {})}
    shown = [Grid(caption, records, len(records))]
    _show(model, shown, folder / f"{stem}-inverted.png", seed, condition, **said)
    path = folder / f"{stem}-{found.space}.npy"
    try:
        np.save(path, found.point.numpy())
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; choose another --out") from error
    known = f", condition {found.condition}" if found.condition else ""
    click.echo(
        f"PSNR {found.psnr:.2f} dB, distance {found.distance:.4f} ({found.backbone}), radius {found.radius:.2f} of the "
        f"prior's{known}; {found.space} in {path}"
    )
