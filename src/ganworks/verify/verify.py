"""What can be said of a file: who made it by its mark, and whether that is true by making it again."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from ..domains.image.decode import SUFFIXES, Unreadable, decode, probe
from ..provenance import LIST, SIDE, Found, Mark, look
from ..provenance.invisible import chance
from ..settings import ConfigError, DataError, printable
from .again import Impossible, again
from .models import Models
from .same import sameness

PIXELS = 1 << 26
"""Of a picture in which an invisible mark is looked for."""
BAR = 1e-3
"""An invisible mark is reported where fewer than one in a thousand unmarked pictures would look so."""
State = Literal["proved", "close", "marked", "hidden", "none", "differs", "unreadable"]
GOOD: tuple[State, ...] = ("proved", "close", "marked", "hidden")
REMOVABLE = "marks can be removed, so a file without one may be synthetic all the same"


class Verdict(NamedTuple):
    """What can be said of one file."""

    path: Path
    state: State
    line: str
    mark: Mark | None = None


def verify(path: Path, models: Models, invisible: bool = False) -> Verdict:
    """Say what is known of one file. Nothing that a file holds raises: what cannot be read is a verdict too."""
    try:
        found = look(path)
        if found is None:
            return hidden(path, models) if invisible else Verdict(path, "none", "no mark found: that proves nothing")
        verdict = _compared(path, found, models)
        return _both(verdict, hidden(path, models, found.mark.model)) if invisible else verdict
    except (DataError, ConfigError) as error:
        return Verdict(path, "unreadable", printable(str(error).removeprefix(f"{path}: ")))


def hidden(path: Path, models: Models, marked: str | None = None) -> Verdict:
    """Look for the invisible marks of all models that are known, and of the one that the file's mark names.

    The chance of a false alarm is that of all keys that were tried together. Raises DataError for unreadable pictures.
    """
    keys = [*dict.fromkeys([*([marked] if marked else []), *models.hashes])]
    if path.suffix.lower() not in SUFFIXES:
        return Verdict(path, "none", "invisible marks are looked for in pictures only")
    if not keys:
        return Verdict(path, "none", "invisible marks are looked for by their model; name one by --model or --runs")
    try:
        data = path.read_bytes()
        probe(data, PIXELS)
        pixels = decode(data).pixels
    except (Unreadable, OSError) as error:
        raise DataError(f"{path}: {error}; get the file anew") from None
    likely, key = min((chance(pixels, each), each) for each in keys)
    likely = min(1.0, likely * len(keys))
    if likely < BAR:
        return Verdict(path, "hidden", f"synthetic: the invisible mark of model {key[:12]} (chance {likely:.1g})")
    return Verdict(path, "none", f"no invisible mark found (chance {likely:.2g}): that proves nothing")


def files_of(places: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and those of folders in order; not the marks beside them, nor what is hidden."""
    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, below, names in os.walk(place):
            below[:] = sorted(each for each in below if not each.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and name != LIST and not name.endswith(SIDE):
                    yield Path(folder) / name


def _compared(path: Path, found: Found, models: Models) -> Verdict:
    mark = found.mark
    said = _said(mark)
    if found.whole is False:
        return Verdict(path, "differs", f"{said}; the file was altered since its mark was written beside it", mark)
    whole = ", unaltered since" if found.whole else ""
    model = models.get(mark.model)
    if model is None:
        return Verdict(path, "marked", f"{said}{whole}; model not at hand, so not proved", mark)
    with tempfile.TemporaryDirectory() as folder:
        try:
            verdict = sameness(path, again(model, mark, Path(folder), path.name))
        except Impossible as reason:
            return Verdict(path, "marked", printable(f"{said}{whole}; not proved: {reason}"), mark)
    state, told = _TOLD[verdict]
    return Verdict(path, state, f"{said}; {told}", mark)


def _said(mark: Mark) -> str:
    """A mark in words; it may be anybody's writing."""
    seed = "" if mark.seed is None else f", seed {mark.seed}"
    index = "" if mark.seed is None or mark.index is None else f", sample {mark.index}"
    condition = f", asked for {mark.condition}" if mark.condition else ""
    asked = "".join(f", {key} {value}" for key, value in sorted(mark.asked.items()))[:300]
    run = f" of run {mark.run[:80]}" if mark.run else ""
    return printable(f"synthetic: model {mark.model[:12]}{run}{seed}{index}{condition}{asked}, {mark.time[:40]}")


def _both(verdict: Verdict, seen: Verdict) -> Verdict:
    return verdict._replace(line=f"{verdict.line}; {seen.line.removeprefix('synthetic: ')}")


_TOLD: dict[str, tuple[State, str]] = {
    "same": ("proved", "proved: made again, it is the same"),
    "rounded": ("close", "proved but for rounding: made again, it is at most 2 of 255 off (another engine or machine)"),
    "lossy": ("close", "agrees: made again, it is off by no more than its kind of file loses"),
    "other": ("differs", "differs: made again, it is another; the file or its mark was changed"),
}
