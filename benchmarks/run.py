"""Runs every benchmark and prints what it measured, under a line about the machine."""

import platform
import subprocess
import sys
from pathlib import Path

import torch

BENCHMARKS = (
    "resume", "points", "frechet", "intervals", "detect", "modes stacked", "modes table", "stream --count 50000",
    "sampling", "penalties", "equal_time", "processes",
)  # fmt: skip


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    threads = torch.get_num_threads()
    print(
        f"{processor()}, {threads} threads, Python {platform.python_version()}, torch {torch.__version__}", flush=True
    )
    for each in BENCHMARKS:
        name, *words = each.split()
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py")), *words], check=True)


if __name__ == "__main__":
    main()
