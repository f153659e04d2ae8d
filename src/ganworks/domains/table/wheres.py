"""What a user asks of rows, in words: `sex=Female`, `age>=60`, `education in (Bachelors, Masters)`."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import ConfigError, no_such, printable
from . import times
from .cells import Floats
from .kinds import BOOLEANS
from .schema import Seen

if TYPE_CHECKING:
    from .codec import Coded

_OPERATOR = re.compile(r"\s*(<=|>=|!=|==|=|<|>)\s*|\s+(not\s+in|in)\b\s*")
_QUOTES = "\"'"


class Clause(NamedTuple):
    """One thing asked of one column."""

    column: int
    """Number of the column in a record."""
    text: str
    low: float = -np.inf
    high: float = np.inf
    """Both ends are allowed."""
    values: tuple[float, ...] = ()
    """Codes or numbers of which one is wanted; of a negated clause none."""
    negated: bool = False
    gap: bool = False
    """Whether a missing value is wanted."""

    def holds(self, column: Floats) -> npt.NDArray[np.bool_]:
        """Of values of the column, which are as asked. A missing value is nothing but missing."""
        gaps = np.isnan(column)
        if self.gap:
            wanted: npt.NDArray[np.bool_] = gaps != self.negated
            return wanted
        known = np.where(gaps, 0.0, column)
        held = (known >= self.low) & (known <= self.high)
        if self.values:
            held &= np.isin(known, self.values) != self.negated
        kept: npt.NDArray[np.bool_] = held & ~gaps
        return kept


def hold(records: Floats, given: Sequence[Clause]) -> npt.NDArray[np.bool_]:
    """Of records (N, columns), those of which all is as asked (N,)."""
    held = np.ones(len(records), bool)
    for clause in given:
        held &= clause.holds(records[:, clause.column])
    return held


def clauses(text: str, codec: "Coded") -> list[Clause]:
    """Of a word such as `a=b,c>3`; commas within quotes or brackets part nothing. Raises ConfigError."""
    return [clause(part, codec) for part in parted(text)]


def clause(text: str, codec: "Coded") -> Clause:
    """Of one comparison, in which commas part nothing. Raises ConfigError that says what there is."""
    name, operator, spelled = _cut(text, [column.seen.name for column in codec.columns])
    seen = next(column.seen for column in codec.columns if column.seen.name == name)
    if not seen.learnt:
        why = "made anew for every row" if seen.kind == "identifier" else f"'{seen.words[0]}' in every row"
        raise ConfigError(f"column '{printable(name)}' cannot be asked for: it is {why}")
    found = Clause(codec.names.index(name), text.strip())
    words = [unquoted(word) for word in parted(spelled.strip().removeprefix("(").removesuffix(")"))]
    if "in" not in operator:
        words = [unquoted(spelled)]
    negated = operator in {"!=", "not in"}
    if len(words) == 1 and words[0].strip() in codec.missing and words[0] not in seen.words:
        if not seen.missing:
            raise ConfigError(f"column '{printable(name)}' never lacks a value, got '{text.strip()}'")
        if operator in {"=", "==", "!="}:
            return found._replace(gap=True, negated=negated)
    if operator in {"<", "<=", ">", ">="}:
        return _range(found, operator, words[0], seen)
    return found._replace(values=tuple(_value(word, seen) for word in words), negated=negated)


def _range(found: Clause, operator: str, word: str, seen: Seen) -> Clause:
    if not seen.numeric:
        raise ConfigError(f"column '{printable(seen.name)}' holds categories: ask by =, != or in, got '{found.text}'")
    end = number(word, seen)
    if operator in {"<", ">"}:
        way = -np.inf if operator == "<" else np.inf
        beyond = float(np.nextafter(end, way))
        return found._replace(high=beyond) if operator == "<" else found._replace(low=beyond)
    return found._replace(high=end) if operator == "<=" else found._replace(low=end)


def _cut(text: str, names: Sequence[str]) -> tuple[str, str, str]:
    """Name, operator and the rest. The longest known name that begins the text and has an operator behind it."""
    said = text.strip()
    if said[:1] in _QUOTES and (end := said.find(said[0], 1)) > 0:
        name, rest = said[1:end], said[end + 1 :]
        if name not in names:
            raise ConfigError(no_such("column", printable(name), names))
        if found := _OPERATOR.match(rest):
            return name, _plain(found), rest[found.end() :]
    for name in sorted(names, key=len, reverse=True):
        if said.startswith(name) and (found := _OPERATOR.match(said, len(name))):
            return name, _plain(found), said[found.end() :]
    found = _OPERATOR.search(said)
    if found is None:
        raise ConfigError(
            f"rows are asked for as column=value, column>number or column in (a, b), got '{printable(said)}'"
        )
    raise ConfigError(no_such("column", printable(said[: found.start()]), names))


def _plain(found: re.Match[str]) -> str:
    return " ".join((found[1] or found[2]).split())


def parted(text: str) -> Iterator[str]:
    """Parts between commas that stand in no quotes and no brackets."""
    depth, quote, begin = 0, "", 0
    for i, each in enumerate(text):
        if quote:
            quote = "" if each == quote else quote
        elif each in _QUOTES and (not text[begin:i].strip() or text[begin:i].rstrip()[-1:] in "=<>(,"):
            quote = each
        elif each in "()":
            depth += 1 if each == "(" else -1
        elif each == "," and depth <= 0:
            yield text[begin:i]
            begin = i + 1
    yield text[begin:]


def unquoted(word: str) -> str:
    said = word.strip()
    return said[1:-1] if len(said) > 1 and said[0] in _QUOTES and said[-1] == said[0] else said


def _value(word: str, seen: Seen) -> float:
    """Code of a category, or a number that the column can hold."""
    if seen.numeric:
        value = number(word, seen)
        if seen.decimals is not None and round(value, seen.decimals) != value:
            raise ConfigError(
                f"column '{printable(seen.name)}' has {seen.decimals} decimals, so no row is {value:g}; ask for a range"
            )
        return value
    for same in (str, str.strip, lambda each: each.strip().lower()):
        codes = [i for i, each in enumerate(seen.words) if same(each) == same(word)]
        if len(codes) == 1:
            return float(codes[0])
    lower = word.strip().lower()
    if seen.kind == "boolean" and (codes := [pair.index(lower) for pair in BOOLEANS if lower in pair]):
        return float(codes[0])
    known = [each.strip() for each in seen.words]
    raise ConfigError(no_such(f"value of column '{printable(seen.name)}'", printable(word), known[:30]))


def number(word: str, seen: Seen) -> float:
    """What a word says in the column's unit: of a datetime, seconds. Raises ConfigError."""
    if seen.kind == "datetime":
        for format in (seen.format, *times.FORMATS):
            (value,) = times.seconds([word.strip()], format)
            if not np.isnan(value):
                return float(value)
        raise ConfigError(f"column '{printable(seen.name)}' holds times written {seen.format}, got '{printable(word)}'")
    try:
        value = float(word.replace(",", ".") if seen.comma else word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ConfigError(f"column '{printable(seen.name)}' holds numbers, got '{printable(word)}'")
    return float(value)
