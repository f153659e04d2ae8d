"""Does a conditional generator draw what it is asked for, and what do codes come to mean? On digits, at a set cost.

    python benchmarks/conditional.py --data mnist --minutes 20
    python benchmarks/conditional.py --measure runs/mnist-conditional runs/mnist-infogan

Trains the recipes `conditional` and `infogan` for so many minutes of one core each, converted to samples by a short
trial so that what else the machine does changes nothing. Then prints: the share of samples classified as asked, of all
and of the worst class; the accuracy on real test digits of a classifier that learnt from samples alone, beside one that
learnt from as many real ones; and how well codes name the classes.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch

import ganworks
from budget import planned
from ganworks.evaluation.subject import load
from ganworks.latent import asked, codes

RECIPES = ("conditional", "infogan")
TRIAL = 12_800
"""Samples of the trial."""
GOALS = {"as asked": 0.98, "fakes only": 0.96, "code": 0.9}


def trained(data: str, minutes: float, seed: int, folder: Path) -> list[Path]:
    paths = []
    for recipe in RECIPES:
        path = folder / f"{recipe}-seed{seed}"
        samples = planned(data, recipe, minutes, TRIAL, seed=seed)
        print(f"{recipe}: {samples:,} samples are {minutes:g} minutes of one core", flush=True)
        begun = time.process_time()
        ganworks.train(data, recipe=recipe, samples=samples, seed=seed, run=path)
        print(f"{recipe}: took {(time.process_time() - begun) / 60:.1f} CPU-minutes", flush=True)
        paths.append(path)
    return paths


def told(name: str, value: float | None, goal: str) -> None:
    if value is not None:
        verdict = "reached" if value >= GOALS[goal] else "missed"
        print(f"  {name:<44}{value:8.2%}   goal {GOALS[goal]:.0%}: {verdict}")


def measured(path: Path, count: int, seed: int) -> None:
    """Print what holds of a run, whichever of the two it is."""
    subject = load(path)
    print(f"{path.name}: {subject.model.run.recipe} on {subject.model.run.data}, {subject.model.samples:,} samples")
    if subject.codec.spec.condition is not None:
        found = asked.measure(subject.model, subject.dataset, count, seed)
        told(f"classified as asked, by {found.judge}", found.share, "as asked")
        print(f"  {'worst class, ' + found.worst_class:<44}{found.worst:8.2%}")
        print(f"  {'held-out records named rightly':<44}{found.real or 0:8.2%}")
        told("classifier of samples alone, on real ones", found.fakes_only, "fakes only")
        print(f"  {'classifier of as many real records':<44}{found.reals_only or 0:8.2%}")
    if subject.model.run.latents.codes is not None:
        report = codes.measure(subject.model, subject.dataset, count, seed)
        for place, each in enumerate(report.categories, 1):
            told(f"category {place} against the class", each.accuracy, "code")
        for line in report.lines():
            print(f"  {line}")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--minutes", type=float, default=20, help="of one core, for each recipe")
    parser.add_argument("--measure", nargs="+", type=Path, metavar="RUN", help="runs that are there, none is trained")
    parser.add_argument("--count", type=int, default=asked.COUNT, help="samples that are judged")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark-conditional"), help="where runs are kept")
    given = parser.parse_args(words)
    torch.set_num_threads(1)
    for path in given.measure or trained(given.data, given.minutes, given.seed, given.out):
        measured(path, given.count, given.seed)


if __name__ == "__main__":
    main()
