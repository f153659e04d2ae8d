"""Which pairs there are: pictures side by side in one file, two folders matched by stem, or a manifest."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from ...settings import DataError, printable
from ..base import Skipped
from ..image.listing import SPLITS, Member, Stamp, csv_rows, folder, json_rows, refused, stamp_of
from .sides import Found, Sides, few, two_sides

Layout = Literal["auto", "beside", "folders", "manifest"]
SplitBy = Literal["content", "stem-prefix"]


class Pair(NamedTuple):
    """The files of one pair: that of A and that of B, or the one that shows both."""

    name: str
    files: tuple[Member, ...]
    split: str | None = None
    group: str | None = None
    """What stays together in one split, such as a patient."""

    @property
    def held_by(self) -> bytes | None:
        """16 bytes that decide the split of a group."""
        return None if self.group is None else hashlib.sha256(b"group" + self.group.encode()).digest()[:16]


class Pairing(NamedTuple):
    """All pairs that there seem to be. `auto`: a folder of files that may be pairs, as opening them shows."""

    root: str
    layout: Layout
    pairs: list[Pair]
    skipped: list[Skipped]
    notes: tuple[str, ...] = ()
    others: int = 0
    manifest: Path | None = None

    def stamp(self) -> Stamp:
        """(name, bytes, modified in ns) of every file that decides what is read; cheap."""
        paths = [member.place for pair in self.pairs for member in pair.files]
        return [stamp_of(path) for path in ([self.manifest] if self.manifest else []) + paths]


def pairing(
    place: Path,
    given: str,
    layout: Layout = "auto",
    names: tuple[str | None, str | None] = (None, None),
    groups: str = "patient",
    split_by: SplitBy = "content",
) -> Pairing:
    """Find the pairs at `place`. `layout=auto` means: a manifest, else two folders by their names, else `beside`.

    `groups` is the column of a manifest whose values stay together in one split.
    Raises DataError with one line when there are none, or a group is officially in two splits.
    """
    found = _found(place, given, layout, names, groups)
    if split_by == "stem-prefix":
        found = found._replace(pairs=[each._replace(group=_prefix(each.name)) for each in found.pairs])
    _one_split_a_group(found)
    return found


def _found(place: Path, given: str, layout: Layout, names: tuple[str | None, str | None], groups: str) -> Pairing:
    listed = place.is_file() and place.suffix.lower() in (".csv", ".jsonl")
    if layout == "manifest" or (layout == "auto" and listed):
        if not listed:
            raise DataError(f"{given}: domain.layout=manifest wants a .csv or .jsonl file")
        return _from_manifest(place, given, groups)
    if not place.is_dir():
        raise DataError(f"{given}: wanted a folder of pairs, or a manifest (csv, jsonl) with columns input and target")
    if layout != "beside" and (sides := two_sides(place, given, names)):
        return _matched(sides, given)
    if layout == "folders":
        raise DataError(
            f"{given}: found no two folders that go together, such as A and B or input and target; name them: "
            "domain.input=NAME domain.target=NAME"
        )
    listing = folder(place, given).listing()
    pairs = [Pair(each.name, (each,), each.split) for each in listing.members]
    return Pairing(printable(given), layout, pairs, listing.skipped, others=listing.others)


def _matched(sides: Sides, given: str) -> Pairing:
    """Partners are those of the same path and stem; the others are listed."""
    skipped = list(sides.skipped)
    first, second = _by_key(sides.a, skipped), _by_key(sides.b, skipped)
    pairs = [
        Pair("/".join(key), (one.member, second[key].member), one.member.split)
        for key, one in first.items()
        if key in second
    ]
    lonely = [[each.member.name for key, each in one.items() if key not in other]
              for one, other in ((first, second), (second, first))]  # fmt: skip
    if not pairs:
        raise DataError(
            f"{given}: no file in '{sides.names[0]}' has a partner of the same name in '{sides.names[1]}': "
            f"{few(lonely[0])} against {few(lonely[1])}; rename them, or read them with domain=unpaired"
        )
    for names, missing in zip(lonely, sides.names[::-1], strict=True):
        skipped += [Skipped(name, f"has no partner in '{missing}'") for name in names]
    notes = [f"pairs are files of the same name in '{sides.names[0]}' and '{sides.names[1]}' (domain.layout=folders)"]
    if alone := [*lonely[0], *lonely[1]]:
        hint = "; for collections without partners say domain=unpaired" if len(alone) > 2 * len(pairs) else ""
        notes.append(f"{len(alone)} pictures have no partner: {few(alone)}{hint}")
    return Pairing(printable(given), "folders", pairs, skipped, tuple(notes), sides.others)


def _by_key(side: list[Found], skipped: list[Skipped]) -> dict[tuple[str, ...], Found]:
    found: dict[tuple[str, ...], Found] = {}
    for each in side:
        if each.key in found:
            skipped.append(Skipped(each.member.name, f"the same name as {found[each.key].member.name}"))
        else:
            found[each.key] = each
    return found


def _from_manifest(path: Path, given: str, groups: str) -> Pairing:
    rows: Iterable[tuple[int, dict[str, Any]]] = csv_rows(path) if path.suffix.lower() == ".csv" else json_rows(path)
    pairs: list[Pair] = []
    skipped: list[Skipped] = []
    taken: set[tuple[str, str]] = set()
    for line, row in rows:
        if not {"input", "target"} <= row.keys():
            raise DataError(f"{given}, line {line}: wanted columns input and target, got {', '.join(row)}")
        split = str(row.get("split") or "").lower()
        if split and split not in SPLITS:
            raise DataError(f"{given}, line {line}: split must be train, validation or test, got '{split}'")
        both = str(row["input"] or ""), str(row["target"] or "")
        reason = "listed twice" if both in taken else _unusable(path.parent, both)
        name = printable(both[0] or both[1] or f"line {line}")
        if reason:
            skipped.append(Skipped(name, reason))
            continue
        taken.add(both)
        files = tuple(Member(printable(each), path.parent / each) for each in both)
        group = row.get(groups)
        pairs.append(Pair(name, files, SPLITS.get(split), None if group in (None, "") else str(group)))
    grouped = sum(each.group is not None for each in pairs)
    if 0 < grouped < len(pairs):
        raise DataError(f"{given}: {len(pairs) - grouped} of {len(pairs)} pairs have no '{groups}'; give each one")
    notes = [f"pairs are the rows of {printable(path.name)} (domain.layout=manifest)"]
    return Pairing(printable(given), "manifest", pairs, skipped, tuple(notes), manifest=path)


def _unusable(root: Path, both: tuple[str, str]) -> str | None:
    for side, given in zip(("input", "target"), both, strict=True):
        if not given:
            return f"its {side} is missing"
        if reason := refused(given, root / given, set()):
            return f"{side} {printable(given)}: {reason}"
    return None


def _prefix(name: str) -> str:
    """The text before the first `-` or `_` of the stem, the whole stem without one."""
    return re.split("[-_]", PurePosixPath(name).stem, maxsplit=1)[0]


def _one_split_a_group(found: Pairing) -> None:
    splits: dict[str, str | None] = {}
    for each in found.pairs:
        if each.group is not None and splits.setdefault(each.group, each.split) != each.split:
            both = " and ".join(sorted(str(split or "none") for split in (splits[each.group], each.split)))
            raise DataError(f"{found.root}: '{each.group}' is in two splits, {both}; leave the split out or mend it")
