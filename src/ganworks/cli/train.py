"""ganworks train: from data to a generator."""

import click


@click.command()
@click.argument("data", required=False)
@click.option("--recipe", metavar="NAME", help="A name that `ganworks recipes` lists, or a run's run.toml.")
@click.option("--minutes", type=float, metavar="M", help="Train for so many minutes.")
@click.option("--samples", type=int, metavar="N", help="Train on so many samples; the same seed gives the same bytes.")
@click.option("--seed", type=int, metavar="S", help="Seed of every random choice (0).")
@click.option("--run", "folder", metavar="DIR", help="Where the run is kept (runs/<data>-<recipe>).")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="Change a setting, e.g. terms.0.weight=3.")
@click.option("--until", metavar="WHEN", help="budget, or converged: end where nothing improves any more.")
@click.option("--evaluate/--no-evaluate", "evidence", default=True, help="End with a short evaluation and a report.")
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be read.")
def command(
    data: str | None,
    recipe: str | None,
    minutes: float | None,
    samples: int | None,
    seed: int | None,
    folder: str | None,
    settings: tuple[str, ...],
    until: str | None,
    evidence: bool,
    strict: bool,
) -> None:
    """Train a generator on DATA: a folder of pictures, an archive, an array file, or one of the built-in names digits
    (the default), glyphs, mnist, fashion-mnist, cifar10, ring, grid.

    The same command again goes on where it stopped. Ctrl-C finishes the step, saves and leaves.
    """
    from .. import launch  # noqa: PLC0415  imports torch
    from ..training.journal import verdict_of  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    watch = Terminal()
    words = launch.Words(data, recipe, samples, minutes, seed, folder, settings, strict, until)
    plan = launch.plan(words, watch)
    for line in plan.lines:
        watch.line(line)
    watch.line(f"run {plan.folder}: watch {plan.folder / 'samples' / 'latest.png'}")
    launch.launch(plan, watch)
    if told := verdict_of(plan.folder):
        watch.line(told)
    if evidence:
        from ..conclude import conclude  # noqa: PLC0415

        conclude(plan.folder, watch)
    watch.line(
        f"done: {plan.folder / 'samples' / 'real-beside-fake.png'}; draw more with: ganworks sample {plan.folder}"
    )
