"""Quality at equal time: the tutorials' loops and ganworks on MNIST after so many CPU minutes of one thread.

Fréchet distance in the digit classifier's features, 10,000 samples against the test split, beside the floor (validation
digits against test digits) and the copycat (training digits passed off as generated). A tutorial's loop is one run that
is looked at several times; a run of ganworks has schedules that depend on its length, so each length is a run of its
own. What ganworks does besides steps (judging, saving, drawing) is within its minutes; reading the data is in nobody's.
Of a tutorial's generator the better is taken of its samples with running statistics and with those of the batch.

Each result is a small file in --folder: the same command goes on where it was stopped.
"""

import argparse
import copy
import json
import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import modes

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganworks.domains import Codec, Dataset

TUTORIALS, RECIPES = ("mlp", "conv28", "dcgan"), ("lean-28", "dcgan")
COUNT = 10_000
TRIAL_SECONDS = 10.0
SHORT, TRIES, MISS = 2.0, 3, 0.1
"""Runs up to so many minutes are repeated with more or fewer samples, at most so often, when they miss their minutes by
more than this share of them: what a short run does besides steps is hard to foretell."""
Numbers = dict[str, float]


class Job(NamedTuple):
    kind: str
    """tutorial, ganworks or floor."""
    name: str
    seed: int
    minutes: tuple[float, ...]
    """When a tutorial is looked at; of ganworks, the length of the run."""
    data: str
    folder: Path
    settings: tuple[str, ...] = ()
    """Of ganworks: laid over the recipe."""

    def result(self, minutes: float) -> Path:
        return self.folder / f"{self.kind}-{self.name}-{self.seed}-{minutes:g}.json"

    @property
    def left(self) -> bool:
        return not all(self.result(minutes).exists() for minutes in self.minutes)


def one(job: Job) -> Job:
    """Train and judge in this process, with one thread."""
    import torch  # noqa: PLC0415  after the thread count is set

    torch.set_num_threads(1)
    {"tutorial": tutorial, "ganworks": ours, "floor": floor}[job.kind](job)
    return job


def tutorial(job: Job) -> None:
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from ganworks.bench.tutorials import TUTORIALS as LOOPS  # noqa: PLC0415
    from ganworks.bench.tutorials import Loop, encoded  # noqa: PLC0415

    dataset, codec = _read(job.data)
    train = dataset.train
    files = encoded(train.fetch(np.arange(len(train))).x)
    torch.manual_seed(job.seed)
    channels, side, _ = codec.spec.shape
    loop = Loop(LOOPS[job.name].build(channels, side), files)
    steps, spent = 0, 0.0
    for minutes in sorted(job.minutes):
        begun = time.process_time()
        while spent + time.process_time() - begun < 60 * minutes:
            loop.step()
            steps += 1
        spent += time.process_time() - begun
        state = torch.get_rng_state()
        found = [_distance(job, dataset, _drawn(loop.generator, codec, training)) for training in (False, True)]
        torch.set_rng_state(state)
        _keep(job, minutes, {"distance": min(found), "samples": steps * loop.batch, "minutes": spent / 60})


def ours(job: Job) -> None:
    from ganworks import launch, load  # noqa: PLC0415

    (minutes,) = job.minutes
    run = job.folder / f"{job.name}-{job.seed}-{minutes:g}"
    words = launch.Words(job.data, job.name, seed=job.seed, folder=str(run), settings=job.settings)
    samples = _affordable(launch.plan(words._replace(samples=1 << 30)), minutes)
    for _ in range(TRIES if minutes <= SHORT else 1):
        shutil.rmtree(run, ignore_errors=True)  # one that was stopped: its time was not counted
        plan = launch.plan(words._replace(samples=samples))
        begun = _cpu_seconds()
        launch.launch(plan)
        spent = (_cpu_seconds() - begun) / 60
        numbers = {"samples": float(samples), "minutes": spent}
        if abs(spent - minutes) <= MISS * minutes:
            break
        samples = int(samples * minutes / spent)
    numbers["distance"] = _distance(job, plan.dataset, modes._generated(load(run), COUNT, 0))
    _keep(job, minutes, numbers)


def floor(job: Job) -> None:
    dataset, codec = _read(job.data)
    count = min(COUNT, len(dataset.test))
    numbers = {
        "floor": _distance(job, dataset, modes._encoded(dataset.validation, codec, COUNT)),
        "copycat": _distance(job, dataset, modes._encoded(dataset.train, codec, COUNT)),
        "floor count": float(len(dataset.validation)),
        "test": float(count),
    }
    _keep(job, job.minutes[0], numbers)


def _affordable(plan: object, minutes: float) -> int:
    """Samples that fit into so many CPU minutes, with everything a run does besides its steps."""
    import tempfile  # noqa: PLC0415

    from ganworks.bench import child, costs  # noqa: PLC0415
    from ganworks.training.folder import RunFolder  # noqa: PLC0415
    from ganworks.training.keeper import Keeper  # noqa: PLC0415
    from ganworks.training.session import Session  # noqa: PLC0415
    from ganworks.training.watch import Watch  # noqa: PLC0415

    session = Session(plan.run, plan.dataset)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        with folder.lock():
            keeper = Keeper(session, folder, Watch())
            keeper.begin()
            session.step()
            begun, steps = time.process_time(), 0
            while time.process_time() - begun < min(TRIAL_SECONDS, 60 * minutes):
                session.step()
                steps += 1
            step = (time.process_time() - begun) / steps
            seconds = child.besides(keeper, time.process_time, time.process_time) | {"step": step}
    found = costs.shares(seconds, child.counts(plan.run), minutes)
    looks = next(each.times for each in found if each.name == "look")
    return max(1, int(looks)) * plan.run.batch


