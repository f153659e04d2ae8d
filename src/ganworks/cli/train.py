"""ganworks train: from data to a generator."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from ..launch import Words


@click.command()
@click.argument("data", required=False)
@click.option("--recipe", metavar="NAME", help="A name that `ganworks recipes` lists, or a run's run.toml.")
@click.option("--minutes", type=float, metavar="M", help="Train for so many minutes.")
@click.option("--samples", type=int, metavar="N", help="Train on so many samples; the same seed gives the same bytes.")
@click.option("--seed", type=int, metavar="S", help="Seed of every random choice (0).")
@click.option("--from", "begin", metavar="RUN", help="Begin with the weights of another run: fine-tuning.")
@click.option("--run", "folder", metavar="DIR", help="Where the run is kept (runs/<data>-<recipe>).")
@click.option("--set", "settings", multiple=True, metavar="A.B=C", help="Change a setting, e.g. terms.0.weight=3.")
@click.option(
    "--dp",
    nargs=2,
    metavar="epsilon=E delta=D",
    help="Differential privacy for each record; docs/differential_privacy.md.",
)
@click.option("--until", metavar="WHEN", help="budget, or converged: end where nothing improves any more.")
@click.option(
    "--evaluate/--no-evaluate", "evidence", default=None, help="End with a short evaluation and a report (yes)."
)
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be read.")
@click.option("--processes", type=click.IntRange(1), default=1, metavar="N", help="Train in N processes here (1).")
@click.option(
    "--restarts", type=click.IntRange(0), default=3, metavar="N", help="Starts anew when one of them dies (3)."
)
def command(
    data: str | None,
    recipe: str | None,
    minutes: float | None,
    samples: int | None,
    seed: int | None,
    begin: str | None,
    folder: str | None,
    settings: tuple[str, ...],
    dp: tuple[str, str] | None,
    until: str | None,
    evidence: bool | None,
    strict: bool,
    processes: int,
    restarts: int,
) -> int:
    """Train a generator on DATA: a folder of pictures, an archive, an array file, or one of the built-in names digits
    (the default), glyphs, mnist, fashion-mnist, cifar10, ring, grid.

    The same command again goes on where it stopped. Ctrl-C finishes the step, saves and leaves. With --from RUN the
    networks begin with that run's weights, and everything else afresh.
    """
    from .. import launch  # noqa: PLC0415  imports torch

    words = launch.Words(data, recipe, samples, minutes, seed, folder, settings, strict, until, begin, dp or ())
    return _many(words, processes, restarts) if processes > 1 else _one(words, evidence)


def _one(words: "Words", evidence: bool | None) -> int:
    """Train in this process and, under torch's launcher, in those beside it; only the first of them talks."""
    from .. import launch  # noqa: PLC0415
    from ..adversarial.collective import rank  # noqa: PLC0415
    from ..training import elastic, processes  # noqa: PLC0415
    from ..training.journal import verdict_of  # noqa: PLC0415
    from ..training.watch import Terminal, Watch  # noqa: PLC0415

    with processes.joined():
        first = rank() == 0
        watch = Terminal() if first else Watch()
        if elastic.attempt():
            watch.line(f"a process went away: all were started again (restart {elastic.attempt()})")
        plan = processes.together(lambda: launch.plan(words, watch))
        for line in plan.lines:
            watch.line(line)
        watch.line(f"run {plan.folder}: watch {plan.folder / 'samples' / 'latest.png'}")
        launch.launch(plan, watch)
    if not first:
        _leave()
    if told := verdict_of(plan.folder):
        watch.line(told)
    private = plan.run.private is not None
    if private and evidence is None:
        watch.line(
            "not evaluated: that compares with real records, outside of the promise; --evaluate does it all the same"
        )
    if evidence or (evidence is None and not private):
        from ..conclude import conclude  # noqa: PLC0415

        conclude(plan.folder, watch)
    shown = plan.folder / "samples" / ("latest.png" if private else "real-beside-fake.png")
    watch.line(
        f"done: {shown}; draw more with: ganworks sample {plan.folder}"
        if plan.run.domain.given == "nothing"
        else f"done: {plan.folder / 'samples' / 'latest.png'}; use it with: ganworks apply {plan.folder} IN OUT"
    )
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        _leave()
    return 0


def _leave() -> NoReturn:
    """End a process that was one of several at once: now and then torch's threads abort one on its way out, after all
    is written, and the launcher would call that a failure."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _many(words: "Words", processes: int, restarts: int) -> int:
    """Start the same command in several processes, once the settings and the data are known to be sound: what is
    decoded then lies in the cache for all of them."""
    from .. import launch  # noqa: PLC0415
    from ..settings import ConfigError  # noqa: PLC0415
    from ..training import devices, elastic  # noqa: PLC0415
    from ..training.processes import check_batch, check_devices  # noqa: PLC0415
    from ..training.watch import Terminal  # noqa: PLC0415

    if "RANK" in os.environ:
        raise ConfigError("torchrun has decided how many processes there are; leave out --processes")
    run = launch.plan(words, Terminal()).run
    check_batch(run, processes)
    check_devices(devices.pick(run.device), processes)
    return elastic.start(processes, restarts, _repeated())


def _repeated() -> list[str]:
    """The words of this command, as given, without those about processes."""
    context = click.get_current_context()
    words, places = ["train"], list[str]()
    for parameter in context.command.params:
        value = context.params[str(parameter.name)]
        if parameter.name in ("processes", "restarts") or value is None or value == ():
            continue
        if value is False and not parameter.secondary_opts:
            continue
        if isinstance(parameter, click.Argument):
            places += ["--", str(value)]
        elif isinstance(value, bool):
            words.append(parameter.opts[0] if value else parameter.secondary_opts[0])
        else:
            words += [f"{parameter.opts[0]}={each}" for each in (value if isinstance(value, tuple) else (value,))]
    return words + places
