"""Dates and times as text <-> seconds since 1970, with no zone: as they stand."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from .cells import Floats

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%b %d, %Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f")
FORMATS = (
    *(day + clock + zone for day in _DAYS for clock in _CLOCKS for zone in (("", "Z", "+00:00") if clock else ("",))),
    "%H:%M", "%H:%M:%S",
)  # fmt: skip
SWAPPED = {"%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y"}
_START = datetime(1970, 1, 1)
_LOOKS = re.compile(r"\d.*[-/.: ].*\d")


def format_of(words: Sequence[str]) -> str:
    """The first format that reads all of some words; empty where none does."""
    if not words or not all(map(_LOOKS.search, words)):
        return ""
    return next((each for each in FORMATS if not np.isnan(seconds(words, each)).any()), "")


def seconds(words: Iterable[str], format: str) -> Floats:
    """NaN for a word that the format does not read."""
    return np.array([_one(word, format) for word in words], np.float64)


def _one(word: str, format: str) -> float:
    try:
        read = datetime.strptime(word, format)
    except ValueError:
        return float("nan")
    if "%Y" not in format and "%y" not in format:  # a time of day is read as one of the year 1900
        read = datetime.combine(_START.date(), read.time())
    return (read.replace(tzinfo=None) - _START).total_seconds()


def doubt(name: str, words: Sequence[str], format: str) -> str:
    """A line where day and month could be the other way round."""
    day = next((each for each in SWAPPED if format.startswith(each)), None)
    if day is None:
        return ""
    other = format.replace(day, SWAPPED[day])
    if np.isnan(seconds(words, other)).any():
        return ""
    return f"read as {format}, could be {other}; say it by domain.columns.{name}.format"


def step(values: Floats, format: str) -> float:
    """The coarsest unit, in seconds, that all values are whole numbers of."""
    finest = 1e-6 if "%f" in format else 1.0 if "%S" in format else 60.0 if "%M" in format else 86400.0
    return next((unit for unit in (86400.0, 3600.0, 60.0, 1.0) if unit >= finest and not (values % unit).any()), finest)


def spelled(values: Iterable[float], format: str) -> list[str]:
    """Seconds -> text."""
    return [_spelled(value, format) for value in values]


@lru_cache(maxsize=65_536)
def _spelled(value: float, format: str) -> str:
    moment = _START + timedelta(seconds=min(max(value, -6.2e10), 2.5e11))
    return (moment.replace(tzinfo=UTC) if "%z" in format else moment).strftime(format)
