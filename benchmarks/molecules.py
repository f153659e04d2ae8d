"""Molecules at a set cost: valid, unique, new, property distances beside n-grams, and what a reward moves.

    python benchmarks/molecules.py --data molecules --minutes 30

Trains `molecules` on ZINC (24,445 lines; the test list beside it is held out) and on 5,000 of QM9, and
`molecules-goal` on ZINC, for so many minutes of one core each (a tenth for QM9), converted to samples by a short trial
so that what else the machine does changes nothing. Then prints what `ganworks evaluate` holds. Goals: 100 % valid,
98 % unique of 1,000, 90 % new, properties nearer than those of a table of n-grams in most; QED raised with 90 % unique.
"""

import argparse
import tempfile
import time
from pathlib import Path

import ganworks
from budget import planned
from evidence import show
from ganworks.evaluation.molecules import evidence
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load

TRIAL = 6_400
"""Samples of the trial."""
COUNT = 5_000
"""Molecules that are measured."""


def one(name: str, data: Path, recipe: str, minutes: float, seed: int, folder: Path, settings: tuple[str, ...]) -> None:
    """Train a run and print its tables."""
    samples = planned(str(data), recipe, minutes, TRIAL, settings, seed)
    begun = time.process_time()
    ganworks.train(data, recipe=recipe, samples=samples, seed=seed, run=folder, settings=settings)
    spent = (time.process_time() - begun) / 60
    print(f"{name}, {recipe}, seed {seed}: {samples:,} samples, {spent:.1f} CPU-minutes")
    told(folder)


def told(folder: Path) -> None:
    """What there is to say of a run."""
    found = evidence(load(folder), Ask(COUNT, 1, "test", True, print))
    for table in found.record["tables"]:
        show(table)
    for finding in found.findings:
        print(f"  {finding.level}: {finding.line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="molecules")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", help="Keep the runs in this folder.")
    parser.add_argument("--trained", help="Train nothing; measure this run.")
    arguments = parser.parse_args()
    if arguments.trained:
        told(Path(arguments.trained))
        return
    data, seed = Path(arguments.data), arguments.seed
    held = (f"domain.test={data / 'zinc_test.txt'}", "threads=1")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(arguments.runs or place)
        zinc, qm9 = data / "zinc_valid.txt", data / "qm9_5k.csv"
        one("QM9", qm9, "molecules", arguments.minutes / 10, seed, folder / "qm9", ("threads=1",))
        one("ZINC", zinc, "molecules", arguments.minutes, seed, folder / "zinc", held)
        one("ZINC", zinc, "molecules-goal", arguments.minutes, seed, folder / "goal", held)


if __name__ == "__main__":
    main()
