"""A column of text as its distinct words and which of them stands in each row: a million rows cost four bytes each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass
class Cells:
    """One column of a file, verbatim."""

    name: str
    words: list[str]
    """Distinct, in order of appearance."""
    codes: Codes
    """Which word stands in each row (N,)."""
    lines: Sequence[int] | npt.NDArray[np.int64] = ()
    """Line of the file that each row began on; empty where rows are no lines."""
    counts: npt.NDArray[np.int64] = field(init=False)
    """Rows of each word."""

    def __post_init__(self) -> None:
        self.counts = np.bincount(self.codes, minlength=len(self.words))

    def __len__(self) -> int:
        return len(self.codes)

    def first(self, word: int) -> str:
        """Where a word stands first, for a message."""
        return self.where(int(np.argmax(self.codes == word)))

    def where(self, row: int) -> str:
        return f"line {self.lines[row]}" if len(self.lines) else f"row {row + 1}"

    def spread(self, by_word: Floats) -> Floats:
        """A number a word -> a number a row."""
        return by_word[self.codes]

    def total(self, chosen: npt.NDArray[np.bool_]) -> int:
        """Rows whose word is among the chosen."""
        return int(self.counts[chosen].sum())


class Gathering:
    """Cells that come row by row."""

    def __init__(self, name: str):
        self.name = name
        self.memo: dict[str, int] = {}
        self.parts: list[Codes] = []

    def add(self, words: Iterable[str], count: int) -> None:
        memo = self.memo
        self.parts.append(np.fromiter((memo.setdefault(word, len(memo)) for word in words), np.int32, count))

    def done(self, lines: npt.NDArray[np.int64]) -> Cells:
        codes = np.concatenate(self.parts) if self.parts else np.zeros(0, np.int32)
        return Cells(self.name, list(self.memo), codes, lines)


def of_values(name: str, values: npt.NDArray[np.generic], spell: Callable[[list[object]], list[str]]) -> Cells:
    """Cells of an array whose distinct values are spelled together."""
    distinct, codes = np.unique(values, return_inverse=True)
    words = spell(distinct.tolist())
    return Cells(name, words, codes.reshape(-1).astype(np.int32))
