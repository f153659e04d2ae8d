"""Which folders hold the one kind of sound and which the other, told by their names."""

import re
from pathlib import Path
from typing import NamedTuple

from ...settings import DataError, no_such, printable
from ..paired.sides import NAMES

SPLITS = {"": 0, "train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}
"""What a folder's name says of its recordings: 0 nothing, 1 validation, 2 test."""
_LETTERED = re.compile(r"(train|training|val|valid|validation|test|testing)?[_-]?([ab])")


class Folder(NamedTuple):
    place: Path
    split: int

    @property
    def label(self) -> str:
        return printable(self.place.name)


def two_sides(place: Path, given: str, source: str | None, target: str | None) -> tuple[list[Folder], list[Folder]]:
    """The folders of A and those of B, what is trained on first. Raises DataError in one line where a side is missing.

    source and target are the folders that a user names, below `place`.
    """
    if not place.is_dir():
        raise DataError(f"{printable(given)}: wanted a folder with two folders of recordings, there is none")
    below = sorted(each for each in place.iterdir() if each.is_dir() and not each.name.startswith("."))
    if source or target:
        if not (source and target):
            raise DataError(f"{printable(given)}: domain.input and domain.target go together; give both")
        if source == target:
            raise DataError(f"{printable(given)}: domain.input and domain.target are the same folder, '{source}'")
        for name in (source, target):
            if not (place / name).is_dir():
                raise DataError(f"{printable(given)}: {no_such('folder', name, [each.name for each in below])}")
        return [Folder(place / source, 0)], [Folder(place / target, 0)]
    return _known(below, printable(given))


def _known(below: list[Path], given: str) -> tuple[list[Folder], list[Folder]]:
    cure = "add that side, or name both: domain.input=NAME domain.target=NAME"
    lone = ""
    for names in NAMES:
        a, b = (_called(below, name) for name in names)
        if a and b:
            return a, b
        if a or b:
            here, missing = names if a else names[::-1]
            lone = lone or f"folders of '{here}' but none of '{missing}'; {cure}"
    raise DataError(
        f"{given}: {lone}"
        if lone
        else f"{given}: wanted two folders of recordings, such as trainA and trainB or A and B; name others: "
        "domain.input=NAME domain.target=NAME"
    )


def _called(below: list[Path], side: str) -> list[Folder]:
    found = []
    for each in below:
        lettered = _LETTERED.fullmatch(each.name.lower())
        if lettered and lettered[2] == side.lower():
            found.append(Folder(each, SPLITS[lettered[1] or ""]))
        elif each.name.lower() == side.lower():
            found.append(Folder(each, 0))
    return sorted(found, key=lambda each: each.split)
