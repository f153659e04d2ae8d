"""How many of all n-grams are different ones."""

from collections.abc import Sequence

from .bleu import Gram, Line, grams


def distinct(lines: Sequence[Line], order: int) -> float:
    """Different n-grams of all lines together as a share of all their n-grams. Li et al. (2016). Compares only between
    sets of equal size: more lines repeat more."""
    every: list[Gram] = [gram for line in lines for gram in grams(line, order)]
    return len(set(every)) / len(every) if every else 0.0
