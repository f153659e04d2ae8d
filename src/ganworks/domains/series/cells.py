"""Cells of a table in time: text -> numbers, categories and times, with the line of the first that is none."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError, printable

Values = npt.NDArray[np.float64]
GAPS = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
"""What stands for a missing value, in any case of letters."""
MOST_WORDS = 100
"""Different words that a column of categories may hold."""
_FORMATS = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
)  # fmt: skip


class Cells(NamedTuple):
    """One column as it stands in a file."""

    name: str
    texts: Sequence[str]
    lines: Sequence[int]
    """Line of the file, or row, of each cell."""
    place: str
    """The file, for messages."""

    def refused(self, i: int, why: str) -> DataError:
        return DataError(f"{self.place}, line {self.lines[i]}, column '{printable(self.name)}': {why}")


class Column(NamedTuple):
    """One column as numbers; of categories, the number of each one's word. NaN where there is a gap."""

    name: str
    values: Values
    categories: tuple[str, ...] = ()
    """Words by number; empty for a column of numbers."""


def column(cells: Cells, category: bool = False) -> Column:
    """A column of numbers, or of categories where its cells are words, or where it is said to be one.

    Raises DataError, with the line, for a word among numbers, an infinite number, and too many different words.
    """
    texts = ["" if text.strip().lower() in GAPS else text.strip() for text in cells.texts]
    if not any(texts):
        raise DataError(
            f"{cells.place}: column '{printable(cells.name)}' is empty; leave it out: --set domain.columns=[...]"
        )
    found = None if category else [_number(text) for text in texts]
    if found is None or not any(each is not None for text, each in zip(texts, found, strict=True) if text):
        return _words(cells, texts)
    for i, (text, each) in enumerate(zip(texts, found, strict=True)):
        if text and each is None:
            raise cells.refused(
                i, f"'{printable(text)}' is no number, others are; empty the cell for a gap, or put the column into "
                "domain.categories"
            )  # fmt: skip
        if each is not None and math.isinf(each):
            raise cells.refused(i, "the number is infinite; empty the cell for a gap")
    return Column(cells.name, np.array([math.nan if each is None else each for each in found], np.float64))


def times(cells: Cells) -> Values:
    """Seconds, or whatever a column of plain numbers counts. Raises DataError, with the line, for what is no time."""
    texts = [text.strip() for text in cells.texts]
    first = next((text for text in texts if text), "")
    for read in (_number, *_readers()):
        if read(first) is not None:
            found = [read(text) for text in texts]
            bad = next((i for i, each in enumerate(found) if each is None or not math.isfinite(each)), None)
            if bad is None:
                return np.array(found, np.float64)
            if read is not _number and any(_all(other, texts) for other in _readers()):
                continue
            raise cells.refused(bad, f"'{printable(texts[bad])}' is no time like '{printable(first)}'; mend the cell")
    raise cells.refused(0, f"'{printable(first)}' is no time; write 2024-01-31 or 2024-01-31 13:00, or a number")


def is_time(texts: Sequence[str]) -> bool:
    """Whether the first cells are dates: words that a calendar knows."""
    some = [text.strip() for text in texts[:5] if text.strip()]
    return bool(some) and any(_all(read, some) for read in _readers())


def _all(read: Callable[[str], float | None], texts: Sequence[str]) -> bool:
    return all(read(text) is not None for text in texts)


def _number(text: str) -> float | None:
    if not text or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _readers() -> list[Callable[[str], float | None]]:
    def iso(text: str) -> float | None:
        if len(text) < len("2024-01") or _number(text) is not None:
            return None
        try:
            return _seconds(datetime.fromisoformat(text))
        except ValueError:
            return None

    def by(form: str) -> Callable[[str], float | None]:
        def read(text: str) -> float | None:
            try:
                return _seconds(datetime.strptime(text, form))
            except ValueError:
                return None

        return read

    return [iso, *map(by, _FORMATS)]


def _seconds(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _words(cells: Cells, texts: Sequence[str]) -> Column:
    known = sorted({text for text in texts if text})
    if len(known) > MOST_WORDS:
        raise DataError(
            f"{cells.place}: column '{printable(cells.name)}' has {len(known):,} different words, at most {MOST_WORDS} "
            "make a category; name it in domain.entity or domain.time, or leave it out: --set domain.columns=[...]"
        )
    places = {text: float(i) for i, text in enumerate(known)}
    return Column(cells.name, np.array([places.get(text, math.nan) for text in texts]), tuple(known))