def _drawn(generator: "nn.Module", codec: "Codec", training: bool) -> "Iterator[Tensor]":
    """As a user of ours would get them: whole grey levels. On a copy, since batch statistics move."""
    import torch  # noqa: PLC0415

    from ganworks.bench.tutorials import BATCH, LATENT  # noqa: PLC0415

    network = copy.deepcopy(generator).train(training)
    z = torch.randn(COUNT, LATENT, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for part in torch.split(z, BATCH if training else 1_000):
            yield codec.encode(torch.from_numpy(codec.decode(network(part)))).x


def _distance(job: Job, dataset: "Dataset", parts: "Iterator[Tensor]") -> float:
    from ganworks.domains import Image  # noqa: PLC0415
    from ganworks.metrics.features import extract  # noqa: PLC0415
    from ganworks.metrics.frechet import frechet_distance  # noqa: PLC0415

    extractor = modes._classifier(modes.Job("table", job.data, None, 0, 0, job.folder))
    test = extract(extractor, modes._encoded(dataset.test, Image().fit(dataset), COUNT))
    return frechet_distance(test, extract(extractor, parts))


def _read(data: str) -> "tuple[Dataset, Codec]":
    from ganworks.domains import Image  # noqa: PLC0415

    dataset = Image().read(data)
    return dataset, Image().fit(dataset)


def _cpu_seconds() -> float:
    """Of this process and of those it waited for, such as a compiler's."""
    return sum(os.times()[:4])


def _keep(job: Job, minutes: float, numbers: Numbers) -> None:
    aside = job.result(minutes).with_suffix(".part")
    aside.write_text(json.dumps(numbers), encoding="utf-8")
    aside.replace(job.result(minutes))


def _numbers(job: Job) -> dict[float, Numbers]:
    return {each: json.loads(job.result(each).read_text(encoding="utf-8")) for each in job.minutes}


def jobs(arguments: argparse.Namespace) -> list[Job]:
    """The longest first, so that the last ones end together."""
    data, folder, seeds = arguments.data, arguments.folder, range(arguments.seeds)
    marks = tuple(sorted(arguments.minutes))
    lengths = sorted({*arguments.early, *marks})
    found = [Job("tutorial", name, seed, marks, data, folder) for seed in seeds for name in arguments.tutorials]
    found += [
        Job("ganworks", name, seed, (each,), data, folder, tuple(arguments.set))
        for seed in seeds
        for name in arguments.recipes
        for each in lengths
    ]
    return [*sorted(found, key=lambda job: -max(job.minutes)), Job("floor", "real", 0, (0,), data, folder)]


def told(done: Sequence[Job]) -> Iterator[str]:
    """The tables, line by line."""
    rows: dict[tuple[str, str], dict[float, list[Numbers]]] = {}
    for job in done:
        for minutes, numbers in _numbers(job).items():
            rows.setdefault((job.kind, job.name), {}).setdefault(minutes, []).append(numbers)
    real = rows.pop(("floor", "real"))[0][0]
    seeds = max(len(each) for row in rows.values() for each in row.values())
    against = f"{COUNT:,} samples against {real['test']:,.0f} test digits"
    yield f"FD(digits), {against}, one thread, {seeds} seeds: mean (worst)"
    yield f"floor ({real['floor count']:,.0f} validation digits) {real['floor']:.3f}; copycat {real['copycat']:.3f}"
    for (kind, name), row in rows.items():
        for minutes, each in sorted(row.items()):
            distances = [numbers["distance"] for numbers in each]
            samples = statistics.mean(numbers["samples"] for numbers in each)
            spent = statistics.mean(numbers["minutes"] for numbers in each)
            yield (
                f"{kind:8}  {name:8}  {minutes:5g} minutes  {statistics.mean(distances):8.3f} ({max(distances):.3f})  "
                f"{samples:11,.0f} samples in {spent:.2f} CPU minutes"
            )
    for (kind, name), row in rows.items():
        if kind == "tutorial":
            last = max(row)
            bar = statistics.mean(numbers["distance"] for numbers in row[last])
            yield f"what the tutorial {name} has after {last:g} minutes ({bar:.3f}), ganworks has after"
            yield from (f"  {other}: {_reached(each, bar)}" for (of, other), each in rows.items() if of == "ganworks")


def _reached(row: dict[float, list[Numbers]], bar: float) -> str:
    for _, each in sorted(row.items()):
        distances = [numbers["distance"] for numbers in each]
        if statistics.mean(distances) <= bar:
            spent = statistics.mean(numbers["minutes"] for numbers in each)
            there = sum(distance <= bar for distance in distances)
            return f"{spent:.2f} minutes ({there} of {len(distances)} seeds)"
    return f"more than {max(row):g} minutes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", help="a path or a built-in name")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 5, 10], help="of CPU time")
    parser.add_argument("--early", type=float, nargs="*", default=[0.5, 1], help="shorter runs of ganworks besides")
    parser.add_argument("--tutorials", nargs="*", default=TUTORIALS)
    parser.add_argument("--recipes", nargs="*", default=RECIPES)
    parser.add_argument("--set", nargs="*", default=[], metavar="A.B=C", help="settings of ganworks' runs")
    parser.add_argument("--folder", type=Path, default=Path("runs/equal-time"), help="where runs and results are kept")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    arguments.folder.mkdir(parents=True, exist_ok=True)
    every = jobs(arguments)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for future in as_completed([pool.submit(one, job) for job in every if job.left]):
            job = future.result()
            print(f"  done: {job.kind} {job.name}, seed {job.seed}, {job.minutes}: {_numbers(job)}", flush=True)
    for line in told(every):
        print(line)


if __name__ == "__main__":
    main()
