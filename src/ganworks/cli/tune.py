"""ganworks tune: many short runs, and the best of them as a recipe."""

import click


@click.command()
@click.argument("data")
@click.option("--trials", type=int, default=20, show_default=True, metavar="N", help="Runs in the study, in all.")
@click.option("--minutes", type=float, metavar="M", help="Minutes of training for each trial.")
@click.option("--samples", type=int, metavar="N", help="Or samples for each trial.")
@click.option("--recipe", metavar="NAME", help="As for train.")
@click.option("--search", multiple=True, metavar="NAME[=LOW:HIGH]", help="Search only these, between these factors.")
@click.option("--space", "show_space", is_flag=True, help="Print what would be searched, and leave.")
@click.option("--run", "folder", metavar="DIR", help="Where the study is kept (runs/<data>-<recipe>-tune).")
@click.option("--storage", metavar="URL", help="An Optuna storage that several machines share (SQLite in the folder).")
@click.option(
    "--study", default="ganworks", show_default=True, metavar="NAME", help="Name of the study in its storage."
)
@click.option("--seed", type=int, metavar="S", help="Seed of every trial and of the sampler (0).")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="Change a setting before searching around it.")
def command(
    data: str,
    trials: int,
    minutes: float | None,
    samples: int | None,
    recipe: str | None,
    search: tuple[str, ...],
    show_space: bool,
    folder: str | None,
    storage: str | None,
    study: str,
    seed: int | None,
    settings: tuple[str, ...],
) -> None:
    """Move the settings of the recipe for DATA and keep what comes closest to the validation split.

    The first trial is the recipe as it is; the same command again goes on. One seed a trial: confirm the best recipe
    with `ganworks compare` over several.
    """
    from .. import tune  # noqa: PLC0415  imports torch
    from ..launch import Words  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    watch = Terminal()
    words = Words(data, recipe, samples, minutes, seed, folder, settings)
    if show_space:
        found, space = tune.plan(words, search, watch)
        for name, factors in space.items():
            click.echo(f"{name}: {factors.low:g} to {factors.high:g} times {_value(found.run, name)}")
        return
    tuned = tune.tune(words, trials, search, storage, study, watch)
    for rank, each in enumerate(tuned.ranking[:10], 1):
        told = ", ".join(f"{name} x {factor:.2f}" for name, factor in each.factors.items() if factor != 1)
        click.echo(f"{rank:2}. trial {each.number}: distance {each.distance:.5g}  {told or 'the recipe as it is'}")
    for plot in tuned.plots:
        click.echo(f"plot: {plot}")
    click.echo(f"recipe: {tuned.recipe}; train with: ganworks train {data} --recipe {tuned.recipe}")


def _value(run: object, path: str) -> str:
    value = run
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, tuple) else getattr(value, key)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
