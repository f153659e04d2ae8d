"""Digits: are all of 1,000 modes drawn, and how do the recipes compare at equal time?

stacked  three digits as the channels of one picture, 1,000 modes; counted with a classifier over 26,000 samples.
         Published with the objective of the default: 1,000 modes and KL 0.078 for a small network, 0.029 for the full
         one (Huang et al., 2024, on other networks and budgets). `glyphs` needs no download.
table    every recipe for 28 x 28 on MNIST for as many minutes of one core, over several seeds, beside the floor (real
         against real) and the copycat (training digits passed off as generated).

Minutes are minutes of one core. A trial of some seconds turns them into samples, so that other work on the machine
takes nothing from a run; what each run really took is printed.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from ganworks.domains import Codec, Dataset, Source
    from ganworks.metrics.features import Extractor
    from ganworks.model import Model

RECIPES = ("mlp", "conv28", "dcgan", "wgan-gp", "sngan", "r3-nano", "lean-28")
STACKED, TABLE = 26_000, 10_000
GLYPHS = 20_000
"""Glyphs, about one in six of them a digit, that their classifier learns from."""
TRIAL_SECONDS = 15.0


class Job(NamedTuple):
    kind: str
    data: str
    recipe: str | None
    seed: int
    minutes: float
    folder: Path


def train(job: Job) -> dict[str, float]:
    """Train, or go on with, one run of so many minutes of one core. Returns its samples and what they took."""
    from ganworks import launch  # noqa: PLC0415  after the thread count is set
    from ganworks.training.session import Session  # noqa: PLC0415

    cost, folder = job.folder / "cost.json", str(job.folder)
    if cost.exists():
        return json.loads(cost.read_text(encoding="utf-8"))
    settings = ("domain.stack=3",) if job.kind == "stacked" else ()
    words = launch.Words(job.data, job.recipe, samples=64, seed=job.seed, folder=folder, settings=settings)
    plan = launch.plan(words)
    session = Session(plan.run, plan.dataset)
    session.step()
    begun, start = time.process_time(), session.samples
    while time.process_time() - begun < TRIAL_SECONDS:
        session.step()
    rate = (session.samples - start) / (time.process_time() - begun)
    begun = time.process_time()
    launch.launch(launch.plan(words._replace(samples=int(rate * 60 * job.minutes))))
    took = {"samples": int(rate * 60 * job.minutes), "minutes": (time.process_time() - begun) / 60}
    cost.write_text(json.dumps(took), encoding="utf-8")
    return took


def one(job: Job) -> tuple[Job, dict[str, float]]:
    """Train and judge one run in this process."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    from ganworks import load  # noqa: PLC0415

    took = train(job)
    model = load(job.folder)
    dataset = model.run.domain.read(job.data)
    judge = judge_stacked if job.kind == "stacked" else judge_single
    return job, took | judge(model, dataset, _classifier(job))


def judge_stacked(model: "Model", dataset: "Dataset", extractor: "Extractor") -> dict[str, float]:
    """Modes and KL of generated records, of as many real ones, and how often the classifier is right on those."""
    from ganworks.metrics.scores import modes  # noqa: PLC0415

    fake = _classes(extractor, _generated(model, STACKED, 0))
    drawn, labels = _encoded(dataset.train, model.codec, STACKED), _labels(dataset.train, STACKED)
    real = _classes(extractor, drawn)
    counted, reference = modes(fake, 1_000), modes(real, 1_000)
    return {
        "modes": counted.count,
        "kl": counted.kl,
        "real modes": reference.count,
        "real kl": reference.kl,
        "classifier": float((real == labels).float().mean()),
    }


def judge_single(model: "Model", dataset: "Dataset", extractor: "Extractor") -> dict[str, float]:
    from ganworks.metrics.features import extract  # noqa: PLC0415
    from ganworks.metrics.frechet import frechet_distance  # noqa: PLC0415

    test = extract(extractor, _encoded(dataset.test, model.codec, TABLE))
    count = min(len(test), len(dataset.validation))
    sets = {
        "distance": _generated(model, count, 0),
        "floor": _encoded(dataset.validation, model.codec, count),
        "copycat": _encoded(dataset.train, model.codec, count),
    }
    numbers = {name: frechet_distance(test[:count], extract(extractor, parts)) for name, parts in sets.items()}
    import torch  # noqa: PLC0415

    sure = torch.cat([extractor.probabilities(x) for x in _generated(model, count, 0)])
    shares = sure.argmax(1).bincount(minlength=10) / count
    return numbers | {"confidence": float(sure.amax(1).mean()), "uneven": float((shares - 0.1).abs().max())}


def _generated(model: "Model", count: int, seed: int) -> "Iterator[Tensor]":
    """As a user would get them: decoded to whole grey levels, and encoded again."""
    import torch  # noqa: PLC0415

    for first in range(0, count, 1_024):
        records = model.generate(min(1_024, count - first), seed=seed, first=first)
        yield model.codec.encode(torch.from_numpy(records)).x


