"""What every row keeps to: an order, a sum, an implication. Checked where data is read, repaired where rows are drawn.

begin <= end          total = net + tax - rebate          if sex=Male then pregnant=no
"""

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import ConfigError, no_such, printable
from .cells import Floats
from .decoding import fitting
from .wheres import Clause, clause, hold, unquoted

if TYPE_CHECKING:
    from .codec import Coded

Rows = npt.NDArray[np.bool_]

ROUNDS = 3
"""Times all constraints are gone through: mending one can break another."""
_IF = re.compile(r"^\s*if\s+(.+?)\s+then\s+(.+)$", re.I)
_AND = re.compile(r"\s+and\s+", re.I)
_ORDER = re.compile(r"(<=|>=|<|>)")
_SIGN = re.compile(r"\s*([+-])\s*")


class Order(NamedTuple):
    """One side is at most the other; a side is a column or a number."""

    text: str
    small: int | float
    """An int is a column, a float a number."""
    large: int | float
    strict: bool

    def broken(self, records: Floats) -> Rows:
        small, large = _side(records, self.small), _side(records, self.large)
        found: Rows = np.asarray(small >= large if self.strict else small > large)  # what is missing breaks nothing
        return found

    def repair(self, records: Floats, codec: "Coded") -> None:
        """Two columns are swapped; what is broken still is moved to its bound."""
        if isinstance(self.small, int) and isinstance(self.large, int):
            rows = self.broken(records)
            small, large = records[rows, self.small], records[rows, self.large]
            records[rows, self.small], records[rows, self.large] = large, small
            _fit(records, self.small, rows, codec)
            _fit(records, self.large, rows, codec)
        rows = self.broken(records)
        if isinstance(self.large, int):
            bound = np.broadcast_to(_side(records, self.small), len(records))[rows]
            records[rows, self.large] = _next(bound, self.strict, codec, self.large)
        elif isinstance(self.small, int):
            records[rows, self.small] = _next(np.full(rows.sum(), self.large), self.strict, codec, self.small, -1)


class Sum(NamedTuple):
    """A column is the sum of others and of a number."""

    text: str
    total: int
    parts: tuple[tuple[float, int], ...]
    """Sign and column."""
    constant: float

    def value(self, records: Floats) -> Floats:
        return self.constant + sum((sign * records[:, part] for sign, part in self.parts), np.zeros(len(records)))

    def broken(self, records: Floats) -> Rows:
        wanted = self.value(records)
        away = np.abs(records[:, self.total] - wanted)
        return away > 1e-6 * np.maximum(1.0, np.abs(wanted))

    def repair(self, records: Floats, codec: "Coded") -> None:
        """The sum is computed anew; a part that is missing leaves it missing where it may be."""
        seen = codec.learnt[self.total].seen
        wanted = fitting(self.value(records), -np.inf, np.inf, seen)
        records[:, self.total] = np.where(np.isnan(wanted) & (not seen.missing), records[:, self.total], wanted)


class Implication(NamedTuple):
    """Where all of the premise holds, the conclusion does."""

    text: str
    premise: tuple[Clause, ...]
    conclusion: Clause

    def broken(self, records: Floats) -> Rows:
        rows: Rows = hold(records, self.premise) & ~self.conclusion.holds(records[:, self.conclusion.column])
        return rows

    def repair(self, records: Floats, codec: "Coded") -> None:
        """The conclusion is made true: its value, its bound, or of a != the likeliest other category."""
        rows, wanted = self.broken(records), self.conclusion
        if wanted.gap:
            records[rows, wanted.column] = records[rows, wanted.column] if wanted.negated else np.nan
            return
        column = codec.learnt[wanted.column]
        if wanted.values and not wanted.negated:
            value = wanted.values[0]
        elif wanted.values:
            shares = np.array(column.categories.shares) if column.categories else np.zeros(1)
            shares[[int(each) for each in wanted.values if each < len(shares)]] = -1
            value = float(shares.argmax())
        else:
            low, high = _snapped(wanted, column.seen.step)
            known = np.where(np.isnan(records[rows, wanted.column]), low, records[rows, wanted.column])
            records[rows, wanted.column] = np.clip(known, low, high)
            return
        records[rows, wanted.column] = value


Rule = Order | Sum | Implication


