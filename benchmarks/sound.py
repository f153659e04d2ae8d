"""Spoken digits at a set cost: are clips heard as asked, how far from real, how far is real from real.

    python benchmarks/sound.py --data fsdd/recordings --minutes 45

Trains the recipe `audio` for so many minutes of one core, converted to samples by short trials so that what else the
machine does changes nothing, then prints what `ganworks evaluate` measures. The goals: a listener that names at least
95 % of held-out takes rightly hears at least 80 % of clips as the digit they were asked for, and Fréchet distances are
within five times those of real recordings from real ones. `--recipe wavegan` does it with waveforms.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import ganworks
from budget import planned
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.sound import evidence
from ganworks.evaluation.subject import load

TRIAL = 1_280
"""Samples of the trial."""


def told(folder: Path) -> None:
    """Print every table of a run's evidence."""
    tables: list[dict[str, Any]] = evidence(load(folder), Ask(None, 3, "test", True, print)).record["tables"]
    for table in tables:
        print(f"  {table['title']:26}" + "".join(f"{name:>26}" for name in table["columns"]))
        for row in table["rows"]:
            cells = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in row["values"])
            print(f"    {row['name']:24}" + "".join(f"{value:>26}" for value in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="fsdd/recordings")
    parser.add_argument("--recipe", default="audio")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--runs", help="Keep the runs in this folder, and go on with those that are there.")
    arguments = parser.parse_args()
    samples = planned(arguments.data, arguments.recipe, arguments.minutes, TRIAL)
    with tempfile.TemporaryDirectory() as place:
        for seed in range(arguments.seeds):
            folder = Path(arguments.runs or place) / f"sound-{arguments.recipe}-seed{seed}"
            begun = time.process_time()
            ganworks.train(arguments.data, recipe=arguments.recipe, samples=samples, seed=seed, run=folder)
            spent = (time.process_time() - begun) / 60
            print(f"seed {seed}: {samples:,} samples, {spent:.1f} CPU-minutes")
            told(folder)


if __name__ == "__main__":
    main()
