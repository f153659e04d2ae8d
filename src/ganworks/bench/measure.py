"""measure: names of reference loops -> a page of plain values with everything that was measured about them."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch

from ..domains.base import Notify, Raw
from ..settings import ConfigError, no_such
from ..training import devices
from ..training.session import Session
from . import ceilings, costs, machine, pairs, sessions
from .tutorials import BATCH, TUTORIALS, Loop, encoded

ALL = "all"
SIDES = [grid << stage for grid in range(4, 8) for stage in range(2, 6)]
"""Those that every pair of networks draws without padding."""


class Words(NamedTuple):
    """What a user asked for."""

    names: Sequence[str] = ()
    """Of loops; none means all."""
    data: str = "glyphs"
    seconds: float = 30.0
    """Of timed training, over all loops."""
    threads: int | None = None
    channels: int = 1
    side: int | None = None
    """Of the pictures, in pixels; unset: what each tutorial is written for."""
    settings: Sequence[str] = ()
    """`a.b=c`, laid over every recipe of ours."""
    minutes: float | None = None
    """Of a run: then the shares that checkpoints, previews, judgements and an evaluation take of it are measured."""
    brief: bool = False
    """Rates and ceilings alone: no start-up, no memory."""


def measure(words: Words, notify: Notify = lambda line: None) -> dict[str, Any]:
    """The page: machine, loops, each with rates, ratios, ceilings and costs.

    Raises ConfigError or DataError with one line. The number of threads and torch's random generator are as before
    when it returns.
    """
    names = _checked(words)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    if words.threads is not None:
        torch.set_num_threads(words.threads)
    try:
        device = devices.pick("auto")
        page: dict[str, Any] = {"machine": machine.describe(device)._asdict()}
        page["line"] = machine.describe(device).line()
        page["copy"] = round(ceilings.copying(device), 2)
        page["loops"] = {name: _loop(name, words, words.seconds / len(names), device, notify) for name in names}
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)
    return page


def _loop(name: str, words: Words, seconds: float, device: torch.device, notify: Notify) -> dict[str, Any]:
    tutorial = TUTORIALS[name]
    side = words.side or tutorial.side
    notify(f"{name}: reading pictures of {side} x {side}")
    pictures = sessions.pictures(words.data, side, words.channels, notify)
    steppers = _steppers(name, pictures, words.settings, device)
    probe = tutorial.build(words.channels, side)
    flops = ceilings.needed_flops(probe, words.channels, side, BATCH)
    notify(f"{name}: ceilings at its shapes")
    ceiling = ceilings.measure(ceilings.heaviest(probe, words.channels, side, BATCH), device)
    notify(f"{name}: {', '.join(each.name for each in steppers)}, in turns for about {seconds:.0f} s")
    rows = pairs.compare(steppers, seconds, machine.clock(device))
    found: dict[str, Any] = {
        "shape": [words.channels, side, side],
        "batch": BATCH,
        "gflop": flops / 1e9,
        "ceilings": ceiling._asdict(),
        "rows": [_row(row, flops, ceiling) for row in rows],
    }
    if not words.brief:
        notify(f"{name}: start-up, memory{' and what a run does besides steps' if words.minutes else ''}")
        measured = costs.measure(name, pictures, [f"batch={BATCH}", *words.settings], words.minutes)
        found["costs"] = {
            "tutorial": measured.tutorial._asdict(),
            "ganworks": measured.ganworks._asdict(),
        }
        if words.minutes is not None:
            found["costs"]["minutes"] = words.minutes
            found["costs"]["shares"] = [each._asdict() for each in measured.shares]
    return found


def _steppers(name: str, pictures: Raw, settings: Sequence[str], device: torch.device) -> list[sessions.Stepping]:
    _, side, _, channels = pictures.shape
    torch.manual_seed(0)
    loop = Loop(TUTORIALS[name].build(channels, side), encoded(pictures), device)
    data = sessions.dataset(pictures)
    ours = {
        variant: Session(sessions.planned(name, data, [*laid, *settings]), data)
        for variant, laid in sessions.VARIANTS.items()
    }
    return [
        sessions.stepping("tutorial", loop),
        *(sessions.stepping(f"ganworks {variant}", each) for variant, each in ours.items()),
    ]


def _row(row: pairs.Row, flops: int, ceiling: ceilings.Ceilings) -> dict[str, Any]:
    """A loop's share is of the ceiling of its own precision."""
    precision = row.name.split()[-1] if row.name.split()[-1] in ceilings.PRECISIONS else "float32"
    achieved = row.rate.median / BATCH * flops / 1e9
    share = achieved / ceiling.highest(precision)
    return {
        "name": row.name,
        "rate": row.rate._asdict(),
        "ratio": row.ratio._asdict(),
        "gflops": achieved,
        "precision": precision,
        "share": share,
    }


def _checked(words: Words) -> list[str]:
    """The loops that are asked for, each once. Raises ConfigError about the first word that means nothing."""
    wanted: Iterable[str] = words.names or (ALL,)
    for name in wanted:
        if name not in TUTORIALS and name != ALL:
            raise ConfigError(no_such("loop", name, [*TUTORIALS, ALL]))
    for what, value in (("seconds", words.seconds), ("minutes", words.minutes)):
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise ConfigError(f"{what} must be a number above 0, got {value:g}")
    if words.threads is not None and words.threads < 1:
        raise ConfigError(f"threads must be at least 1, got {words.threads}")
    if words.channels not in {1, 3}:
        raise ConfigError(f"channels must be 1 or 3, as a tutorial's pictures are, got {words.channels}")
    if words.side is not None and words.side not in SIDES:
        raise ConfigError(f"side must be 4 to 7 times a power of two, such as 28, 32, 40 or 64, got {words.side}")
    return [name for name in TUTORIALS if name in wanted or ALL in wanted]
