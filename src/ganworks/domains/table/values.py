"""The cells of a column whose kind is known -> numbers: as they are, seconds, or codes of categories."""

from typing import Any, NamedTuple

import numpy as np

from ...settings import DataError, printable
from . import times
from .cells import Cells, Floats
from .kinds import (
    BOOLEANS,
    INFINITE,
    MOST_CATEGORIES,
    UUID,
    Judged,
    decimals_of,
    judged,
    kind_of,
    padded,
    pattern_of,
    refuse_mixed,
    setting,
    some_of,
)  # fmt: skip
from .schema import CATEGORIES, NUMBERS, Column, Kind, Seen


class Found(NamedTuple):
    """A column whose kind is known, and its value in each row (N,): NaN where it is missing."""

    seen: Seen
    values: Floats
    note: str = ""


def found(cells: Cells, column: Column, missing: tuple[str, ...]) -> Found:
    """The column's kind, as the user says or else as its words look, and its values. Raises DataError, naming it."""
    words = judged(cells, missing)
    if column.kind in {*NUMBERS, *CATEGORIES} and not words.present.any():
        raise DataError(f"column '{printable(cells.name)}' holds no value at all; set {setting(cells)}.kind=drop")
    kind: Kind = column.kind if column.kind not in {None, "drop"} else kind_of(words)  # type: ignore[assignment]
    common = {
        "name": cells.name, "missing": bool(words.missing.any()), "missing_word": _usual_gap(words),
        "normaliser": column.normaliser,
    }  # fmt: skip
    if kind == "datetime":
        return _datetime(words, column, common)
    if kind in NUMBERS:
        return _numeric(words, column, kind, common)
    if kind == "constant":
        return _constant(words, common)
    return _identifier(words, common) if kind == "identifier" else _categories(words, kind, common)


def _usual_gap(words: Judged) -> str:
    places = np.flatnonzero(words.missing)
    return words.cells.words[places[np.argmax(words.cells.counts[places])]] if len(places) else ""


def _numeric(words: Judged, column: Column, kind: Kind, common: dict[str, Any]) -> Found:
    _refuse_infinite(words)
    fits = np.isfinite(words.numbers)
    if not fits[words.present].all():
        refuse_mixed(words, fits, "numbers")
    if kind == "integer":
        _refuse_fractions(words)
    decimals = 0 if kind == "integer" else decimals_of(words) if column.decimals is None else column.decimals
    values = words.cells.spread(words.numbers)
    if column.decimals is not None:
        values = np.round(values, decimals or 0)
    low, high = _bounds(words, column, kind)
    values, note = _within(values, column)
    step = 0.0 if decimals is None else 10.0**-decimals
    digits = [len(word.replace(",", ".").partition(".")[2]) for word in some_of(words)]
    seen = Seen(
        **common, kind=kind, decimals=decimals, comma=words.comma, minimum=low, maximum=high, step=step,
        least_decimals=min([*digits, decimals or 0]),
    )  # fmt: skip
    return Found(seen, values, note)


def _refuse_infinite(words: Judged) -> None:
    cells = words.cells
    infinite = np.isinf(words.numbers) | np.array([word.lower() in INFINITE for word in words.stripped], bool)
    infinite &= words.present
    if infinite.any():
        first = int(np.argmax(infinite[cells.codes]))
        word = printable(cells.words[cells.codes[first]].strip())
        raise DataError(
            f"column '{printable(cells.name)}': {cells.total(infinite):,} values are infinite, first '{word}' at "
            f"{cells.where(first)}; mend them, or add '{word}' to domain.missing"
        )


def _refuse_fractions(words: Judged) -> None:
    cells = words.cells
    odd = words.present & (words.numbers != np.rint(words.numbers))
    if odd.any():
        first = int(np.argmax(odd[cells.codes]))
        raise DataError(
            f"column '{printable(cells.name)}': {cells.total(odd):,} values are not whole, first "
            f"'{printable(cells.words[cells.codes[first]])}' at {cells.where(first)}; set {setting(cells)}.kind=rounded"
        )


