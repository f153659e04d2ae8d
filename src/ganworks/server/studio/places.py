"""Where the studio looks: run directories in one folder and data below another, and never outside of either."""

import contextlib
import re
from pathlib import Path
from typing import Any

from fastapi import Request

from ...domains.points import MIXTURES
from ...settings import ConfigError, printable
from ..errors import Refused
from ..settings import Service

BUILTIN = {
    "digits": "1,797 handwritten digits of 8 x 8; a minute is enough",
    "glyphs": "letters and numerals drawn from fonts, 28 x 28",
    "ring": "points: eight clusters on a ring, with a known answer",
    "grid": "points: 25 clusters on a grid, with a known answer",
}
"""Data that needs no file and no network. Sets that would be fetched are for the command line."""
JOB = "studio.json"
"""What the queue knows of a run, in its folder."""
ENTRIES = 500
"""Entries of a folder that are listed."""
LONGEST_NAME = 64
_NAME = re.compile(r"\w[\w .+-]*")


def service(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def run_folder(runs: Path, name: str, needed: str = "run.toml") -> Path:
    """The directory of a run by its name, which is never a path. Raises Refused 404 when there is none.

    needed: a file that has to be in it.
    """
    whole = Path(name).name == name and name not in ("", ".", "..") and "\0" not in name and "\\" not in name
    if whole:
        root = runs.resolve()
        folder = (root / name).resolve()
        if folder.is_relative_to(root) and folder != root and (folder / needed).is_file():
            return folder
    raise Refused(404, f"no run '{printable(name)}' in the folder of runs; the room Runs lists them")


def asked_folder(runs: Path, name: str) -> Path:
    """The same, where a run may have been asked for and not begun yet."""
    with contextlib.suppress(Refused):
        return run_folder(runs, name)
    return run_folder(runs, name, JOB)


def inside(folder: Path, relative: str) -> Path:
    """A file in a run directory. Raises Refused 404 when it is missing, or a link that leads out of the run."""
    path = (folder / relative).resolve()
    if path.is_relative_to(folder.resolve()) and path.is_file():
        return path
    raise Refused(404, f"{printable(folder.name)} has no {printable(Path(relative).name)} yet")


def new_name(name: str) -> str:
    """A name for a run that is to be made. Raises ConfigError for one that would be no plain folder everywhere."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ConfigError(
            f"name must be letters, digits, spaces and . _ + - (at most {LONGEST_NAME}), got '{printable(name)}'; "
            "choose another"
        )
    return name


def data_path(root: Path, named: str) -> str:
    """What the command line is told: a built-in name, or the whole path of something below `root`.

    Raises ConfigError when that leads out of the folder, or nothing is there.
    """
    if named in BUILTIN or named in MIXTURES:
        return named
    return str(_below(root, named))


def listing(root: Path, relative: str) -> dict[str, Any]:
    """What lies in a folder below `root`: folders first, then files, without hidden ones and without links out of it.

    Raises ConfigError when the folder is not below `root`.
    """
    folder = _below(root, relative)
    if not folder.is_dir():
        raise ConfigError(f"'{printable(relative)}' is a file; choose it, or a folder")
    whole = root.resolve()
    entries: list[dict[str, Any]] = []
    cut = False
    for each in sorted(folder.iterdir(), key=lambda path: path.name):
        if each.name.startswith(".") or not each.resolve().is_relative_to(whole) or not each.exists():
            continue
        if len(entries) == ENTRIES:
            cut = True
            break
        kind = "folder" if each.is_dir() else "file"
        size = each.stat().st_size if kind == "file" else None
        entries.append({"name": each.name, "path": str(each.relative_to(whole)), "kind": kind, "bytes": size})
    entries.sort(key=lambda entry: entry["kind"] == "file")
    here = folder.relative_to(whole)
    return {"here": "" if here == Path() else str(here), "entries": entries, "more": cut}


def _below(root: Path, relative: str) -> Path:
    whole = root.resolve()
    wrong = bool({"\0", "\\"} & set(relative)) or Path(relative).is_absolute() or ".." in Path(relative).parts
    path = whole if wrong else (whole / relative).resolve()
    if wrong or not path.is_relative_to(whole):
        raise ConfigError(f"'{printable(relative)}' is not in the data folder; choose something the list shows")
    if not path.exists():
        known = ", ".join(BUILTIN)
        raise ConfigError(f"no data '{printable(relative)}'; choose something the list shows, or one of {known}")
    return path
