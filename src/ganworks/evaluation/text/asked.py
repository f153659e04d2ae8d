"""Whether lines are of the class that was asked for: said by tables of n-grams, one for each class."""

import math
from typing import Any

import torch

from ...domains.tokens import Sequences
from ...metrics.text import NGrams
from ...settings import DataError
from ..findings import Finding, Level
from ..subject import Subject
from .sets import Lines, Sets, tokenised

LIKE_REAL, LOST = 0.95, 0.7
"""Share as asked over that of held-out lines: from the first on good, below the second alarming."""


def obeyed(subject: Subject, sets: Sets) -> tuple[dict[str, Any], Finding] | None:
    """A table of classes and what to make of it; None of a model without classes."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Sequences)
    if codec.asked != "class":
        return None
    try:
        judge = _Judge(codec, _by_class(codec, data.facts["lines"][0], _labels(data.train)))
    except DataError:
        return None
    real = _by_class(codec, data.facts["lines"][2], _labels(data.test))
    each = max(1, sets.size // len(codec.classes))
    rows, right, true = [], [], []
    for number, name in enumerate(codec.classes):
        drawn = subject.model.generate(each, seed=0, condition=name)
        lines: Lines = [list(codec.vocabulary.spelled(record)) for record in drawn]
        right.append(judge.share(lines, number))
        true.append(judge.share(real[number], number) if real[number] else math.nan)
        told = [None if math.isnan(share) else f"{share:.0%}" for share in (right[-1], true[-1])]
        rows.append({"name": name, "line": "", "values": told})
    known = [share for share in true if not math.isnan(share)]
    mine, best = sum(right) / len(right), sum(known) / len(known) if known else 1.0
    ratio = mine / best if best else 1.0
    level: Level = "good" if ratio >= LIKE_REAL else "warning" if ratio >= LOST else "alarm"
    line = f"{mine:.0%} of lines are told to be of the class they were asked for, held-out lines {best:.0%}"
    lead = f"{each:,} lines of each class, told apart by tables of three tokens counted in its training lines."
    table = {"title": "Asked and got", "lead": lead, "columns": ["generated", "held-out lines"], "rows": rows}
    return table, Finding("text", level, line)


class _Judge:
    def __init__(self, codec: Sequences, lines: list[Lines]):
        self.tables = [NGrams.of(each, size=len(codec.vocabulary)) for each in lines]

    def share(self, lines: Lines, number: int) -> float:
        """Of these lines that are likelier in this class than in any other."""
        chosen = [min(range(len(self.tables)), key=lambda i: self.tables[i].perplexity([line])) for line in lines]
        return sum(each == number for each in chosen) / len(chosen)


def _labels(source: Any) -> torch.Tensor:
    return torch.from_numpy(source.labels[source.rows])


def _by_class(codec: Sequences, lines: tuple[str, ...], labels: torch.Tensor) -> list[Lines]:
    """Lines of each class; rare tokens as the vocabulary has them, so that they tell nobody apart."""
    found: list[Lines] = [[] for _ in codec.classes]
    known = codec.vocabulary.places
    for tokens, label in zip(tokenised(codec, lines), labels.tolist(), strict=True):
        found[label].append([token if token in known else codec.vocabulary.tokens[1] for token in tokens])
    return found
