"""Findings: what the numbers say, in words a sceptic accepts, with the numbers beside them."""

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .scores import NEAR

FEW = 50
"""Held-out records below which closeness and coverage are not judged."""
CLOSE, FAR = 3.0, 30.0
"""Distance over the floor: up to CLOSE good, above FAR alarming."""
COVERED, LOST = 0.9, 0.5
"""Coverage over the floor's: from COVERED on good, below LOST alarming."""
COPIES, MANY_COPIES = 0.02, 0.1
"""Share of near copies, where NEAR is what new samples of the same law have."""
CHANCE = 0.01
"""How often chance alone may claim copies."""
UNEVEN = 0.05
"""Divergence of the classes from the data's, in nats, above which some are neglected."""
COMMON = 10
"""Held-out records of a class from which on it cannot be missed by chance."""

Row = Mapping[str, Any]
Level = Literal["good", "warning", "alarm"]


class Finding(NamedTuple):
    kind: Literal[
        "closeness", "coverage", "copying", "classes", "asked", "codes", "table", "series", "grid", "video", "audio",
        "text", "molecules", "privacy",
    ]  # fmt: skip
    level: Level
    line: str


def findings(rows: Mapping[str, Row], count: int, repeats: int, classes: Mapping[str, Any] | None) -> list[Finding]:
    """One finding of each kind that the numbers allow, from `repeats` regenerations of `count` samples."""
    found = [_closeness(rows, count), _coverage(rows, count), _copying(rows, count, count * repeats)]
    if classes is not None:
        found.append(_classes(classes, count))
    return [each for each in found if each is not None]


def _closeness(rows: Mapping[str, Row], count: int) -> Finding | None:
    row = rows.get("frechet")
    if row is None or row["value"] is None:
        return None
    told = f"{row['label']} {_between(row)}"
    if count < FEW:
        return Finding("closeness", "warning", f"{told}: {count} held-out records are too few to judge closeness")
    if not row["floor"]:
        return Finding("closeness", "warning", f"{told}, without a floor to hold it against")
    # Training records are real ones, too, and one draw of real against real scatters where features are few.
    floor = max(row["floor"], row.get("copycat") or 0.0)
    times = row["value"] / floor
    level: Level = "good" if times <= CLOSE else "warning" if times <= FAR else "alarm"
    line = f"{told} is {times:.1f} times what real against real has ({floor:.4g})"
    accuracy = rows.get("two-sample", {}).get("value")
    if accuracy is not None:
        line += f"; a classifier tells generated from real {_percent(accuracy)} of the time (50 % is a coin)"
    return Finding("closeness", level, line)


def _coverage(rows: Mapping[str, Row], count: int) -> Finding | None:
    row = rows.get("coverage")
    if row is None or row["value"] is None:
        return None
    told = f"{_percent(row['value'])} of held-out records have a generated sample near them"
    if count < FEW:
        return Finding("coverage", "warning", f"{told}: {count} held-out records are too few to judge coverage")
    if not row["floor"]:
        return Finding("coverage", "warning", f"{told}, without a floor to hold it against")
    share = row["value"] / row["floor"]
    level: Level = "good" if share >= COVERED else "warning" if share >= LOST else "alarm"
    said = {"good": "the data is covered", "warning": "part of it is missed", "alarm": "most of it is missed"}[level]
    recall = rows.get("recall", {})
    if level != "good" and recall.get("value") and recall.get("floor") and recall["value"] >= COVERED * recall["floor"]:
        said += f"; recall of {_percent(recall['value'])} points to imprecise samples rather than absent ones"
    return Finding("coverage", level, f"{told}, real ones reach {_percent(row['floor'])}: {said}")


def _copying(rows: Mapping[str, Row], count: int, drawn: int) -> Finding | None:
    row = rows.get("copied")
    if row is None or row["value"] is None:
        return None
    share, allowed = row["value"], max(COPIES, by_chance(count, drawn))
    told = (
        f"{_percent(share)} of generated samples lie nearer to a training record than {_percent(NEAR)} of held-out "
        "ones do"
    )
    if share <= allowed:
        return Finding("copying", "good", f"{told}: no sign of copying")
    level: Level = "alarm" if share > max(MANY_COPIES, allowed) else "warning"
    collapsed = (rows.get("diversity", {}).get("value") or 1.0) < 0.5
    doubt = "copies, or one sample again and again" if collapsed else "copies; see samples/neighbours.png"
    return Finding("copying", level, f"{told}, chance allows {_percent(allowed)}: {doubt}")


def by_chance(count: int, drawn: int) -> float:
    """The share of near copies that new samples of the data's own law exceed in CHANCE of all cases.

    How near is near is an order statistic of `count` held-out distances, so of `drawn` new ones a beta-binomial number
    falls below it.
    """
    from scipy.stats import betabinom  # noqa: PLC0415  slow to import

    rank = max(1, math.ceil(NEAR * (count - 1)) + 1)  # the quantile lies below this order statistic
    return float(betabinom.ppf(1 - CHANCE, drawn, rank, max(1, count + 1 - rank))) / drawn


def _classes(classes: Mapping[str, Any], count: int) -> Finding:
    names, histogram, real = classes["names"], classes["histogram"], classes["real"]
    # A class with a few held-out records may be missed by chance.
    missing = [names[i] for i in range(len(names)) if not histogram[i] and real[i] * count >= COMMON]
    wrong = max(range(len(names)), key=lambda i: abs(histogram[i] - real[i]))
    told = f"KL of classes {classes['kl']:.3g}, the farthest off is {names[wrong]}: {_percent(histogram[wrong])} "
    told += f"for {_percent(real[wrong])} in the data"
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        return Finding("classes", "alarm", f"{len(missing)} of {len(names)} classes are never drawn: {shown}; {told}")
    scatter = 2 * sum(each > 0 for each in real) / count  # twice what the held-out counts alone would make of it
    if classes["kl"] > max(UNEVEN, scatter):
        return Finding("classes", "warning", f"some classes are neglected; {told}")
    return Finding("classes", "good", f"the classes are drawn as the data has them; {told}")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _between(row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return f"{row['value']:.4g}"
    return f"{row['value']:.4g} ({row['low']:.4g} to {row['high']:.4g})"
