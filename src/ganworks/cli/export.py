"""ganworks export: a generator in another form."""

from pathlib import Path

import click

FORMS = ("onnx", "package", "folder")


@click.command()
@click.argument("run")
@click.option("--to", type=click.Choice(FORMS), required=True, help="A file, compiled code, or a folder to share.")
@click.option("--out", metavar="PATH", help="Where it goes (RUN/export/...).")
@click.option("--compile/--no-compile", "compiled", default=True, help="With package: compiled code too (a minute).")
def command(run: str, to: str, out: str | None, compiled: bool) -> None:
    """Write the generator of RUN for others: onnx for any runtime, package for torch alone, folder for ganworks.load.

    A file is compared with torch on random inputs and kept only when it draws the same.
    """
    from ..export import folder, onnx, package  # noqa: PLC0415  imports torch
    from ..model import load  # noqa: PLC0415

    model = load(run)
    name = f"{model.run.recipe}-{model.sha256[:8]}"
    suffix = {"onnx": ".onnx", "package": ".pt2", "folder": ""}[to]
    path = Path(out) if out else Path(run) / "export" / f"{name}{suffix}"
    if suffix and path.suffix != suffix:
        from ..settings import ConfigError  # noqa: PLC0415

        raise ConfigError(f"--out is a file that ends in {suffix}, got {path}")
    if to == "folder":
        _tell(str(folder.write(model, path)))
        return
    written = {path: onnx.write(model, path)} if to == "onnx" else package.write(model, path, compiled)
    for each, apart in written.items():
        _tell(f"{each} ({each.stat().st_size / 1e6:.1f} MB, within {apart:.1e} of torch)")


def _tell(line: str) -> None:
    from ..settings import printable  # noqa: PLC0415

    click.echo(printable(line))
