"""Runs every benchmark and prints what it measured, under a line about the machine."""

import subprocess
import sys
from pathlib import Path

import torch

from ganworks.bench.machine import describe

BENCHMARKS = (
    "resume", "points", "frechet", "intervals", "detect", "modes stacked", "modes table", "stream --count 50000",
    "sampling", "penalties", "equal_time", "processes",
)  # fmt: skip


def main() -> None:
    print(describe(torch.device("cpu")).line(), flush=True)
    for each in BENCHMARKS:
        name, *words = each.split()
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py")), *words], check=True)


if __name__ == "__main__":
    main()
