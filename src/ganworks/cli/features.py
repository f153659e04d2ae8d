"""ganworks features: a network that knows the grain of your own pictures, for terms that compare features."""

from pathlib import Path

import click

MOST, AT_ONCE = 5_000, 256
"""Pictures that are learnt from, and those of them that are encoded together."""


@click.command()
@click.argument("data")
@click.argument("out", metavar="OUT.safetensors")
@click.option("--steps", default=300, show_default=True, help="Of learning; 200 are half a minute of one core.")
@click.option("--seed", default=0, show_default=True, help="Of every random choice.")
def command(data: str, out: str, steps: int, seed: int) -> None:
    """Learn features from the pictures in DATA; a term takes them as extractor=self:OUT.safetensors."""
    from ..domains import Image  # noqa: PLC0415  imports torch
    from ..metrics.features.backbones import learn_backbone  # noqa: PLC0415
    from ..settings import printable  # noqa: PLC0415
    from ..training.feed import held  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    terminal, domain = Terminal(), Image()
    dataset = domain.read(data, terminal.line)
    codec, train = domain.fit(dataset), dataset.train
    rows = train.spread(MOST)
    parts = (held(train, rows[start : start + AT_ONCE], codec).x for start in range(0, len(rows), AT_ONCE))
    learnt = learn_backbone(parts, Path(out), steps, seed, terminal.line)
    click.echo(printable(f"{out} (SHA-256 {learnt.sha256[:12]}): use it with --set terms.N.extractor=self:{out}"))
