"""Goals: what a reward has moved, and whether molecules have the properties that were asked for."""

from typing import Any

import numpy as np

from ...adversarial.rewards import Reward, Substructure
from ...chemistry import PROPERTIES, contains, number, pattern
from ...domains.tokens import Sequences
from ...metrics.molecules import values
from ..findings import Finding, Level
from ..subject import Subject
from .rows import FIRST, Measured
from .sets import Sets, some

UNIQUE = 0.9
"""Share of different molecules below which a goal was reached by saying the same again and again."""
AMONG = 2000
"""Training molecules whose properties are looked at."""
Table = dict[str, Any]


def goals(subject: Subject, mine: Measured, every: Sets) -> tuple[list[Table], list[Finding]]:
    """A table of goals, a row a reward of this run, and a finding each; none of a run without rewards."""
    train = some(sorted(every.train), AMONG)
    rows, said = [], []
    for term in subject.model.run.terms:
        if isinstance(term, Reward):
            before, after = (_reached(each, term) for each in (train, every.drawn.smiles))
            name = f"{term.of}, {_wish(term)}"
        elif isinstance(term, Substructure):
            before, after = (_share(each, term) for each in (train, every.drawn.smiles))
            name = f"{'with' if term.wanted else 'without'} {term.smarts}"
        else:
            continue
        rows.append({"name": name, "line": "", "values": [_three(before), _three(after), str(mine.unique)]})
        level: Level = "good" if mine.unique.share >= UNIQUE and after != before else "warning"
        line = f"{name}: {after:.3g} on average, training molecules {before:.3g}; {mine.unique} are different"
        said.append(Finding("molecules", level, line))
    lead = (
        "What rewards moved: the mean of the property, or the share inside a range or with a substructure, of training "
        "molecules and of generated ones. A reward is worth what it leaves of the variety."
    )
    columns = ["training", "generated", f"unique@{FIRST:,}"]
    return ([{"title": "Goals", "lead": lead, "columns": columns, "rows": rows}] if rows else []), said


def asked(subject: Subject, count: int) -> list[Table]:
    """Of a model that is asked for computed properties: asked against got, beside what any molecule would have got."""
    codec = subject.codec
    assert isinstance(codec, Sequences)
    names = [name for name in codec.properties if name in PROPERTIES]
    if not names:
        return []
    inputs = subject.model.inputs(count, seed=1)
    smiles = codec.lines(subject.model.decode(inputs))
    row = inputs[:, subject.model.run.generator.latent :].numpy()
    rows = []
    for name in names:
        place = codec.properties.index(name)
        wanted = row[:, place] * codec.deviations[place] + codec.means[place]
        got = np.array([np.nan if (value := number(each, name)) is None else value for each in smiles])
        known = ~np.isnan(got)
        if not known.any():
            continue
        off, blind = np.abs(got - wanted)[known].mean(), np.abs(wanted - codec.means[place]).mean()
        rows.append({"name": name, "line": "", "values": [_three(off), _three(blind)]})
    lead = f"{count:,} molecules, each asked for properties as they occur together. Blind: always the mean."
    return [{"title": "Asked and got", "lead": lead, "columns": ["off by", "off by, blind"], "rows": rows}]


def _reached(smiles: list[str], term: Reward) -> float:
    """The mean of the property, or the share inside the range."""
    found = values(smiles, term.of)
    if not len(found) or term.goal != "range":
        return float(found.mean()) if len(found) else float("nan")
    low, high = -np.inf if term.low is None else term.low, np.inf if term.high is None else term.high
    return float(((found >= low) & (found <= high)).mean())


def _share(smiles: list[str], term: Substructure) -> float:
    wanted = pattern(term.smarts)
    return float(np.mean([contains(each, wanted) == term.wanted for each in smiles])) if smiles else float("nan")


def _wish(term: Reward) -> str:
    if term.goal != "range":
        return {"raise": "as much as may be", "lower": "as little as may be"}[term.goal]
    return f"{'' if term.low is None else term.low} to {'' if term.high is None else term.high}".strip()


def _three(value: float) -> float:
    return float(f"{value:.3g}")
