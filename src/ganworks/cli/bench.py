"""ganworks bench: how fast training is here, beside the loops that tutorials teach."""

from collections.abc import Mapping
from typing import Any

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[mlp|conv28|dcgan|all]...")
@click.option("--data", default="glyphs", show_default=True, metavar="PATH", help="Pictures; anything `train` reads.")
@click.option("--seconds", default=30.0, show_default=True, metavar="S", help="Of timed training, over all loops.")
@click.option("--threads", type=int, metavar="N", help="Threads of torch (as it chooses itself).")
@click.option("--channels", default=1, show_default=True, metavar="C", help="Of the pictures: 1 or 3.")
@click.option("--side", type=int, metavar="PIXELS", help="Of the pictures (28, and 64 for dcgan).")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="Change a setting of every recipe measured.")
@click.option("--minutes", type=float, metavar="M", help="Measure what a run of M minutes does besides steps, too.")
@click.option("--brief", is_flag=True, help="Rates and ceilings alone: no start-up, no memory.")
@click.option("--json", "as_json", is_flag=True, help="Print plain JSON.")
def command(
    names: tuple[str, ...],
    data: str,
    seconds: float,
    threads: int | None,
    channels: int,
    side: int | None,
    settings: tuple[str, ...],
    minutes: float | None,
    brief: bool,
    as_json: bool,
) -> None:
    """Measure the loops that tutorials teach beside the same model here, in turns in one process: samples a second,
    the ratio with its quartiles, the share of the machine's ceilings, start-up and memory. Minutes for all three.
    """
    import json  # noqa: PLC0415

    from ..bench.measure import Words, measure  # noqa: PLC0415  imports torch
    from ..training.watch import Terminal  # noqa: PLC0415

    words = Words(names, data, seconds, threads, channels, side, settings, minutes, brief)
    page = measure(words, Terminal().line)
    if as_json:
        click.echo(json.dumps(page, indent=1))
    else:
        _print(page)


def _print(page: Mapping[str, Any]) -> None:
    click.echo(page["line"])
    click.echo(f"memory copy {page['copy']:.1f} GB/s")
    for name, loop in page["loops"].items():
        click.echo()
        _rates(name, loop)
        for line in _ceilings(loop["ceilings"]):
            click.echo(line)
        for line in _costs(loop["costs"]) if "costs" in loop else ():
            click.echo(line)


def _rates(name: str, loop: Mapping[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    from .evaluate import console  # noqa: PLC0415

    channels, height, width = loop["shape"]
    title = f"{name}: {channels} x {height} x {width}, batch {loop['batch']}, {loop['gflop']:.3g} GFLOP a step"
    table = Table(title=title, title_justify="left")
    for column in ("loop", "samples/s", "ratio", "quartiles", "GFLOP/s", "of ceiling"):
        table.add_column(column, justify="left" if column == "loop" else "right")
    for row in loop["rows"]:
        ratio = row["ratio"]
        between = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
        rate = f"{row['rate']['median']:,.0f}"
        table.add_row(
            row["name"], rate, f"{ratio['median']:.2f}", between, f"{row['gflops']:.3g}", f"{row['share']:.0%}"
        )
    console().print(table)


def _ceilings(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    kinds = [(what, found[what]) for what in ("product", "convolution") if found[what]]
    told = [f"{what} " + ", ".join(f"{rate:,.0f} in {kind}" for kind, rate in rates.items()) for what, rates in kinds]
    return [f"ceilings in GFLOP/s: {'; '.join(told)}"]


def _costs(found: Mapping[str, Any]) -> list[str]:
    loops = ("tutorial", "ganworks")
    started = ", ".join(f"{each} {found[each]['seconds']:.1f} s" for each in loops)
    memory = ", ".join(f"{each} {found[each]['memory']:.2f} GB" for each in loops)
    lines = [f"first step after: {started}; memory: {memory}"]
    shares = ", ".join(
        f"{each['times']:,.0f} {each['name']}s of {_seconds(each['seconds'])} {each['share']:.1%}"
        if each["times"] != 1
        else f"{each['name']} of {_seconds(each['seconds'])} {each['share']:.1%}"
        for each in found.get("shares", ())
    )
    return [*lines, f"shares of {found['minutes']:g} minutes: {shares}"] if shares else lines


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{1000 * value:.2g} ms"
