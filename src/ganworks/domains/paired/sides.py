"""Which files of a folder are the one side and which the other, told by the names of their folders."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ...settings import DataError, no_such
from ..base import Skipped
from ..image.listing import SPLITS, Member, folder

NAMES = (("A", "B"), ("input", "target"), ("inputs", "targets"), ("source", "target"), ("lq", "gt"), ("lr", "hr"))
"""Folders that mean input and target, in any case; `trainA` and `val_B` are A and B with their split."""
SHOWN = 5
"""Names of files that fit into one line."""
_LETTERED = re.compile(r"(train|training|val|valid|validation|test|testing)[_-]?([ab])")


class Found(NamedTuple):
    """One picture of one side; `key` is what its partner shares: its path without the side's folder and the suffix."""

    key: tuple[str, ...]
    member: Member


class Sides(NamedTuple):
    """The pictures of A and of B, and how their folders are called."""

    a: list[Found]
    b: list[Found]
    names: tuple[str, str]
    skipped: list[Skipped]
    others: int


def two_sides(place: Path, given: str, names: tuple[str | None, str | None] = (None, None)) -> Sides | None:
    """The two sides below a folder; None when no folder there is called like one.

    `names` are the folders the user says, below `place` or anywhere. Raises DataError with one line when a folder is
    missing, or one side is.
    """
    if any(names):
        if not all(names):
            raise DataError(f"{given}: domain.input and domain.target are folders that go together; give both")
        first, second = (str(name) for name in names)
        if not ((place / first).is_dir() and (place / second).is_dir()):
            return _within(place, given, (first, second))
        if (place / first).resolve() == (place / second).resolve():
            raise DataError(f"{given}: domain.input and domain.target are the same folder, '{first}'")
        return _apart(place, first, second)
    return _known(place, given)


def few(names: Sequence[str]) -> str:
    """Up to five names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _known(place: Path, given: str) -> Sides | None:
    listing = folder(place, given).listing()
    lone: DataError | None = None
    for names in NAMES:
        a, b = ([found for each in listing.members if (found := _on(each, side, exact=False))] for side in names)
        if a and b:
            return _settled(Sides(a, b, names, listing.skipped, listing.others + len(listing.members) - len(a + b)))
        if (a or b) and not lone:
            here, missing = names if a else names[::-1]
            what = f"{len(a or b)} pictures in '{here}' folders but none in '{missing}'"
            lone = DataError(f"{given}: {what}; add that side, or name both: domain.input=NAME domain.target=NAME")
    if lone:
        raise lone
    return None


def _within(place: Path, given: str, names: tuple[str, str]) -> Sides:
    """Folders of these names inside others, as in train/NAME and val/NAME."""
    listing = folder(place, given).listing()
    a, b = ([found for each in listing.members if (found := _on(each, side, exact=True))] for side in names)
    for name, side in zip(names, (a, b), strict=True):
        if not side:
            there = sorted({part for each in listing.members for part in PurePosixPath(each.name).parts[:-1]})
            raise DataError(f"{given}: {no_such('folder of pictures', name, there or ['none'])}")
    return _settled(Sides(a, b, names, listing.skipped, listing.others + len(listing.members) - len(a + b)))


def _apart(place: Path, first: str, second: str) -> Sides:
    listings = [folder(place / name, name).listing() for name in (first, second)]
    a, b = (
        [_found(each, PurePosixPath(each.name).parts, name) for each in listing.members]
        for name, listing in zip((first, second), listings, strict=True)
    )
    for name, side in zip((first, second), (a, b), strict=True):
        if not side:
            raise DataError(f"{place / name}: wanted a folder of pictures, there is none in it")
    skipped = [
        each._replace(name=f"{name}/{each.name}")
        for name, listing in zip((first, second), listings, strict=True)
        for each in listing.skipped
    ]
    return _settled(Sides(a, b, (first, second), skipped, sum(each.others for each in listings)))


def _found(member: Member, parts: tuple[str, ...], prefix: str = "") -> Found:
    key = (*(_split_word(part) for part in parts[:-1]), PurePosixPath(parts[-1]).stem)
    name = f"{prefix.rstrip('/')}/{member.name}" if prefix else member.name
    return Found(key, member._replace(name=name, label=None, split=None))


def _on(member: Member, side: str, exact: bool) -> Found | None:
    """The member, if the first of its folders that can be a side is this one."""
    parts = PurePosixPath(member.name).parts
    for i, part in enumerate(parts[:-1]):
        lettered = None if exact else _LETTERED.fullmatch(part.lower())
        if lettered and lettered[2] == side.lower():
            return _found(member, (*parts[:i], lettered[1], *parts[i + 1 :]))
        if part == side or (not exact and part.lower() == side.lower()):
            return _found(member, (*parts[:i], *parts[i + 1 :]))
    return None


def _split_word(part: str) -> str:
    return SPLITS.get(part.lower(), part)


def _settled(sides: Sides) -> Sides:
    """Official splits where the folders left in the keys spell them all, as `listing.arranged` reads them."""
    both = [*sides.a, *sides.b]
    while both and len(both[0].key) > 1 and all(len(each.key) > 1 and each.key[0] == both[0].key[0] for each in both):
        both = [each._replace(key=each.key[1:]) for each in both]
    words = {each.key[0] if len(each.key) > 1 else "" for each in both}
    if len(words) > 1 and words <= set(SPLITS.values()):
        both = [each._replace(member=each.member._replace(split=each.key[0])) for each in both]
    both.sort(key=lambda each: os.fsencode("/".join(each.key)))
    first = {each.member.name for each in sides.a}
    a = [each for each in both if each.member.name in first]
    b = [each for each in both if each.member.name not in first]
    return sides._replace(a=a, b=b)
