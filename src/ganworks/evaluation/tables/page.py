"""What was measured, as plain tables and findings that anybody can read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...metrics.tables import MEAN, Task
from ..findings import Finding, Level
from .rivals import ALONE, TIED, Held
from .scoring import BOOSTED, EXACT, MISSING, PAIRS, SHAPES, Scores, Sure

OWN = "generated"
NEAR_FLOOR, FAR_FROM_FLOOR = 0.08, 0.25
"""Column shapes below the floor's by less than the first are good, by more than the second alarming."""
USEFUL = 0.85
"""Share of the way from independent columns to real rows from which on rows are good to learn from."""
TEACHES = 0.02
"""Score that real rows must have above independent columns, or there is nothing in the target to learn."""
COPIES, MANY_COPIES = 0.01, 0.1
"""Share of exact copies above what real rows and the copula have: from the first on a warning, from the second an
alarm."""
SHOWN = 12
"""Pairs shown, the farthest off first."""


class Measured(NamedTuple):
    """Everything about one run's rows."""

    held: Held
    task: Task | None
    sets: Mapping[str, Scores]
    """The generated rows, and all they are held against, by name."""
    lines: Mapping[str, str]
    """What each set of rows is."""

    @property
    def target(self) -> str:
        return self.held.names[self.task.target] if self.task else ""


def tables(found: Measured) -> list[dict[str, Any]]:
    """Tables that a report draws as they are; the generated rows first, then everything they are held against."""
    made = [_beside("How close the rows are", CLOSE, found, {name: each.close for name, each in found.sets.items()})]
    useful = {name: each.useful for name, each in found.sets.items() if each.useful}
    if useful and found.task:
        title = f"What is learnt from the rows: {found.task.score} of {found.target}"
        made.append(_beside(title, USEFULNESS, found, useful))
    made.append(_columns(found))
    return [*made, _pairs(found)] if len(found.held.names) > 1 else made


def _beside(title: str, lead: str, found: Measured, numbers: Mapping[str, Mapping[str, Sure]]) -> dict[str, Any]:
    columns = list(next(iter(numbers.values())))
    rows = []
    for name, known in numbers.items():
        values = [str(known[each]) if each in known else None for each in columns]
        rows.append({"name": name, "line": found.lines[name], "values": values})
    return {"title": title, "lead": lead, "columns": columns, "rows": rows}


def _columns(found: Measured) -> dict[str, Any]:
    """Each column alone, the worst first."""
    own, floor = found.sets[OWN], found.sets["floor"]
    gaps = MISSING in own.close
    rows = []
    for i in np.argsort(own.shapes, kind="stable"):
        values = [f"{own.shapes[i]:.3f}", f"{floor.shapes[i]:.3f}", *([f"{own.missing[i]:.3f}"] if gaps else [])]
        rows.append({"name": found.held.names[i], "line": found.held.kinds[i], "values": values})
    columns = ["generated", "floor", *(["missing values"] if gaps else [])]
    return {"title": "Each column alone, the worst first", "lead": COLUMNS, "columns": columns, "rows": rows}


def _pairs(found: Measured) -> dict[str, Any]:
    """Pairs of columns, those farthest below the floor first."""
    own, floor = found.sets[OWN].trends, found.sets["floor"].trends
    gap = np.triu(np.nan_to_num(floor - own), 1)
    worst = np.argsort(-gap, axis=None, kind="stable")[:SHOWN]
    rows = []
    for i, j in zip(*np.unravel_index(worst, gap.shape), strict=True):
        if gap[i, j] > 0:
            names = f"{found.held.names[i]}, {found.held.names[j]}"
            kinds = " and ".join(found.held.kinds[k] for k in (i, j))
            rows.append({"name": names, "line": kinds, "values": [f"{own[i, j]:.3f}", f"{floor[i, j]:.3f}"]})
    return {"title": "Pairs farthest below the floor", "lead": PAIRED, "columns": ["generated", "floor"], "rows": rows}


def findings(found: Measured) -> list[Finding]:
    said = [_closeness(found), _usefulness(found), _copies(found)]
    return [each for each in said if each is not None]


def _closeness(found: Measured) -> Finding:
    """Column shapes against the floor, pair trends against columns that know nothing of each other."""
    own, floor, alone, tied = (found.sets[name].close for name in (OWN, "floor", ALONE, TIED))
    below = floor[SHAPES].value - own[SHAPES].value
    level: Level = "good" if below <= NEAR_FLOOR else "warning" if below <= FAR_FROM_FLOOR else "alarm"
    line = f"column shapes {own[SHAPES]} (real rows {floor[SHAPES].value:.3f})"
    if PAIRS in own:
        line += f", pair trends {own[PAIRS]} (real rows {floor[PAIRS].value:.3f}, independent columns "
        line += f"{alone[PAIRS].value:.3f}, a Gaussian copula {tied[PAIRS].value:.3f})"
        line += f", boosted detection {own[BOOSTED]}" if BOOSTED in own else ""
        lost = _loses(own[PAIRS], alone[PAIRS])
        if lost and below > NEAR_FLOOR:
            level = "alarm"
            line += ": broken; columns drawn on their own do better at both, train longer or choose another recipe"
        elif lost:
            level = "warning"
            line += ": columns drawn on their own do better at pairs, since each of theirs is exact"
    return Finding("table", level, line)


def _usefulness(found: Measured) -> Finding | None:
    if MEAN not in found.sets[OWN].useful or found.task is None:
        return None
    own, real, alone, tied = (found.sets[name].useful[MEAN] for name in (OWN, "copycat", ALONE, TIED))
    line = f"models that learnt {found.target} from generated rows have {found.task.score} {own}, from real rows "
    line += f"{real.value:.3f} (from a Gaussian copula {tied.value:.3f}, from independent columns {alone.value:.3f})"
    if real.value - alone.value < TEACHES:
        return Finding("table", "warning", f"{line}: not even real rows teach it; choose another domain.target")
    if _loses(own, alone):
        return Finding("table", "alarm", f"{line}: broken; columns drawn on their own teach more")
    if _loses(own, tied):
        return Finding("table", "alarm", f"{line}: broken; a Gaussian copula, which learns in a second, teaches more")
    share = (own.value - alone.value) / (real.value - alone.value)
    level: Level = "good" if share >= USEFUL else "warning"
    return Finding("table", level, f"{line}: {share:.0%} of the way from independent columns to real rows")


def _copies(found: Measured) -> Finding | None:
    if EXACT not in found.sets[OWN].close:
        return None
    own = found.sets[OWN].close[EXACT].value
    chance = max(found.sets[name].close[EXACT].value for name in ("floor", ALONE, TIED))
    line = f"{own:.2%} of generated rows are training rows; {chance:.2%} come about without copying"
    level: Level = "good" if own - chance < COPIES else "warning" if own - chance < MANY_COPIES else "alarm"
    return Finding("copying", level, line)


def _loses(own: Sure, rival: Sure) -> bool:
    """Whether the whole interval lies below."""
    return (own.value if own.high is None else own.high) < rival.value


CLOSE = (
    "1 is best, except for copies. Column shapes: one minus Kolmogorov-Smirnov or total variation. Pair trends: the "
    "same of correlations and contingency tables. Detection: 1 where a classifier cannot tell rows from held-out ones."
)
USEFULNESS = "Each model learns from the rows of a line and is tested on real held-out rows (SDGym); higher is better."
COLUMNS = "One minus Kolmogorov-Smirnov of a number, one minus total variation of a category; 1 is best."
PAIRED = "Similarity of correlations or contingency tables; 1 is best."
