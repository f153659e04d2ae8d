"""Verdicts: how a run fares, in a word and a sentence, from the readings of its judgements alone.

Losses decide nothing: those of adversaries do not fall. What decides is the distance to held-out data, and alarms that
say why it does not fall.
"""

from .alarms import (
    CHECKS,
    FINE,
    LOST,
    NO_REMEDY,
    SETTLED,
    STILL_FAR,
    THINNED,
    TOLD_APART,
    Facts,
    Readings,
    Verdict,
    broken_by,
)
from .closeness import is_closer
from .signals import Reading

# Judgements without an improvement after which a run stands still.
PATIENCE = 5


def judge(readings: Readings, facts: Facts, since: int = 0) -> Verdict:
    """The verdict after the last reading; the first is of the generator as it was initialised.

    Alarms look at the readings from number `since` on, those after the last remedy.
    """
    for check in CHECKS:
        found = check(readings[since:], facts)
        if found is not None:
            return found
    return _trend(readings, facts)


def _trend(readings: Readings, facts: Facts) -> Verdict:
    """Improving or not: what the distance did since it was last improved upon."""
    best = 0
    for i, reading in enumerate(readings):
        if is_closer(reading.distance, reading.groups, readings[best].distance, readings[best].groups):
            best = i
    waited, last = len(readings) - 1 - best, readings[-1]
    told = f"distance {last.distance:.4f}, the best {readings[best].distance:.4f} at {readings[best].samples:,} samples"
    if waited >= PATIENCE:
        return _still(readings, waited, told, facts)
    if last.progress >= 1:
        return Verdict("budget-reached", "", f"still improving at the end: {told}; a larger budget may help")
    return Verdict("improving", "", told)


def _still(readings: Readings, waited: int, told: str, facts: Facts) -> Verdict:
    """A run that stands still: it has converged, or something is in its way."""
    last, none = readings[-1], f"no improvement in {waited} judgements"
    patient, over = waited < 2 * PATIENCE, last.progress >= 1
    if patient and not over and (moving := _moving(readings[-PATIENCE - 1 :])):
        return Verdict("improving", "", f"{none}, but the {moving} still moves: {told}")
    if not (red := _red(last, readings[0], facts)):
        return Verdict("converged", "", f"{none}, all signals healthy: {told}")
    if patient:
        return Verdict("budget-reached" if over else "improving", "", f"{none}, but {red}: {told}")
    return Verdict("plateau-unhealthy", "stuck", f"{none}, but {red}: {told}")


def _moving(recent: Readings) -> str:
    """What a schedule has changed by more than a tenth meanwhile; a run may gain from it yet."""
    for name in ("penalty", "generator rate", "discriminator rate"):
        values = [each.numbers.get(name, 0.0) for each in recent]
        if max(values) > 1.1 * min(values):
            return name.replace("rate", "learning rate")
    return ""


def _red(reading: Reading, first: Reading, facts: Facts) -> str:
    """The signal that is not healthy, in words; "" when all are."""
    numbers = reading.numbers
    ratio, missing = numbers.get("diversity", 1.0), numbers.get("missing", 0.0)
    if not THINNED < ratio < 1 / THINNED:
        return f"samples lie {ratio:.2f} times as far apart as real ones"
    if missing > LOST:
        return f"{missing:.0%} of the real data is left out"
    # On little data a discriminator knows its records by heart and wins most pairs however good the samples are.
    if numbers.get("order", 0.5) > TOLD_APART and reading.distance > SETTLED * first.distance:
        return f"the discriminator tells {numbers['order']:.0%} of pairs apart"
    # A repair begins with its input, which may be near: how near is for the baselines of an evaluation to say.
    if not facts.get("paired") and reading.distance > STILL_FAR * first.distance:
        return f"the distance is still {reading.distance / first.distance:.0%} of the untrained generator's"
    return ""


__all__ = ["FINE", "NO_REMEDY", "PATIENCE", "Verdict", "broken_by", "judge"]
