"""ganworks apply: files and folders through a model that turns pictures into pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import marks

if TYPE_CHECKING:
    from ..provenance import Marking


@click.command()
@click.argument("run")
@click.argument("source", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option("--mask", metavar="PATH", help="Holes to fill, white: a file, or a folder with the same stems.")
@click.option("--tile", type=int, metavar="N", help="Tiles of so many input pixels (chosen for large pictures).")
@click.option("--force", is_flag=True, help="Replace outputs that are there.")
@click.option("--sheet", is_flag=True, help="Write sheets of before and after, too.")
@click.option("--direction", type=click.Choice(["AtoB", "BtoA"]), help="Of a model that translates both ways (AtoB).")
@click.option(
    "--format", "form", type=click.Choice(["keep", "png", "tiff", "jpg"]), default="keep", show_default=True,
    help="Kind of the pictures written.",
)  # fmt: skip
@click.option("--window", metavar="LOW,HIGH", help="Black and white of scans in their unit, or percentiles.")
@click.option("--window-out", metavar="LOW,HIGH", help="The same of what comes out, where that is another unit.")
@click.option("--sequence", is_flag=True, help="The pictures of a folder are the frames of a video, in order.")
@click.option("--codec", metavar="NAME", help="Encoder of videos: libx264, libx265, libvpx-vp9, ffv1 (lossless).")
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be used.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@marks.options
def command(
    run: str,
    source: str,
    out: str,
    mask: str | None,
    tile: int | None,
    force: bool,
    sheet: bool,
    direction: str | None,
    form: str,
    window: str | None,
    window_out: str | None,
    sequence: bool,
    codec: str | None,
    strict: bool,
    device: str,
    marking: "Marking",
) -> None:
    """Put IN, a file or a folder of pictures, videos or scans, through RUN and write OUT, keeping names and sizes."""
    from ..application import apply  # noqa: PLC0415  imports torch
    from ..settings import printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    written = apply(
        run,
        source,
        out,
        mask=mask,
        tile=tile,
        force=force,
        sheet=sheet,
        direction="BtoA" if direction == "BtoA" else "AtoB" if direction else None,
        form=form,
        strict=strict,
        device=device,
        window=window,
        window_out=window_out,
        sequence=sequence,
        codec=codec,
        marking=marking,
        notify=Terminal().line,
    )
    one = len(written) == 1
    click.echo(
        printable(
            str(written[0])
            if one
            else f"{len(written)} files in {Path(out) if Path(out).is_dir() else Path(out).parent}"
        )
    )
