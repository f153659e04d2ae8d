"""Search of latents: levels with numbers that nobody was trained to be asked for, by evolution (CMA-ES).

Source: Volz et al. (2018), after Hansen & Ostermeier (2001).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch

from ..domains.base import Notify, Raw
from ..domains.grid.asked import GAPS, SOLID, counted
from ..extras import library
from ..model import Model
from ..settings import ConfigError, no_such
from ..training import sampling
from .levels import tiles_of

TOGETHER = sampling.BATCH
"""Latents of a generation: one batch of the generator."""
BROKEN = 10.0
"""What a broken rule costs, where a tile too many or too few costs 1."""
SPREAD = 0.5
"""Deviation that the search begins with, as in the paper."""
PULL = 0.01
"""Cost of a latent's squared length over that of the prior, so that it stays where the generator was trained."""


class Found(NamedTuple):
    """The best level of a search."""

    record: Raw
    """(H, W)"""
    numbers: dict[str, float]
    """What was asked for, as the level has it."""
    broken: list[str]
    """Rules that it breaks."""
    drawn: int
    """Levels that were looked at."""


def wanted(words: str, model: Model) -> dict[str, float]:
    """`gaps=0,tag:enemy=5` -> numbers by name. Raises ConfigError."""
    legend, asked = tiles_of(model).legend, {}
    known = [*([GAPS] if legend.knows(SOLID) else []), *legend.names]
    for part in words.split(","):
        name, _, text = (each.strip() for each in part.rpartition("="))
        if name not in known:
            raise ConfigError(no_such("count", name or part, known))
        try:
            asked[name] = float(text)
        except ValueError:
            raise ConfigError(f"a search is written NAME=NUMBER, got '{part}'") from None
    return asked


def search(
    model: Model, asked: Mapping[str, float], seed: int = 0, steps: int = 60, notify: Notify = lambda line: None
) -> Found:
    """The level nearest to the numbers asked for that breaks no rule, after up to so many generations of 64.

    Ends as soon as one is exactly right. Raises ConfigError without the library cma.
    """
    cma = library("cma", "searches of latents", "levels")
    space = _Space(model, asked)
    before = np.random.get_state()  # noqa: NPY002  the library draws from the global generator
    try:
        settings = {"seed": seed + 1, "popsize": TOGETHER, "verbose": -9, "maxiter": steps}
        strategy = cma.CMAEvolutionStrategy(space.start(seed), SPREAD, settings)
        best: tuple[float, Raw] | None = None
        drawn = 0
        while not strategy.stop() and (best is None or best[0] > 0):
            points = strategy.ask()
            records, costs = space.costs(np.asarray(points))
            strategy.tell(points, (costs + space.pull(np.asarray(points))).tolist())
            drawn += len(points)
            i = int(costs.argmin())
            if best is None or costs[i] < best[0]:
                best = (float(costs[i]), records[i])
                notify(f"after {drawn} levels: {space.told(best[1])}")
    finally:
        np.random.set_state(before)  # noqa: NPY002
    assert best is not None
    return Found(best[1], space.numbers(best[1]), space.broken(best[1]), drawn)


class _Space:
    """Latents of a model, and what the levels they make cost."""

    def __init__(self, model: Model, asked: Mapping[str, float]):
        self.model, self.codec, self.asked = model, tiles_of(model), dict(asked)
        self.length = model.run.generator.latent
        self.goal = np.array(list(self.asked.values()))
        self.rest = torch.empty(0)

    def start(self, seed: int) -> list[float]:
        """The best of some latents as they are drawn, with the conditions of that one."""
        inputs = self.model.inputs(4 * TOGETHER, seed)
        costs = self._costs(self.model.decode(inputs))
        best = inputs[int(costs.argmin())]
        self.rest = best[self.length :]
        return [float(each) for each in best[: self.length]]

    def costs(self, points: Raw) -> tuple[Raw, Raw]:
        """Latents (N, L) -> their levels, and the cost of each (N,); 0 is exactly what was asked for."""
        z = torch.from_numpy(points).float()
        records = self.model.decode(torch.cat([z, self.rest.expand(len(z), -1)], dim=1))
        return records, self._costs(records)

    def pull(self, points: Raw) -> Raw:
        return np.asarray(PULL * (points**2).mean(axis=1))

    def numbers(self, record: Raw) -> dict[str, float]:
        return dict(zip(self.asked, self._numbers(record[None])[0].tolist(), strict=True))

    def broken(self, record: Raw) -> list[str]:
        return self.codec.checker.broken(record[None]).of(0) if self.codec.checker else []

    def told(self, record: Raw) -> str:
        numbers = ", ".join(f"{name} {value:g}" for name, value in self.numbers(record).items())
        return f"{numbers}; {len(self.broken(record))} rules broken"

    def _costs(self, records: Raw) -> Raw:
        apart = np.abs(self._numbers(records) - self.goal).sum(axis=1)
        checker = self.codec.checker
        return np.asarray(apart + (BROKEN * checker.broken(records).table.sum(axis=1) if checker else 0.0))

    def _numbers(self, records: Raw) -> Raw:
        return counted(torch.from_numpy(records), list(self.asked), self.codec.legend).numpy().astype(np.float64)
