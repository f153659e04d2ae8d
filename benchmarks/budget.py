"""Minutes of one core -> samples, so that what else the machine does changes no result."""

import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import ganworks


def planned(data: str, recipe: str, minutes: float, trial: int, settings: Sequence[str] = (), seed: int = 0) -> int:
    """Samples that so many minutes of one core are good for: two trials of a whole run, so that what a start costs
    cancels, and every stage of the recipe counts by its share."""
    taken = []
    for samples in (trial, 2 * trial):
        with TemporaryDirectory() as folder:
            begun = time.process_time()
            ganworks.train(data, recipe=recipe, samples=samples, seed=seed, run=folder, settings=settings)
            taken.append(time.process_time() - begun)
    return round(minutes * 60 * trial / (taken[1] - taken[0]))
