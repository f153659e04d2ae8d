"""Shares of a set of molecules, each with the number it is a share of: a ratio alone has fooled readers."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ...chemistry import canonical, distinct, radical


class Share(NamedTuple):
    """So many of so many."""

    found: int
    of: int

    @property
    def share(self) -> float:
        """0 to 1; NaN of nothing."""
        return self.found / self.of if self.of else float("nan")

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} % of {self.of:,}" if self.of else "none of 0"


def validity(drawn: Sequence[str]) -> tuple[Share, list[str]]:
    """How many strings rdkit reads and sanitises, of all; and those, canonical, in their order, repeats and all."""
    found = [canonical(each) for each in drawn]
    valid = [each for each in found if each is not None]
    return Share(len(valid), len(drawn)), valid


def uniqueness(valid: Sequence[str], first: int) -> Share:
    """Different molecules among the first so many valid ones. The more are looked at, the more repeat."""
    some = valid[:first]
    return Share(len(set(some)), len(some))


def novelty(valid: Sequence[str], train: Collection[str]) -> Share:
    """Of the different valid molecules, those that are not among the training ones (canonical)."""
    known = train if isinstance(train, set | frozenset) else set(train)
    found = distinct(valid)
    return Share(sum(each not in known for each in found), len(found))


def radicals(valid: Sequence[str]) -> Share:
    """Valid molecules with an electron left alone, which validity does not count against them."""
    return Share(sum(radical(each) for each in valid), len(valid))
