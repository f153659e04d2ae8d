"""Accountant: how much noise a budget of privacy asks for, and what the turns so far have spent. Computed by Opacus."""

import math
import warnings
from functools import lru_cache
from importlib import metadata
from typing import Any, Literal, NamedTuple

from ..extras import library
from ..settings import ConfigError, TrainingError

Kind = Literal["rdp", "prv"]
LEAST, MOST = 0.3, 1000.0
"""The noise looked for, in units of the clip. Below the least no accountant means much."""
FINE = 1e-3
"""The noise found is at most this share above the least that will do."""


class Spent(NamedTuple):
    """One stretch of turns under the same noise."""

    sigma: float
    rate: float
    """Chance of each record to be in a turn."""
    turns: int


def epsilon(kind: Kind, spent: Spent, delta: float) -> float:
    """The epsilon of so many Poisson-sampled Gaussian turns, for one record more or less.

    rdp: Renyi differential privacy, a proof for both directions (Mironov et al., 2019). prv: the privacy loss itself,
    composed numerically, about a tenth lower (Gopi et al., 2021).
    Raises ConfigError when Opacus is not installed.
    """
    if not spent.turns:
        return 0.0
    accountants = library("opacus.accountants", "private runs", "private")
    with warnings.catch_warnings():  # that a bound is loose where it does not matter
        warnings.simplefilter("ignore")
        if kind == "rdp":
            # Renyi divergences add up, so one turn's serve any number of them.
            orders = accountants.RDPAccountant.DEFAULT_ALPHAS
            divergences = spent.turns * _one_turn(spent.sigma, spent.rate)
            return float(accountants.analysis.rdp.get_privacy_spent(orders=orders, rdp=divergences, delta=delta)[0])
        accountant = accountants.PRVAccountant()
        accountant.history = [tuple(spent)]
        return float(accountant.get_epsilon(delta=delta))


@lru_cache(maxsize=256)
def _one_turn(sigma: float, rate: float) -> Any:
    """Renyi divergences of one turn, one for each order that Opacus looks at."""
    accountants = library("opacus.accountants", "private runs", "private")
    orders = accountants.RDPAccountant.DEFAULT_ALPHAS
    return accountants.analysis.rdp.compute_rdp(q=rate, noise_multiplier=sigma, steps=1, orders=orders)


@lru_cache(maxsize=64)
def noise_for(kind: Kind, wanted: float, delta: float, rate: float, turns: int) -> float:
    """The least noise with which so many turns keep to (wanted, delta), by bisection; at most FINE above it.

    Raises ConfigError when none does.
    """

    def enough(sigma: float, kind: Kind) -> bool:
        found = epsilon(kind, Spent(sigma, rate, turns), delta)
        return math.isfinite(found) and found <= wanted

    low, high = LEAST, MOST
    if not enough(high, "rdp"):
        raise ConfigError(
            f"epsilon={wanted:g} cannot be kept over {turns:,} turns that take one record in {1 / rate:.3g}; "
            "ask for fewer samples, a smaller batch, fewer discriminator_turns or a larger epsilon"
        )
    for each in dict.fromkeys(("rdp", kind)):  # the fast one first: the other needs no more noise, and seconds a look
        if enough(low, each):
            return low
        while high > low * (1 + FINE):
            middle = math.sqrt(low * high)
            low, high = (low, middle) if enough(middle, each) else (middle, high)
        low = max(LEAST, 0.5 * high) if each != kind else low
    return high


class Ledger:
    """The turns that were paid for, and those that were taken. A turn more than was paid for is refused."""

    def __init__(self, kind: Kind, wanted: float, delta: float, rate: float, turns: int):
        self.kind, self.wanted, self.delta, self.rate, self.turns = kind, wanted, delta, rate, turns
        self.sigma = noise_for(kind, wanted, delta, rate, turns)
        self.taken = 0

    def take(self) -> int:
        """Take a turn. Returns its number, from 0. Raises TrainingError when all are taken."""
        if self.taken >= self.turns:
            raise TrainingError(
                f"the {self.turns:,} turns that epsilon={self.wanted:g} pays for are taken; begin another --run with "
                "more --samples, which is given more noise"
            )
        self.taken += 1
        return self.taken - 1

    @property
    def spent(self) -> Spent:
        return Spent(self.sigma, self.rate, self.taken)

    def epsilon(self) -> float:
        """Of the turns taken."""
        return epsilon(self.kind, self.spent, self.delta)

    def state(self) -> dict[str, Any]:
        """Plain values for the checkpoint: Opacus' history, and what was paid for."""
        return {"accountant": self.kind, "history": [list(self.spent)], "turns": self.turns}

    def load(self, state: dict[str, Any]) -> None:
        """Go on with the noise that the run began with."""
        ((self.sigma, self.rate, self.taken),) = state["history"]
        self.turns = state["turns"]

    def versions(self) -> dict[str, str]:
        return {name: metadata.version(name) for name in ("ganworks", "opacus", "torch")}
