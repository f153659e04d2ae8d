"""What stands beside lines: classes, properties or the line before, learnt from the training split."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Dataset, Raw
from .codec import Sequences
from .reading import Line
from .vocabulary import Vocabulary, Words

if TYPE_CHECKING:
    from .domain import Tokens


class Beside(NamedTuple):
    """What the training lines have beside them."""

    asked: str = "none"
    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    properties: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    mixing: tuple[tuple[float, ...], ...] = ()


def beside(domain: "Tokens", lines: Sequence[Line]) -> Beside:
    """Raises DataError where there is one class only."""
    if domain.condition == "class":
        counts = Counter(line.label for line in lines)
        if len(counts) < 2:
            raise DataError(f"condition=class wants two classes at least, every line is of '{next(iter(counts), '')}'")
        classes = tuple(sorted(counts))
        return Beside("class", classes, tuple(counts[each] / len(lines) for each in classes))
    if domain.condition == "properties":
        values = np.array([line.properties for line in lines])
        means, deviations = values.mean(0), np.maximum(values.std(0), 1e-9)
        together = np.cov(((values - means) / deviations).T).reshape(len(means), len(means))
        mixing = np.linalg.cholesky(together + 1e-6 * np.eye(len(means)))
        return Beside(
            "properties", (), (), domain.properties, tuple(means.tolist()), tuple(deviations.tolist()),
            tuple(tuple(row) for row in mixing.tolist()),
        )  # fmt: skip
    return Beside(domain.condition)


def labels_of(
    domain: "Tokens", lines: Sequence[Line], known: Beside, learnt: tuple[Words, Vocabulary, int]
) -> Raw | None:
    """What stands beside each line, as numbers: a class (N,), properties (N, P) or the line before (N, T)."""
    words, vocabulary, length = learnt
    if known.asked == "class":
        places = {name: i for i, name in enumerate(known.classes)}
        if strange := [line for line in lines if line.label not in places]:
            raise DataError(f"line {strange[0].number}: no training line is of the class '{strange[0].label}'")
        return np.array([places[line.label] for line in lines], np.int64)
    if known.asked == "properties":
        return np.array([line.properties for line in lines], np.float64)
    if known.asked == "previous":
        before = [_tokens(words, line.previous)[-length:] for line in lines]
        return np.stack([vocabulary.numbers(tokens, length) for tokens in before])
    return None


def _tokens(words: Words, line: str) -> list[str]:
    try:
        return words.split(line)
    except ValueError:
        return []


def fit(dataset: Dataset) -> Sequences:
    facts = dataset.facts
    return Sequences(
        words=facts["words"], vocabulary=facts["vocabulary"], length=facts["length"], suffix=facts["suffix"],
        **facts["beside"]._asdict(),
    )  # fmt: skip
