"""Modes covered on 2-D mixtures: the default objective beside the loss of 2014 on the same networks.

Prints, for the ring of 8 and the grid of 25, modes, high-quality share and KL to the mixture over several seeds. 20,000
samples a run. Published for the loss of 2014: 6.3 of 8 and 17.3 of 25 modes (Lin et al., 2018, ten runs).
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

COUNT = 20_000


class Row(NamedTuple):
    modes: int
    high_quality: float
    kl: float
    minutes: float


def one(job: tuple[str, str, int]) -> Row:
    """Train one run in this process and count its modes."""
    import torch  # noqa: PLC0415  after the thread count is set

    torch.set_num_threads(1)
    from ganworks.domains import Points  # noqa: PLC0415
    from ganworks.launch import train  # noqa: PLC0415

    data, recipe, seed = job
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        model = train(data, recipe=recipe, seed=seed, run=Path(folder) / "run")
        minutes = (time.process_time() - begun) / 60
    coverage = Points().mixture(data).coverage(model.generate(COUNT, seed=seed))
    return Row(coverage.modes, coverage.high_quality, coverage.kl, minutes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--data", nargs="*", default=["ring", "grid"])
    parser.add_argument("--recipes", nargs="*", default=["mixture", "mixture-2014"])
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    print(f"points: {arguments.seeds} seeds, {COUNT:,} samples each, one thread a run, minutes of one core")
    print("data   recipe         modes (least)   high quality (least)   KL (most)         CPU minutes (most)")
    with ProcessPoolExecutor(arguments.processes) as pool:
        for data in arguments.data:
            for recipe in arguments.recipes:
                rows = list(pool.map(one, [(data, recipe, seed) for seed in range(arguments.seeds)]))
                modes, good, kl, minutes = zip(*rows, strict=True)
                n = len(rows)
                print(
                    f"{data:6} {recipe:14} {sum(modes) / n:5.1f} ({min(modes)})       "
                    f"{sum(good) / n:6.1%} ({min(good):.1%})        {sum(kl) / n:.4f} ({max(kl):.4f})   "
                    f"{sum(minutes) / n:.1f} ({max(minutes):.1f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