def _within(values: Floats, column: Column) -> tuple[Floats, str]:
    """Values within the bounds that the user gives, and what is to be said about those that were not."""
    if column.minimum is None and column.maximum is None:
        return values, ""
    low, high = column.minimum, column.maximum
    clipped = np.clip(values, -np.inf if low is None else low, np.inf if high is None else high)
    outside = int((clipped != values)[~np.isnan(values)].sum())
    return clipped, f"{outside:,} values lie outside the bounds given and count as these" if outside else ""


def _bounds(words: Judged, column: Column, kind: Kind) -> tuple[float | None, float | None]:
    low, high = column.minimum, column.maximum
    if kind == "bounded":
        values = words.numbers[words.present]
        natural = (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else (None, None)
        low, high = natural[0] if low is None else low, natural[1] if high is None else high
    return low, high


def _datetime(words: Judged, column: Column, common: dict[str, Any]) -> Found:
    cells = words.cells
    format = column.format or times.format_of(some_of(words))
    present = np.flatnonzero(words.present)
    if not format:
        raise DataError(
            f"column '{printable(cells.name)}': no known way to write a date fits '{printable(some_of(words, 1)[0])}'; "
            f"set {setting(cells)}.format, such as %d/%m/%Y %H:%M"
        )
    by_word = np.full(len(cells.words), np.nan)
    by_word[present] = times.seconds([words.stripped[i] for i in present], format)
    if np.isnan(by_word[present]).any():
        refuse_mixed(words, ~np.isnan(by_word), f"dates written {format}")
    doubt = times.doubt(cells.name, [words.stripped[i] for i in present], format) if column.format is None else ""
    step = times.step(by_word[present], format)
    seen = Seen(
        **common, kind="datetime", format=format, step=step, minimum=column.minimum, maximum=column.maximum
    )  # fmt: skip
    values, note = _within(cells.spread(by_word), column)
    return Found(seen, values, doubt or note)


def _constant(words: Judged, common: dict[str, Any]) -> Found:
    present = np.flatnonzero(words.present)
    if len(present) > 1 or (len(present) and words.missing.any()):
        raise DataError(
            f"column '{printable(words.cells.name)}' is not constant: it holds {len(present)} values; leave out "
            f"{setting(words.cells)}.kind"
        )
    word = words.cells.words[present[0]] if len(present) else str(common["missing_word"])
    seen = Seen(**{**common, "missing": False}, kind="constant", words=(word,))
    return Found(seen, np.zeros(len(words.cells)))


def _identifier(words: Judged, common: dict[str, Any]) -> Found:
    some = some_of(words)
    running = bool(np.isfinite(words.numbers[words.present]).all()) and not any(map(padded, some))
    start = int(words.numbers[words.present].min()) if running and words.present.any() else 1
    pattern = "" if running else pattern_of(some[0], hexadecimal=all(map(UUID.fullmatch, some)))
    seen = Seen(**{**common, "missing": False}, kind="identifier", pattern=pattern, start=start)
    return Found(seen, np.zeros(len(words.cells)))


def _categories(words: Judged, kind: Kind, common: dict[str, Any]) -> Found:
    cells = words.cells
    names = [word for word, there in zip(cells.words, words.present, strict=True) if there]
    if len(names) > MOST_CATEGORIES:
        raise DataError(
            f"column '{printable(cells.name)}' has {len(names):,} categories, and a model would have to carry them "
            f"all (at most {MOST_CATEGORIES:,}); set {setting(cells)}.kind to identifier or drop"
        )
    if kind == "boolean" and len(names) > 2:
        raise DataError(
            f"column '{printable(cells.name)}' has {len(names)} different values, a boolean two; set "
            f"{setting(cells)}.kind=category"
        )
    order = {word: i for pair in BOOLEANS for i, word in enumerate(pair)}
    names.sort(key=lambda word: (order.get(word.strip().lower(), 0), word) if kind == "boolean" else (0, word))
    code = {name: float(i) for i, name in enumerate(names)}
    by_word = np.array([code.get(word, np.nan) for word in cells.words])
    return Found(Seen(**common, kind=kind, words=tuple(names)), cells.spread(by_word))