def _encoded(source: "Source", codec: "Codec", count: int) -> "Iterator[Tensor]":
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    rows = np.arange(count if source.endless else min(count, len(source)))
    for part in np.array_split(rows, max(1, len(rows) // 1_024)):
        yield codec.encode(torch.from_numpy(source.fetch(part).x)).x


def _labels(source: "Source", count: int) -> "Tensor":
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    labels = source.fetch(np.arange(count)).labels
    assert labels is not None
    return torch.from_numpy(labels)


def _classes(extractor: "Extractor", parts: "Iterator[Tensor]") -> "Tensor":
    """The mode (N,) of each stacked picture: the classes of its channels as the digits of one number."""
    import torch  # noqa: PLC0415

    found = []
    for x in parts:
        digits = [extractor.probabilities(x[:, i : i + 1]).argmax(1) for i in range(3)]
        found.append(100 * digits[0] + 10 * digits[1] + digits[2])
    return torch.cat(found)


def _classifier(job: Job) -> "Extractor":
    """The shipped digit classifier; for drawn glyphs one that is trained on them first."""
    from ganworks.metrics import features  # noqa: PLC0415

    if job.data != "glyphs":
        return features.pick("digits", (1, 28, 28))
    import torch  # noqa: PLC0415

    from ganworks.domains import Image  # noqa: PLC0415
    from ganworks.metrics.features import own  # noqa: PLC0415

    single = Image().read("glyphs")
    labels = _labels(single.train, GLYPHS)
    digits = labels < 10  # stacks are made of digits alone, which come first
    x = torch.cat([*_encoded(single.train, Image().fit(single), GLYPHS)])[digits]
    return own.train([x], (1, 28, 28), labels[digits], single.classes[:10], folder=job.folder.parent)


def stacked(arguments: argparse.Namespace, pool: ProcessPoolExecutor) -> None:
    jobs = [
        Job("stacked", data, None, seed, arguments.minutes or 60, arguments.folder / f"{Path(data).name}-{seed}")
        for data in arguments.data or ["mnist", "glyphs"]
        for seed in range(arguments.seeds or 1)
    ]
    print(f"stacked digits: {STACKED:,} samples; sampling floor of KL {999 / (2 * STACKED):.3f}")
    print("data    recipe   seed  modes  KL      real modes  KL      classifier  samples     CPU minutes")
    for job, row in _finished(pool, jobs):
        print(
            f"{Path(job.data).name:7} {job.recipe or 'default':8} {job.seed}     {row['modes']:5.0f}  {row['kl']:.4f}  "
            f"{row['real modes']:5.0f}       {row['real kl']:.4f}  {row['classifier']:.2%}      "
            f"{row['samples']:10,.0f}  {row['minutes']:.1f}",
            flush=True,
        )


def table(arguments: argparse.Namespace, pool: ProcessPoolExecutor) -> None:
    data, minutes = (arguments.data or ["mnist"])[0], arguments.minutes or 10
    jobs = [
        Job("table", data, recipe, seed, minutes, arguments.folder / f"{recipe}-{seed}")
        for seed in range(arguments.seeds or 3)
        for recipe in arguments.recipes
    ]
    rows: dict[str, list[dict[str, float]]] = {}
    for job, row in _finished(pool, jobs):
        rows.setdefault(str(job.recipe), []).append(row)
        print(f"  done: {job.recipe} {job.seed} FD {row['distance']:.2f}", flush=True)
    print(f"MNIST, {minutes} minutes of one core a run; mean (worst) over seeds; FD in the digit classifier's features")
    print("recipe    seeds  FD(digits)        uneven          confidence  samples       CPU minutes")
    for recipe, each in sorted(rows.items(), key=lambda item: _mean(item[1], "distance")):
        print(
            f"{recipe:9} {len(each)}      {_mean(each, 'distance'):7.3f} ({_worst(each, 'distance'):.3f})  "
            f"{_mean(each, 'uneven'):7.2%} ({_worst(each, 'uneven'):.2%})  {_mean(each, 'confidence'):.3f}  "
            f"{_mean(each, 'samples'):12,.0f}  {_mean(each, 'minutes'):.1f}"
        )
    first = next(iter(rows.values()))[0]
    print(f"floor: validation as if generated {first['floor']:.3f}; copycat: training digits {first['copycat']:.3f}")


def _mean(rows: Sequence[dict[str, float]], name: str) -> float:
    return statistics.mean(row[name] for row in rows)


def _worst(rows: Sequence[dict[str, float]], name: str) -> float:
    return max(row[name] for row in rows)


def _finished(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> Iterator[tuple[Job, dict[str, float]]]:
    for future in as_completed([pool.submit(one, job) for job in jobs]):
        yield future.result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["stacked", "table"])
    parser.add_argument("--data", nargs="*", help="paths or built-in names (stacked: mnist glyphs; table: mnist)")
    parser.add_argument("--recipes", nargs="*", default=RECIPES)
    parser.add_argument("--seeds", type=int, help="how many (stacked: 1; table: 3)")
    parser.add_argument("--minutes", type=float, help="of one core a run (stacked: 60; table: 10)")
    parser.add_argument("--folder", type=Path, default=Path("runs/modes"), help="where the runs are kept")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(arguments.processes) as pool:
        {"stacked": stacked, "table": table}[arguments.part](arguments, pool)


if __name__ == "__main__":
    main()
