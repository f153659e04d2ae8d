"""How sure a share is that was counted, and how much of it is due to what was learnt about single records."""

import math
from typing import NamedTuple

from ..two_sample import wilson


class Share(NamedTuple):
    """Successes in so many independent tries, with an interval."""

    value: float
    low: float
    high: float
    hits: int
    tries: int


class Risk(NamedTuple):
    """How much better an attack does on training records than on others of the same law, of what is left to gain.

    0: training records are as safe as those that were never seen. 1: all that could be found out was. Wherever the
    control's share is high, the attack uses what holds of everybody, which is no leak of the training data.
    """

    value: float
    low: float
    high: float
    attack: Share
    control: Share


def clopper_pearson(hits: int, count: int, confidence: float = 0.95) -> Share:
    """The exact interval of a share: it never covers less often than it says. Clopper & Pearson (1934)."""
    from scipy.stats import beta  # noqa: PLC0415  slow to import

    side = (1 - confidence) / 2
    low = float(beta.ppf(side, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - side, hits + 1, count - hits)) if hits < count else 1.0
    return Share(hits / count, low, high, hits, count)


def counted(hits: int, count: int, confidence: float = 0.95) -> Share:
    """A share with the interval of Wilson (1927)."""
    return Share(hits / count, *wilson(hits / count, count, quantile(confidence)), hits, count)


def quantile(confidence: float) -> float:
    """How many deviations a two-sided normal interval reaches."""
    from scipy.stats import norm  # noqa: PLC0415  slow to import

    return float(norm.ppf((1 + confidence) / 2))


def risk(attack: Share, control: Share, confidence: float = 0.95) -> Risk:
    """The risk of an attack beside its control. Giomi et al. (2022), equations 1 to 3.

    Shares enter as the centres of their Wilson intervals, and the halves of those are propagated, as in the paper;
    nothing is cut off below 0, so that an interval tells when a control did better.
    """
    far = quantile(confidence)
    (a, spread_a), (c, spread_c) = (_centred(each, far) for each in (attack, control))
    left = max(1 - c, 1e-9)
    value = (a - c) / left
    spread = math.hypot(spread_a / left, (1 - a) / left**2 * spread_c)
    return Risk(value, max(-1.0, value - spread), min(1.0, value + spread), attack, control)


def _centred(share: Share, far: float) -> tuple[float, float]:
    """Middle and half of a Wilson interval."""
    low, high = wilson(share.value, share.tries, far)
    return (low + high) / 2, (high - low) / 2
