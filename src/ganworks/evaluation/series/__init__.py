"""What only series have to say: memory, the scores of TimeGAN beside honest ones, forecasts, facts of finance."""

import numpy as np

from ...domains.series import Steps
from ...metrics.series.learned import LEAST, PREDICT, TELL
from ...settings import ConfigError
from ..findings import Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from .finance import finance
from .forecasts import LEVEL, forecasts
from .rows import Table, learned, statistics
from .sets import sets

SEEDS = 5
"""Networks behind each score that is learnt: one hangs on chance."""
LONGEST = 256
"""Steps of a window up to which recurrent networks learn in minutes."""
APART = 0.1, 0.25
"""|accuracy - 1/2| up to which samples are hard to tell, and above which they are easy to."""
OFF = 3.0
"""Times the floor's autocorrelation error from which on it is worth a warning."""
NEAR = 0.05
"""Autocorrelation error that no eye sees, however well halves of the data agree."""


def evidence(subject: Subject, ask: Ask, tell: int = TELL, predict: int = PREDICT) -> Evidence:
    """Tables that a report draws as they are. Learning takes minutes; `tell` and `predict` are its steps."""
    codec = subject.codec
    if not isinstance(codec, Steps):
        raise ConfigError("this evidence is of series, got another domain")
    every = sets(subject, ask)
    tables: list[Table] = [*statistics(every)]
    findings, notes = [_memory(tables[0])], []
    long = every.train.shape[2] > LONGEST
    if ask.learn and long:
        notes.append(f"windows of more than {LONGEST} steps are too long for recurrent scores: train on shorter ones")
    if ask.learn and not long and min(len(every.train) // 2, len(every.generated)) >= LEAST:
        seeds = max(SEEDS, ask.repeats)
        ask.notify(
            f"small networks learn to tell windows apart and to predict them, {seeds} seeds of each: some minutes"
        )
        table, told = learned(every, seeds, tell, predict)
        tables.insert(0, table)
        findings.append(_apart(told))
        notes.append("a GRU's scores hang on its seed and on the framework: compare numbers of one protocol only")
    for more in (forecasts(subject, ask), finance(codec, every)):
        if more is not None:
            tables.append(more)
            if more["title"] == "Forecasts":
                findings.append(_forecast(more))
    return Evidence({"tables": tables}, tuple(findings), tuple(notes))


def _memory(table: Table) -> Finding:
    rows = {row["name"]: row["values"][0] for row in table["rows"]}
    error, floor = rows["generated"], rows["floor"]
    if error is None:
        return Finding("series", "warning", "windows of one step have no memory to compare")
    told = f"autocorrelations are off by {error:.3g} on average, real against real by {floor:.3g}"
    beaten = rows.get("one Gaussian") is not None and error > rows["one Gaussian"]
    told += f"; one Gaussian has {rows['one Gaussian']:.3g}" if rows.get("one Gaussian") is not None else ""
    level: Level = "good" if error <= max(OFF * floor, NEAR) or not beaten else "warning"
    return Finding("series", level, told)


def _apart(told: dict[str, list[float]]) -> Finding:
    values = {name: float(np.mean(each)) for name, each in told.items()}
    found, floor = values["generated published"], values["floor published"]
    level: Level = "good" if found <= max(APART[0], 2 * floor) else "warning" if found <= APART[1] else "alarm"
    line = f"a small GRU tells samples from training windows with accuracy {0.5 + found:.3f} (a coin: 0.5, real from "
    line += f"real: {0.5 + floor:.3f}, a copy: {0.5 + values['copycat published']:.3f})"
    if "generated blocks" in values:
        line += f"; on blocks of time it never met {0.5 + values['generated blocks']:.3f}"
    return Finding("series", level, line)


def _forecast(table: Table) -> Finding:
    rows = {row["name"]: row["values"] for row in table["rows"]}
    score, inside = rows["generated"][:2]
    best = min(values[0] for name, values in rows.items() if name != "generated")
    level: Level = "good" if score <= best and abs(inside - LEVEL) <= APART[0] else "warning"
    line = f"forecasts score {score:.4f} (CRPS, share of the range), the better baseline {best:.4f}; "
    return Finding("series", level, f"{line}{inside:.0%} of what came lies within their {LEVEL:.0%}")
