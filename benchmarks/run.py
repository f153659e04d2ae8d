"""Runs every benchmark and prints what it measured, under a line about the machine.

    python benchmarks/run.py
    python benchmarks/run.py --photos photos --pairs facades --unpaired summer2winter

Those that need folders of your own are left out without them.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import torch

from ganworks.bench.machine import describe

BENCHMARKS = (
    "resume", "points", "frechet", "intervals", "detect", "modes stacked", "modes table", "stream --count 50000",
    "sampling", "penalties", "equal_time", "processes", "conditional", "audit", "privacy",
)  # fmt: skip
ON_DATA = (
    "tables --data {data}",
    "series {data}/stock/stock_data.csv {data}/etth1/ETTh1.csv",
    "levels --data {data}/vglc_levels/smb",
)
"""Those on data sets of others, in a folder of the user's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", help="a folder of photographs, for perceptual and translation")
    parser.add_argument("--pairs", help="pairs such as facades, for translation")
    parser.add_argument("--unpaired", help="trainA and trainB, for translation")
    parser.add_argument(
        "--data", help="a folder that holds adult/, stock/, vglc_levels/ ..., for tables, series, levels"
    )
    given = parser.parse_args()
    asked = [f"--{name} {shlex.quote(path)}" for name, path in vars(given).items() if path and name != "data"]
    wanted = [*BENCHMARKS, *([f"perceptual {shlex.quote(given.photos)}"] if given.photos else [])]
    wanted += [" ".join(["translation", *asked])] if asked else []
    wanted += [each.format(data=shlex.quote(given.data)) for each in ON_DATA] if given.data else []
    print(describe(torch.device("cpu")).line(), flush=True)
    for each in wanted:
        name, *words = shlex.split(each)
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py")), *words], check=True)


if __name__ == "__main__":
    main()