def rule(text: str, codec: "Coded") -> Rule:
    """A constraint in words. Raises ConfigError that says what was understood."""
    if found := _IF.match(text):
        premise = tuple(clause(part, codec) for part in _AND.split(found[1]))
        return Implication(text, premise, clause(found[2], codec))
    if found := _ORDER.search(text):
        left, right = (_operand(side, codec, text) for side in (text[: found.start()], text[found.end() :]))
        if isinstance(left, float) and isinstance(right, float):
            raise ConfigError(f"domain.constraints: '{printable(text)}' names no column")
        small, large = (left, right) if found[1][0] == "<" else (right, left)
        return Order(text, small, large, len(found[1]) == 1)
    total, equals, rest = text.partition("=")
    if not equals:
        raise ConfigError(f"domain.constraints: wanted a<=b, total=x+y or if a=x then b=y, got '{printable(text)}'")
    column = _operand(total, codec, text)
    if isinstance(column, float):
        raise ConfigError(f"domain.constraints: '{printable(text)}' begins with a number; begin with the sum's column")
    return _sum(text, column, rest, codec)


def _sum(text: str, total: int, rest: str, codec: "Coded") -> Sum:
    parts, constant = [], 0.0
    for sign, word in _terms(rest, [column.seen.name for column in codec.columns]):
        part = _operand(word, codec, text)
        if isinstance(part, int):
            parts.append((sign, part))
        else:
            constant += sign * part
    return Sum(text, total, tuple(parts), constant)


def _terms(text: str, names: list[str]) -> list[tuple[float, str]]:
    """Signs and operands; a name that holds a sign itself is found before the sign is."""
    found, rest, sign = [], text.strip(), 1.0
    while rest:
        name = next((each for each in sorted(names, key=len, reverse=True) if _begins(rest, each)), None)
        word = name if name is not None else _SIGN.split(rest.lstrip("+-"), maxsplit=1)[0]
        rest = rest[rest.index(word) + len(word) :].strip() if word else ""
        found.append((sign, word))
        if rest[:1] in {"+", "-"}:
            sign, rest = (1.0 if rest[0] == "+" else -1.0), rest[1:].strip()
        elif rest:
            found.append((sign, rest))
            break
    return found


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and (len(text) == len(name) or text[len(name)] in " +-")


def _operand(text: str, codec: "Coded", whole: str) -> int | float:
    """A column by its number in a record, or a number. Raises ConfigError."""
    name = unquoted(text)
    if name in codec.names:
        column = codec.names.index(name)
        if codec.learnt[column].numbers is None:
            raise ConfigError(
                f"domain.constraints: '{printable(whole)}' wants numbers, column '{printable(name)}' has none"
            )
        return column
    try:
        return float(name)
    except ValueError:
        raise ConfigError(f"domain.constraints: {no_such('column', printable(name), codec.names)}") from None


def rules(codec: "Coded") -> list[Rule]:
    return [rule(text, codec) for text in codec.constraints]


def repaired(records: Floats, codec: "Coded") -> Floats:
    """Records (N, columns) that keep to the codec's constraints wherever its repairs reach."""
    records, given = records.copy(), rules(codec)
    for _ in range(ROUNDS):
        broken = [each for each in given if each.broken(records).any()]
        if not broken:
            break
        for each in broken:
            each.repair(records, codec)
    return records


def kept(records: Floats, codec: "Coded") -> Rows:
    """Of records, those that break nothing (N,)."""
    fine = np.ones(len(records), bool)
    for each in rules(codec):
        fine &= ~each.broken(records)
    return fine


def _side(records: Floats, side: int | float) -> Floats | float:
    return records[:, side] if isinstance(side, int) else side


def _fit(records: Floats, column: int, rows: Rows, codec: "Coded") -> None:
    """Bring values that came from another column to this one's decimals and bounds."""
    numbers = codec.learnt[column].numbers
    assert numbers is not None
    records[rows, column] = fitting(records[rows, column], numbers.minimum, numbers.maximum, codec.learnt[column].seen)


def _next(bound: Floats, strict: bool, codec: "Coded", column: int, way: int = 1) -> Floats:
    """The nearest value of the column at or beyond a bound, above it or (way -1) below."""
    step = codec.learnt[column].seen.step
    if not step:
        return np.nextafter(bound, way * np.inf) if strict else bound
    units = np.ceil(way * bound / step - 1e-9)
    units = np.where(strict & (np.abs(units - way * bound / step) < 1e-9), units + 1, units)
    return fitting(way * units * step, -np.inf, np.inf, codec.learnt[column].seen)


def _snapped(wanted: Clause, step: float) -> tuple[float, float]:
    """The ends of a range on the column's own grid of values."""
    if not step:
        return wanted.low, wanted.high
    return float(np.ceil(wanted.low / step - 1e-9) * step), float(np.floor(wanted.high / step + 1e-9) * step)
