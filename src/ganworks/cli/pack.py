"""ganworks pack: data -> tar shards, for what is larger than memory or lies elsewhere."""

from pathlib import Path

import click


@click.command()
@click.argument("data")
@click.argument("folder")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="How DATA is read, e.g. domain.size=[64,64].")
@click.option("--shard-bytes", default=100_000_000, show_default=True, metavar="N", help="Bytes of a shard, about.")
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be read.")
def command(data: str, folder: str, settings: tuple[str, ...], shard_bytes: int, strict: bool) -> None:
    """Write DATA's pictures, read as training reads them, into tar shards in FOLDER with an index.

    The same command again goes on where it stopped. Train with: ganworks train FOLDER.
    """
    from ..domains import Image  # noqa: PLC0415  imports torch
    from ..domains.image.shards.pack import pack  # noqa: PLC0415
    from ..settings import ConfigError, override, printable  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    tree = {"domain": {"name": "image"}}
    for assignment in settings:
        if assignment.partition("=")[0].strip().partition(".")[0] != "domain":
            raise ConfigError(f"pack reads data and trains nothing: it takes settings of domain, got '{assignment}'")
        tree = override(tree, assignment)
    if tree["domain"].get("name") != "image":
        raise ConfigError(f"shards hold pictures: domain must be image, got '{tree['domain'].get('name')}'")
    packed = pack(Image.from_tree(tree["domain"], "domain"), data, Path(folder), shard_bytes, Terminal().line, strict)
    index = packed.made
    size = sum(shard.bytes for shard in index.shards)
    before = f", {packed.kept} of them were there" if packed.kept else ""
    click.echo(
        printable(
            f"{index.records:,} records in {len(index.shards):,} shards ({size / 1e6:,.1f} MB{before}) in {folder}; "
            f"train with: ganworks train {folder}"
        )
    )
