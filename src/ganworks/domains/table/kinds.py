"""What kind each column is, judged by its distinct words."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError, printable
from . import times
from .cells import Cells, Floats
from .schema import Kind

Chosen = npt.NDArray[np.bool_]

FEW_WORDS = 20
"""Distinct words up to which a mixture of numbers and text is taken for categories."""
MOST_CATEGORIES = 100_000
MOST_DIGITS = 10
"""Decimals above which digits are what computing left there, not what was meant."""
BOOLEANS = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"), ("0.0", "1.0"))
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{24,64}")
CALLED_SO = re.compile(r"(?i:(^|[\W_])(id|uuid|guid|key|index|rowid|row|no|nr|number|email|mail|ssn)$)|[a-z](Id|ID)$")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+(,\d+)?")
INFINITE = {"inf", "infinity", "+inf", "-inf", "+infinity", "-infinity"}


class Judged(NamedTuple):
    """The distinct words of a column, looked at once."""

    cells: Cells
    stripped: list[str]
    missing: Chosen
    numbers: Floats
    """NaN where a word spells none."""
    comma: bool

    @property
    def present(self) -> Chosen:
        return ~self.missing

    @property
    def rows(self) -> int:
        """Rows that have a value."""
        return self.cells.total(self.present)


def judged(cells: Cells, missing: Sequence[str]) -> Judged:
    """`missing` are words that say there is no value, compared without regard to blanks around."""
    stripped = [word.strip() for word in cells.words]
    unknown = set(missing)
    absent = np.array([word in unknown for word in stripped], bool)
    present = [word for word, gone in zip(stripped, absent, strict=True) if not gone]
    comma = any("," in word for word in present) and all(_COMMA.fullmatch(word) for word in present)
    numbers = np.array([_number(word, comma) for word in stripped], np.float64)
    numbers[absent] = np.nan
    return Judged(cells, stripped, absent, numbers, comma)


def kind_of(words: Judged) -> Kind:
    """What the words look like. Raises DataError for numbers among words, for free text and for too many categories."""
    cells, present = words.cells, words.present
    distinct = int(present.sum())
    if distinct <= 1 and (distinct == 0 or not words.missing.any()):
        return "constant"
    lower = {word.lower() for word, there in zip(words.stripped, present, strict=True) if there}
    if any(lower == set(pair) for pair in BOOLEANS):
        return "boolean"
    spelled = ~np.isnan(words.numbers) | np.array([word.lower() in INFINITE for word in words.stripped])
    share = cells.total(spelled & present) / words.rows
    if share == 1 and not any(map(padded, some_of(words))):
        return "identifier" if _running(words) else _number_kind(words)
    if share >= 0.5 and distinct > FEW_WORDS and not any(map(padded, some_of(words))):
        refuse_mixed(words, spelled, "numbers")
    if times.format_of(some_of(words)):
        return "datetime"
    return _text_kind(words, distinct)


def some_of(words: Judged, count: int = 200) -> list[str]:
    """Some of the words that are values, from all over."""
    places = np.flatnonzero(words.present)
    return [words.stripped[i] for i in places[np.linspace(0, len(places) - 1, min(count, len(places))).astype(int)]]


def padded(word: str) -> bool:
    """007 is a name, not a number."""
    return len(word) > 1 and word[0] == "0" and word.isdigit()


def _running(words: Judged) -> bool:
    """Whether whole numbers number the rows: each once, and in order or called so."""
    values = words.numbers[words.present]
    if words.rows < 20 or len(values) < words.rows or (values != np.rint(values)).any():
        return False
    order = words.numbers[words.cells.codes]
    order = order[~np.isnan(order)]
    return bool((np.diff(order) == 1).all() or CALLED_SO.search(words.cells.name))


def _number_kind(words: Judged) -> Kind:
    values = words.numbers[words.present]
    values = values[np.isfinite(values)]
    decimals = decimals_of(words)
    if decimals == 0 or (values == np.rint(values)).all():
        return "integer"
    if values.min() >= 0 and values.max() <= 1 and len(values) > 2:
        return "bounded"
    return "rounded" if decimals is not None else "number"


def _text_kind(words: Judged, distinct: int) -> Kind:
    cells, share = words.cells, distinct / words.rows
    some = some_of(words)
    shapes = {pattern_of(word) for word in some}
    if share > 0.9 and words.rows >= 20 and (all(map(UUID.fullmatch, some)) or len(shapes) == 1):
        return "identifier"
    if share > 0.9 and words.rows >= 20 and CALLED_SO.search(cells.name):
        return "identifier"
    words_each = np.mean([len(word.split()) for word in some])
    if share > 0.5 and distinct > 50 and (share > 0.9 or words_each >= 3 or distinct > MOST_CATEGORIES):
        raise DataError(
            f"column '{printable(cells.name)}' holds free text or names: {distinct:,} different values in "
            f"{words.rows:,} rows; set {setting(cells)}.kind to drop, to identifier (made anew) or to category"
        )
    return "category"


def setting(cells: Cells) -> str:
    return f"domain.columns.{printable(cells.name)}"


def refuse_mixed(words: Judged, fits: Chosen, what: str) -> None:
    cells = words.cells
    odd = words.present & ~fits
    first = int(np.argmax(odd[cells.codes]))
    word = cells.words[cells.codes[first]]
    raise DataError(
        f"column '{printable(cells.name)}': {cells.total(odd):,} of {words.rows:,} values are no {what}, first "
        f"'{printable(word)}' at {cells.where(first)}; clean them, add the word to domain.missing, or set "
        f"{setting(cells)}.kind=category"
    )


def _number(word: str, comma: bool) -> float:
    if comma:
        word = word.replace(",", ".")
    return float(word) if _PLAIN.fullmatch(word) else float("nan")


def decimals_of(words: Judged) -> int | None:
    """Digits behind the point that any number has; None where they are too many, or an exponent is spelled."""
    most, mark = 0, "," if words.comma else "."
    for word, there in zip(words.stripped, words.present, strict=True):
        if there:
            if "e" in word.lower():
                return None
            most = max(most, len(word.partition(mark)[2]))
            if most > MOST_DIGITS:
                return None
    return most


def pattern_of(word: str, hexadecimal: bool = False) -> str:
    if hexadecimal:
        return re.sub(r"[0-9a-fA-F]", "x", word)
    return re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", word)))
