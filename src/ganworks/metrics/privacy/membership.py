"""Membership inference: does a score tell records that were trained on from others of the same law?

An attack gives every record a score, higher for "was trained on" (`attacks.py` has some). What counts is the ranking,
so nothing depends on a score's scale.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ...settings import DataError
from .shares import Share, clopper_pearson, quantile

RATES = (0.01, 0.001)
"""Shares of false alarms at which an attacker's hits are counted."""
LEAST = 10
"""Records of either kind below which nothing is said."""


class Hits(NamedTuple):
    """How many members an attacker names who bears so many false alarms."""

    at: float
    """Share of false alarms that is borne."""
    found: Share | None
    """Share of members named, at a threshold taken from the others; None with too few others for that share."""
    needed: int
    """Others that are needed: below, not one false alarm would be allowed."""


class Membership(NamedTuple):
    """What one attack achieves."""

    auc: float
    """Chance that a member has a higher score than another record; 0.5 is a coin, 1 tells all."""
    low: float
    high: float
    hits: tuple[Hits, ...]
    members: int
    others: int

    def within(self, confidence: float) -> tuple[float, float]:
        """The interval of the AUC at another confidence, for instance of several attacks together."""
        return newcombe(self.auc, self.members, self.others, confidence)


def membership(members: Tensor, others: Tensor, confidence: float = 0.95, rates: Sequence[float] = RATES) -> Membership:
    """Judge an attack by its scores of members (N,) and of other records (M,). Equal scores count half.

    Raises DataError with fewer than LEAST of either, or scores that are not numbers.
    """
    members, others = (each.detach().to("cpu", torch.float64) for each in (members, others))
    if min(len(members), len(others)) < LEAST:
        raise DataError(
            f"an attack is judged on {LEAST} records of either kind at least, got {len(members)} members and "
            f"{len(others)} others; hold more records out"
        )
    if members.isnan().any() or others.isnan().any():
        raise DataError("an attack gave scores that are no numbers; the model has diverged, audit an earlier one")
    auc = area(members, others)
    low, high = newcombe(auc, len(members), len(others), confidence)
    hits = tuple(_hits(members, others, rate, confidence) for rate in rates)
    return Membership(auc, low, high, hits, len(members), len(others))


def area(members: Tensor, others: Tensor) -> float:
    """Area under the curve of hits against false alarms: Mann and Whitney's statistic, with half for ties."""
    from scipy.stats import rankdata  # noqa: PLC0415  slow to import

    n, m = len(members), len(others)
    ranks = rankdata(torch.cat([members, others]).numpy())
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def newcombe(auc: float, members: int, others: int, confidence: float = 0.95) -> tuple[float, float]:
    """An interval of an area under the curve that stays honest near 0 and 1, where the usual ones have no width.

    The areas whose own standard error, by Hanley & McNeil (1982), reaches to the one found. Newcombe (2006), method 5.
    """
    far, half = quantile(confidence), (members + others) / 2 - 1

    def reached(true: float) -> float:
        spread = true * (1 - true) * (1 + half * (1 - true) / (2 - true) + half * true / (1 + true))
        return abs(true - auc) - far * math.sqrt(max(spread, 0.0) / (members * others))

    return _root(reached, auc, 0.0), _root(reached, auc, 1.0)


def _root(function: Callable[[float], float], inside: float, outside: float) -> float:
    """Where a function that is below 0 from `inside` on ceases to be, on the way to `outside`; `outside` if nowhere."""
    if abs(inside - outside) < 1e-12 or function(outside) < 0:
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if function(middle) < 0 else (inside, middle)
    return (inside + outside) / 2


def _hits(members: Tensor, others: Tensor, rate: float, confidence: float) -> Hits:
    """Members above the threshold that lets no more than this share of the others through."""
    needed, allowed = math.ceil(1 / rate - 1e-9), int(rate * len(others) + 1e-9)
    if not allowed:
        return Hits(rate, None, needed)
    threshold = others.sort(descending=True).values[allowed]
    return Hits(rate, clopper_pearson(int((members > threshold).sum()), len(members), confidence), needed)
