"""Scaling over processes: two of one thread each against one of two threads, on the same union batch.

Each measurement is a process group of its own; the kinds take turns, and medians are printed, with the efficiency: the
rate over that of one process with two threads. Processes lose by the all-reduce of gradients and of batch norm's
statistics, and win where a second thread would only wait. One process of one thread is shown beside them: on a machine
that others use too, its CPU time a sample against that of two processes still says what working together costs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from ganworks.adversarial.collective import gather, rank, world
from ganworks.launch import Words, plan
from ganworks.training import processes
from ganworks.training.session import Session

CASES = {"lean-28": 28, "dcgan": 64}
"""Recipe -> side of the pictures, one channel."""
BATCH, WARM = 64, 3
KINDS = ((1, 2), (2, 1), (1, 1))
"""Processes and threads of each."""


def measure(recipe: str, data: Path, steps: int) -> None:
    """Print the union's samples a second, as JSON."""
    with processes.joined():
        settings = (f"batch={BATCH}", "device=cpu")
        each = plan(Words(str(data), recipe, samples=BATCH * 1000, folder=str(data.parent / "run"), settings=settings))
        session = Session(each.run, each.dataset)
        for _ in range(WARM):
            session.step()
        begun, spent = time.monotonic(), time.process_time()
        for _ in range(steps):
            session.step()
        rate = steps * BATCH / (time.monotonic() - begun)
        cpu = sum(gather(time.process_time() - spent)) / steps / BATCH
        if rank() == 0:
            told = {"rate": rate, "cpu": cpu, "processes": world(), "threads": torch.get_num_threads()}
            print(json.dumps(told), flush=True)


def run(count: int, threads: int, recipe: str, data: Path, steps: int) -> tuple[float, float]:
    """Samples a second, and CPU milliseconds a sample, of all processes together."""
    words = [__file__, "--measure", recipe, "--data", str(data), "--steps", str(steps)]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "--"]
    command = [sys.executable, *(launcher if count > 1 else []), *words]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    out = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    told = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    assert (told["processes"], told["threads"]) == (count, threads)
    return told["rate"], 1000 * told["cpu"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--measure", choices=CASES)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.data, arguments.steps)
        sys.stdout.flush()
        os._exit(0)  # torch's threads may abort an interpreter that takes its time to leave
    print(f"processes: samples/s at batch {BATCH}, medians of {arguments.rounds} interleaved rounds")
    with tempfile.TemporaryDirectory() as folder:
        for recipe, side in CASES.items():
            data = Path(folder) / f"{recipe}.npy"
            np.save(data, np.random.default_rng(0).integers(0, 256, (512, side, side), dtype=np.uint8))
            found: dict[tuple[int, int], list[tuple[float, float]]] = {kind: [] for kind in KINDS}
            for _ in range(arguments.rounds):
                for (count, threads), each in found.items():
                    each.append(run(count, threads, recipe, data, arguments.steps))
            print(f"  {recipe}")
            whole = [rate for rate, _ in found[1, 2]]
            for (count, threads), each in found.items():
                rates, cpu = ([pair[i] for pair in each] for i in range(2))
                ratios = [rate / one for rate, one in zip(rates, whole, strict=True)]
                print(f"    {count} x {threads} threads {statistics.median(rates):8,.0f}/s  "
                      f"{statistics.median(cpu):6.2f} CPU ms a sample   efficiency {statistics.median(ratios):.2f} "
                      f"({min(ratios):.2f}-{max(ratios):.2f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
