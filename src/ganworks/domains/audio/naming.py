"""What the names of recordings tell: their classes, who made them, and which ones the data itself holds out."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Indices
from ..splits import placed, trainable

Labels = Literal["auto", "folder", "prefix", "none"]
MOST = 200
"""Classes that names may spell, where nobody says that they do."""
PREFIX = re.compile(r"^([^_\-\s]+)[_\-\s]")
TAKES = re.compile(r"^[^_]+_[^_]+_(\d+)$")
"""class_speaker_take, as the Free Spoken Digit Dataset names its files; its takes 0 to 4 are the test split."""
HELD_TAKES, LEAST_TAKES = 5, 20


class Named(NamedTuple):
    classes: tuple[str, ...]
    labels: Indices | None
    """A class each (N,)."""
    notes: tuple[str, ...]


def named(paths: Sequence[Path], root: Path, wanted: Labels) -> Named:
    """The class of each recording. Raises DataError where the names do not have the classes that are asked for."""
    folders = [path.parent.name if path.parent != root else "" for path in paths]
    prefixes = [match[1] if (match := PREFIX.match(path.stem)) else "" for path in paths]
    if wanted == "folder" or (wanted == "auto" and _tell(folders)):
        return _as_classes(folders, "their folders", "give each class a folder", str(root))
    if wanted == "prefix" or (wanted == "auto" and _tell(prefixes)):
        return _as_classes(prefixes, "the beginnings of their names", "begin names as in 7_anna_3.wav", str(root))
    return Named((), None, ())


def _tell(words: Sequence[str]) -> bool:
    """Whether these are classes: every recording has one, there are a few, and each comes again and again."""
    counts = Counter(words)
    few = 2 <= len(counts) <= min(MOST, len(words) // 4)
    return bool(words) and "" not in counts and few and min(counts.values()) >= 2


def _as_classes(words: Sequence[str], where: str, cure: str, place: str) -> Named:
    if "" in words:
        raise DataError(
            f"{place}: {words.count('')} recordings have no class in {where}; {cure}, or set domain.labels=none"
        )
    classes = tuple(sorted(set(words), key=_as_counted))
    number = {name: i for i, name in enumerate(classes)}
    shown = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
    note = f"{len(classes)} classes by {where}: {shown} (domain.labels=none leaves them out)"
    return Named(classes, np.array([number[word] for word in words], np.int64), (note,))


def _as_counted(word: str) -> list[str]:
    """So that 10 comes after 9."""
    return [part.rjust(20, "0") if part.isdecimal() else part.lower() for part in re.split(r"(\d+)", word)]


class Shares(NamedTuple):
    validation: float
    test: float


def split(
    paths: Sequence[Path], digests: Sequence[bytes], shares: Shares, split_by: str, test_files: str
) -> tuple[Indices, str]:
    """The split of each recording (N,): 0 train, 1 validation, 2 test; and how that came about.

    By content, so that equal recordings stay together; or by what `split_by` finds in a name, so that all of one
    speaker do. Names that match `test_files` are the test split.
    """
    keys, told = list(digests), "splits by content"
    if split_by:
        found = [_group(split_by, path.stem) for path in paths]
        keys = [hashlib.sha256(text.encode()).digest() if text is not None else keys[i] for i, text in enumerate(found)]
        told = f"splits by the {len(set(found) - {None})} different '{split_by}' in names"
    splits = placed(keys, shares.validation, shares.test)
    takes = _takes(paths) if not (split_by or test_files) else None
    if test_files:
        official = np.array([re.search(test_files, path.stem) is not None for path in paths])
        told = f"test split: the {int(official.sum()):,} names that match '{test_files}'"
    elif takes is not None:
        official = takes < HELD_TAKES
        told = f"names are class_speaker_take: takes 0 to {HELD_TAKES - 1} are the test split, {told} beside"
    else:
        return trainable(splits).astype(np.int64), told
    splits[splits == 2] = 0
    splits[official] = 2
    return trainable(splits).astype(np.int64), told


def _group(pattern: str, name: str) -> str | None:
    match = re.search(pattern, name)
    return None if match is None else match[match.re.groups and 1]


def _takes(paths: Sequence[Path]) -> Indices | None:
    matches = [TAKES.match(path.stem) for path in paths]
    if None in matches:
        return None
    takes = np.array([int(match[1]) for match in matches if match is not None], np.int64)
    return takes if int(takes.max()) + 1 >= LEAST_TAKES and (takes >= HELD_TAKES).any() else None
