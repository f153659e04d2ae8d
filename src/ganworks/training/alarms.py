"""Alarms: what can be wrong with a run, told from the readings of its judgements, a check each.

A signal counts when it fired at two judgements in a row, but for what is wrong beyond doubt.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .closeness import GROUPS
from .signals import Reading

Facts = Mapping[str, float]
Readings = Sequence[Reading]


class Verdict(NamedTuple):
    word: str
    cause: str
    """What is behind it, in a word; "" where there is nothing to mend."""
    reason: str
    """One sentence with the numbers that decided."""

    @property
    def alarming(self) -> bool:
        return self.word not in FINE


FINE = ("improving", "converged", "budget-reached")


def broken_by(faults: Sequence[str], records: Sequence[int]) -> Verdict:
    """The verdict when training met a number that is not finite; `records` are the real ones that hold one."""
    if records:
        shown = ", ".join(map(str, records[:3])) + (" and more" if len(records) > 3 else "")
        return Verdict("diverged", "data", f"the data holds NaN or infinity, in training records {shown}")
    return Verdict("diverged", "not-finite", f"a number is not finite any more: {faults[0]}")


def _not_finite(readings: Readings, facts: Facts) -> Verdict | None:
    if facts.get("not finite", 0) > 0:
        share = f"{facts['not finite']:.1%} of the training records that were looked at"
        return Verdict("diverged", "data", f"the data holds NaN or infinity: {share}")
    if readings and not math.isfinite(readings[-1].distance):
        return Verdict("diverged", "not-finite", "the generator draws numbers that are not finite")
    return None


def _unscaled(readings: Readings, facts: Facts) -> Verdict | None:
    outside = facts.get("outside", 0.0)
    if outside > OUTSIDE:
        reason = f"real samples lie outside -1..1, where the generator cannot follow: {outside:.0%} of their values"
        return Verdict("plateau-unhealthy", "unscaled", reason)
    deviation, mean = facts.get("deviation", 1.0), facts.get("mean", 0.0)
    # Sound is quiet most of the time: what reaches far enough now and then is scaled.
    small = max(deviation, facts.get("reach", deviation)) <= 1 / SCALE
    if small or not deviation < SCALE or abs(mean) > SCALE * max(deviation, 1.0):
        reason = f"real samples are not scaled: mean {mean:.3g}, deviation {deviation:.3g}; about 0 and 1 are wanted"
        return Verdict("plateau-unhealthy", "unscaled", reason)
    return None


def _few_records(readings: Readings, facts: Facts) -> Verdict | None:
    distinct, seen = facts.get("distinct", math.inf), facts.get("looked at", 0.0)
    if distinct < FEW:
        reason = f"only {distinct:.0f} distinct training records: they are learnt by heart, whatever the settings"
        return Verdict("memorising", "few-records", reason)
    if distinct < REPEATED * seen:
        reason = f"training records repeat: {distinct:.0f} distinct ones among {seen:.0f} that were looked at"
        return Verdict("memorising", "duplicates", reason)
    return None


def _latents(readings: Readings, facts: Facts) -> Verdict | None:
    if facts.get("latent deviation", 1.0) < 1e-3:
        return Verdict("collapsed", "latents", "the latents do not vary, so neither can the samples")
    return None


def _frozen(readings: Readings, facts: Facts) -> Verdict | None:
    for name in PLAYERS:
        if not _twice(readings, f"{name} step", lambda step: step < STILL):
            continue
        rate, first = (each.numbers.get(f"{name} rate", 0.0) for each in (readings[-1], readings[0]))
        if rate >= 0.01 * first:  # else a schedule that ends low
            reason = f"the {name}'s weights have not moved; its learning rate is {rate:.2g}"
            return Verdict("plateau-unhealthy", f"{name}-frozen", reason)
    return None


def _too_fast(readings: Readings, facts: Facts) -> Verdict | None:
    for name in PLAYERS:
        if _twice(readings, f"{name} pace", lambda pace: pace > LEAP):
            pace, rate = (readings[-1].numbers.get(f"{name} {what}", 0.0) for what in ("pace", "rate"))
            reason = f"the {name}'s learning rate of {rate:.2g} is {pace:.0%} of its typical weight, which is too high"
            return Verdict("oscillating", f"{name}-rate", reason)
    return None


def _swapped(readings: Readings, facts: Facts) -> Verdict | None:
    if _last(readings, "order", lambda order: order < UPSIDE_DOWN, 3):
        order = readings[-1].numbers["order"]
        reason = f"the discriminator scores fakes above real ones in {1 - order:.0%} of pairs: labels may be swapped"
        return Verdict("diverged", "swapped", reason)
    return None


def _scattered(readings: Readings, facts: Facts) -> Verdict | None:
    for name, told in (("diversity", "from each other"), ("live", "from where the averaged generator puts them")):
        if _twice(readings, name, lambda ratio: ratio > SCATTERED):
            ratio = readings[-1].numbers[name]
            reason = f"generated samples lie {ratio:.1f} times as far {told} as real ones lie from each other"
            return Verdict("diverged", "scattered", reason)
    return None


def _runaway(readings: Readings, facts: Facts) -> Verdict | None:
    """Gradients that grow and grow: a discriminator whose slope nothing bounds."""
    for name in PLAYERS:
        norms = [norm for each in readings if (norm := each.numbers.get(f"{name}/gradient")) is not None]
        if len(norms) < WARMING_UP + 2:
            continue
        begun, grown = median(norms[:WARMING_UP]), min(norms[-2:])
        if grown > RUNAWAY * begun > 0:
            bound = "" if readings[-1].numbers.get("penalty") else "; nothing bounds the discriminator, add a penalty"
            reason = f"the {name}'s gradients have grown {grown / begun:.0f} times as large as they were{bound}"
            return Verdict("diverged", "runaway", reason)
    return None


def _alike(readings: Readings, facts: Facts) -> Verdict | None:
    """Nearly equal samples. A generator may begin there and still spread, so it must be closing in."""
    if len(readings) > WARMING_UP and _twice(readings, "diversity", lambda ratio: ratio < ALIKE):
        before, now = (each.numbers["diversity"] for each in readings[-2:])
        if now < 1.1 * before:
            reason = f"generated samples are nearly alike: {now:.1%} of the distance between real ones"
            return Verdict("collapsed", "no-diversity", reason)
    return None


def _risen(readings: Readings, facts: Facts) -> Verdict | None:
    """The distance grew far beyond what it had been, and stays there."""
    if len(readings) < 4:
        return None
    start, best = readings[0].distance, min(each.distance for each in readings)
    limit = max(2 * best, best + RISE * start)
    if all(each.distance > limit for each in readings[-2:]):
        ratio = readings[-1].distance
        lost = readings[-1].numbers.get("missing", 0.0)
        if readings[-1].numbers.get("diversity", 1.0) < THINNED or lost > LOST:
            reason = f"{lost:.0%} of the real data is missing again; the distance rose from {best:.4f} to {ratio:.4f}"
            return Verdict("collapsed", "missing-modes", reason)
        return Verdict("diverged", "rising", f"the distance to held-out data rose from {best:.4f} to {ratio:.4f}")
    return None


def _swinging(readings: Readings, facts: Facts) -> Verdict | None:
    """The distance goes up and down by large steps, each far beyond chance on the same latents."""
    recent = readings[-WINDOW:]
    values = [each.distance for each in recent]
    if len(readings) < WARMING_UP + WINDOW or not all(len(each.groups) == GROUPS for each in recent):
        return None
    middle, large = sorted(values)[WINDOW // 2], max(values) - min(values)
    steps = [
        b.distance - a.distance for a, b in pairwise(recent) if abs(b.distance - a.distance) > SIGMA * _error(a, b)
    ]
    steps = [step for step in steps if abs(step) > SWING * middle]
    turns = sum(a * b < 0 for a, b in pairwise(steps))
    if turns >= TURNS and large > SETTLED * readings[0].distance:
        reason = f"the distance swings between {min(values):.4f} and {max(values):.4f} in {WINDOW} judgements"
        return Verdict("oscillating", "swings", reason)
    return None


def _error(a: Reading, b: Reading) -> float:
    """Standard error of the difference of two distances on the same latents."""
    differences = [y - x for x, y in zip(a.groups, b.groups, strict=True)]
    mean = sum(differences) / GROUPS
    return math.sqrt(sum((each - mean) ** 2 for each in differences) / (GROUPS - 1) / GROUPS)


def _overfitting(readings: Readings, facts: Facts) -> Verdict | None:
    far = _twice(readings, "held-out gap", lambda gap: gap > HELD_OUT_GAP)
    if far and _twice(readings, "held-out sigma", lambda sigma: sigma > SIGMA):
        gap = readings[-1].numbers["held-out gap"]
        reason = f"the discriminator knows its training records: held-out ones lie {gap:.0%} of the way to fakes"
        return Verdict("discriminator-overfitting", "held-out-gap", reason)
    return None


def _copying(readings: Readings, facts: Facts) -> Verdict | None:
    if _twice(readings, "copied", lambda share: share > COPIED):
        share = readings[-1].numbers["copied"]
        return Verdict("memorising", "copies", f"{share:.0%} of the samples all but repeat a training record")
    return None


def _tiny(readings: Readings, facts: Facts) -> Verdict | None:
    """A generator that cannot: hopelessly smaller than its opponent, which tells its samples at a glance."""
    mine, other = facts.get("generator weights", 1.0), facts.get("discriminator weights", 1.0)
    if mine < TINY * other and _last(readings, "order", lambda order: order > TOLD_APART, 3):
        order = readings[-1].numbers["order"]
        reason = f"the generator is tiny, {mine:,.0f} weights against {other:,.0f} that tell {order:.0%} of pairs apart"
        return Verdict("plateau-unhealthy", "tiny", reason)
    return None


def _twice(readings: Readings, name: str, fires: Callable[[float], bool]) -> bool:
    return _last(readings, name, fires, 2)


def _last(readings: Readings, name: str, fires: Callable[[float], bool], count: int) -> bool:
    """Whether a signal fired at each of the last `count` judgements."""
    values = [reading.numbers.get(name) for reading in readings[-count:]]
    return len(values) == count and all(value is not None and fires(value) for value in values)


PLAYERS = ("generator", "discriminator")
# Judgements before anything but facts counts.
WARMING_UP = 4
# Data: share of values outside the generator's range; largest factor from unit scale; records; share of distinct ones.
OUTSIDE, SCALE, FEW, REPEATED = 0.01, 10.0, 32, 0.5
# Relative change of a player's weights in a step that is none, and a learning rate over the typical weight that is
# too high: with Adam, what the first step does to each weight.
STILL, LEAP = 1e-8, 0.15
# Growth of gradients since the beginning; in healthy runs they grew up to sixfold.
RUNAWAY = 20.0
# Share of pairs of real and fake that the discriminator puts in the right order.
UPSIDE_DOWN, TOLD_APART, TINY = 0.2, 0.85, 0.01
# Mean distance between generated samples over that between real ones.
ALIKE, THINNED, SCATTERED = 0.1, 0.6, 3.0
# Share of real data left out; rise of the distance in shares of the untrained generator's; what is still far.
LOST, RISE, STILL_FAR = 0.25, 0.25, 0.3
# The discriminator's held-out gap, and how many standard errors it must measure; share of samples that are copies.
HELD_OUT_GAP, SIGMA, COPIED = 0.5, 4.0, 0.1
# Oscillation: judgements looked at, turns in them, least step as a share of the median distance, and least range as a
# share of the untrained generator's distance.
WINDOW, TURNS, SWING, SETTLED = 10, 3, 0.2, 0.03

CHECKS: tuple[Callable[[Readings, Facts], Verdict | None], ...] = (
    _not_finite, _unscaled, _few_records, _latents, _frozen, _too_fast, _swapped, _scattered, _runaway, _alike, _risen,
    _swinging, _overfitting, _copying, _tiny,
)  # fmt: skip
NO_REMEDY = ("data", "unscaled", "few-records", "duplicates", "latents", "generator-frozen", "discriminator-frozen",
             "swapped", "tiny", "copies")  # fmt: skip
"""Causes that no remedy of training reaches: they are told, once."""
