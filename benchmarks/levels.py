"""Levels at a set cost: playable, broken pipes, unique, copied; raw and after rejection, over several seeds.

    python benchmarks/levels.py --data vglc_levels/smb --minutes 15 --seeds 3

Trains the recipe `level` for so many minutes of one core, converted to samples by a short trial so that what else the
machine does changes nothing, then prints what `ganworks evaluate` holds against the goals: 99 % playable, at most 10 %
of levels with a broken pipe, 98 % unique, no exact copy. Published generator of Volz et al. (2018), measured on level
1-1 by the same physics: 91 % playable, 37 % with a broken pipe, 99 % unique.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import ganworks
from budget import planned
from ganworks.evaluation.grids import evidence
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import load

TRIAL = 3_200
"""Samples of the trial."""


def one(data: str, minutes: float, seed: int, folder: Path) -> None:
    """Train a run and print its rows."""
    samples = planned(data, "level", minutes, TRIAL, seed=seed)
    begun = time.process_time()
    ganworks.train(data, recipe="level", samples=samples, seed=seed, run=folder)
    spent = (time.process_time() - begun) / 60
    table: dict[str, Any] = evidence(load(folder), Ask(1000, 3, "test", True, print)).record["tables"][0]
    print(f"seed {seed}: {samples:,} samples, {spent:.1f} CPU-minutes")
    print(f"  {'':16}" + "".join(f"{name:>26}" for name in table["columns"]))
    for row in table["rows"]:
        print(f"  {row['name']:16}" + "".join(f"{value!s:>26}" for value in row["values"]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="vglc_levels/smb", help="a folder of levels")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", help="Keep the runs in this folder.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for seed in range(arguments.seeds):
            one(arguments.data, arguments.minutes, seed, Path(arguments.runs or place) / f"levels-seed{seed}")


if __name__ == "__main__":
    main()
