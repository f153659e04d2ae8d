"""ganworks slices: DICOM and NIfTI scans as pictures to train on."""

from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="SCANS")
@click.argument("out", metavar="OUT")
@click.option("--window", metavar="LOW,HIGH", help="Black and white in the scans' unit, or percentiles[:LOW,HIGH].")
@click.option("--stack", default=1, show_default=True, help="Neighbouring slices as channels; odd.")
@click.option("--axis", default=2, show_default=True, help="The axis of NIfTI volumes that counts slices.")
@click.option("--split-by", type=click.Choice(["patient"]), help="Take several patients in one folder as they come.")
def command(source: str, out: str, window: str | None, stack: int, axis: int, split_by: str | None) -> None:
    """Write the slices of SCANS (DICOM, NIfTI) into OUT, 16 bits deep, no patient in two splits. Not for diagnosis."""
    from ..domains.medical.slices import prepare  # noqa: PLC0415  imports torch
    from ..settings import printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    made = prepare(Path(source), Path(out), window, stack, axis, split_by is not None, Terminal().line)
    patients = ", ".join(f"{count} {split}" for split, count in made.patients.items())
    data = f"{out}/slices.npz" if stack > 1 else out
    click.echo(printable(f"{made.slices} slices in {out} (patients: {patients}); train with: ganworks train {data}"))
