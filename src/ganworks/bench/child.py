"""A process of its own for what one process can tell only once: the way to the first step, and the most memory.

`python -m ganworks.bench.child '{"kind": ..., ...}'`; prints one line of JSON. Nothing is imported before it is needed,
since importing is part of what is timed.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from ..training.keeper import Keeper
    from ..training.run import Run
    from .pairs import Clock

STEPS = 5
"""Steps before the peak of memory is read."""
SECONDS, MOST = 0.5, 50
"""Each cost is measured for so long, but at most so many times; the median counts."""
SAMPLES, REPEATS = 1_000, 5
"""Of the short evaluation that ends a run."""


def tutorial(words: dict[str, Any]) -> dict[str, Any]:
    """The tutorial's script: import, open the folder, build, step."""
    import torch  # noqa: PLC0415

    from ..training import devices  # noqa: PLC0415
    from . import machine  # noqa: PLC0415
    from .tutorials import TUTORIALS, Loop  # noqa: PLC0415

    files = sorted(Path(words["folder"]).glob("*.png"))
    torch.manual_seed(0)
    device = devices.pick("auto")
    loop = Loop(TUTORIALS[words["name"]].build(words["channels"], words["side"]), files, device)
    loop.step()
    machine.wait(device)
    first = time.time()
    for _ in range(STEPS):
        loop.step()
    return {"first_step": first, "memory": machine.peak_memory(device)}


def ours(words: dict[str, Any]) -> dict[str, Any]:
    """What `ganworks train` does up to the first step; then what it does besides stepping, one thing after another."""
    from .. import launch  # noqa: PLC0415
    from ..training.folder import RunFolder, write_atomic  # noqa: PLC0415
    from ..training.keeper import Keeper  # noqa: PLC0415
    from ..training.session import Session  # noqa: PLC0415
    from ..training.watch import Watch  # noqa: PLC0415
    from . import machine  # noqa: PLC0415

    settings = ("domain.validation=0.25", "domain.test=0.25", *words["settings"])
    plan = launch.plan(launch.Words(words["data"], words["name"], folder=words["folder"], settings=settings))
    folder = RunFolder(plan.folder)
    with folder.lock():
        write_atomic(folder.settings, plan.run.toml())
        session = Session(plan.run, plan.dataset)
        keeper = Keeper(session, folder, Watch())
        keeper.begin()
        stats = keeper.step()
        machine.wait(session.device)
        first = time.time()
        keeper.after(stats)
        for _ in range(STEPS):
            session.step()
        machine.wait(session.device)
        memory = machine.peak_memory(session.device)
        # A checkpoint waits for the disk, which takes no time of the processor.
        clock = machine.clock(session.device)
        costs = besides(keeper, clock, machine.WALL) if words["costs"] else {}
        keeper.deliver()
    if words["costs"]:
        costs["evaluation"] = _evaluation(plan.folder, clock)
    return {"first_step": first, "memory": memory, "seconds": costs, "counts": counts(plan.run)}


def counts(run: "Run") -> dict[str, int]:
    """How often a run does what it does besides steps, as far as its settings say."""
    health = run.health
    kept = {"checkpoints": run.checkpoints, "previews": run.previews}
    return {**kept, "judgements": health.judgements, "apart": health.apart}


def besides(keeper: "Keeper", clock: "Clock", disk: "Clock") -> dict[str, float]:
    """Seconds of a step, a look at its numbers, a preview, a judgement; and by `disk`'s clock of a checkpoint."""
    from ..training.previews import Previews  # noqa: PLC0415

    session = keeper.session
    previews = Previews(session, keeper.folder, lambda line: None)
    stats = session.step()
    works: dict[str, Callable[[], object]] = {
        "step": session.step,
        "look": lambda: session.faults(stats),
        "checkpoint": lambda: keeper.save(required=True),
        "preview": previews.draw,
    }
    if session.run.health.judgements:
        works["judgement"] = lambda: keeper.judge.look(stats)
    return {
        name: _median(work, disk if name == "checkpoint" else clock, session.device) for name, work in works.items()
    }


def _median(work: Callable[[], object], clock: "Clock", device: "torch.device") -> float:
    from . import machine  # noqa: PLC0415

    seconds: list[float] = []
    work()
    while sum(seconds) < SECONDS and len(seconds) < MOST:
        begun = clock()
        work()
        machine.wait(device)
        seconds.append(clock() - begun)
    return statistics.median(seconds)


def _evaluation(folder: Path, clock: "Clock") -> float:
    from ..evaluation import evaluate  # noqa: PLC0415

    begun = clock()
    evaluate(folder, count=SAMPLES, repeats=REPEATS)
    return clock() - begun


def main() -> None:
    words = json.loads(sys.argv[1])
    print(json.dumps({"tutorial": tutorial, "ours": ours}[words["kind"]](words)))


if __name__ == "__main__":
    main()
