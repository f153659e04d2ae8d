"""How long a Fréchet distance of 50,000 samples of 2,048 features takes, and precision and recall of as many."""

import argparse
import resource
import time

import torch

from ganworks.metrics.coverage import prdc
from ganworks.metrics.frechet import frechet_distance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=2_048)
    parser.add_argument("--coverage", action="store_true", help="also precision, recall, density, coverage: minutes")
    arguments = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(arguments.count, arguments.features, generator=generator) for _ in range(2))
    measures = {"Fréchet distance": frechet_distance} | ({"PRDC": prdc} if arguments.coverage else {})
    for name, measure in measures.items():
        begun = time.monotonic()
        value = measure(real, fake)
        seconds, peak = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{name}: {arguments.count:,} x {arguments.features:,} in {seconds:.1f} s, "
            f"{torch.get_num_threads()} threads, peak {peak:.1f} GB: {value}",
            flush=True,
        )


if __name__ == "__main__":
    main()
