"""ganworks serve: trained generators behind an address, for programs and for the studio page."""

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, help="0 for any that is free.")
@click.option("--token", default="", metavar="TEXT", help="What clients have to know (drawn at random).")
@click.option("--remote", is_flag=True, help="Let other machines connect; wants a --token of your own.")
@click.option(
    "--name", "names", multiple=True, metavar="HOST", help="A further host name it answers to, as of a proxy."
)
@click.option("--runs", "folder", default="runs", show_default=True, metavar="FOLDER", help="Runs the studio lists.")
@click.option("--data", default=".", show_default=True, metavar="FOLDER", help="Where the page offers data sets from.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, mps or auto.")
@click.option("--no-studio", is_flag=True, help="No page, only the address for programs.")
@click.option("--set", "limits", multiple=True, metavar="LIMIT=VALUE", help="A limit, such as queue=200 or count=64.")
def command(
    runs: tuple[str, ...],
    host: str,
    port: int,
    token: str,
    remote: bool,
    names: tuple[str, ...],
    folder: str,
    data: str,
    device: str,
    no_studio: bool,
    limits: tuple[str, ...],
) -> None:
    """Serve RUNs, and those of --runs when they are asked for, until Ctrl-C.

    Prints one line: the address with its token. Only this machine can connect, unless --remote.
    """
    from ..extras import library  # noqa: PLC0415
    from ..settings import override  # noqa: PLC0415

    for name in ("fastapi", "uvicorn", "httptools", "python_multipart", "prometheus_client"):
        library(name, "services", "serve")
    from ..server.running import serve  # noqa: PLC0415
    from ..server.settings import Limits, Service  # noqa: PLC0415

    tree = Limits().tree()
    for each in limits:
        tree = override(tree, each)
    service = Service.from_tree(
        {
            "host": host, "port": port, "token": token, "remote": remote, "names": names, "runs": Path(folder),
            "data": Path(data), "device": device, "studio": not no_studio, "limits": Limits.from_tree(tree, "--set"),
        }
    )  # fmt: skip
    serve(service, runs, click.echo)
