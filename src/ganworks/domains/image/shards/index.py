"""index.json: what a folder of shards holds; and the names under which shards are asked for."""

import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from ....settings import DataError, Settings
from ..listing import is_picture

INDEX = "index.json"
FORMAT = 1
MOST_SHARDS = 10_000_000
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


class Shard(Settings):
    """One tar file, and what it must be to be whole."""

    name: str
    records: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str
    split: Literal["train", "validation", "test"] | None = None
    """Unset: the records' keys decide."""

    @field_validator("name")
    @classmethod
    def _stays_below(cls, name: str) -> str:
        if not re.fullmatch(r"[\w][\w.\-]*(/[\w][\w.\-]*)*", name):
            raise ValueError(f"wanted a name below the index such as 000000.tar, got '{name}'")
        return name


class ShardIndex(Settings):
    """Everything a reader must know before it opens a shard."""

    format: int = FORMAT
    size: tuple[int, int]
    """Height and width of every picture, in pixels."""
    channels: int
    bits: Literal[8, 16]
    mode: str
    classes: tuple[str, ...] = ()
    """Name of each label, by number."""
    shares: tuple[float, float] = (0.0, 0.0)
    """Of the records, in validation and in test."""
    source: str
    """What the records are: shards of another source do not belong into this folder."""
    records: int
    """In all shards when they are complete."""
    complete: bool = True
    shards: tuple[Shard, ...] = ()

    def write(self, folder: Path) -> None:
        """After a kill the folder has the old index or this one. Raises OSError."""
        partial = folder / f".partial-{os.getpid()}-{INDEX}"
        with partial.open("w", encoding="utf-8") as file:
            file.write(json.dumps(self.tree(), indent=0))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / INDEX)


def parsed(data: bytes, where: str) -> ShardIndex:
    """Raises DataError when the bytes are no index, or one that a later version wrote."""
    try:
        tree: Any = json.loads(data)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict) or not {"format", "shards", "size"} <= tree.keys():
        raise DataError(f"{where}: wanted an index that `ganworks pack` wrote, this is none; pack the data again")
    if tree["format"] != FORMAT:
        raise DataError(f"{where}: written in format {tree['format']}, this version reads {FORMAT}; update ganworks")
    return ShardIndex.from_tree(tree, where)


def stored(folder: Path) -> ShardIndex | None:
    """The index of a folder, if there is one. Raises DataError when it cannot be used."""
    path = folder / INDEX
    try:
        return parsed(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); put it back") from None


def is_url(text: str) -> bool:
    return re.match(r"[a-zA-Z][\w+.\-]+://", text) is not None


def means_shards(text: str) -> bool:
    """Whether this names shards: a URL, braces, an index, or a folder that holds tar files and no pictures of its own.

    A single local tar file is an archive like any other, which is read whole.
    """
    if is_url(text) or _RANGE.search(text):
        return True
    place = Path(text).expanduser()
    try:
        if place.is_dir():
            return _is_ours(place / INDEX) or _only_tars(place)
        return place.name == INDEX and _is_ours(place)
    except OSError:  # whoever reads it as something else has the word for it
        return False


def expanded(text: str) -> list[str]:
    """`a{00..02}.tar` -> a00.tar, a01.tar, a02.tar; several ranges multiply. Raises DataError."""
    parts = _RANGE.split(text)
    ranges = []
    for low, high in zip(parts[1::3], parts[2::3], strict=True):
        if int(low) > int(high) or int(high) - int(low) >= MOST_SHARDS:
            raise DataError(f"{text}: wanted a range that rises such as {{000000..000099}}, got {{{low}..{high}}}")
        ranges.append([f"{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)])
    if np.prod([float(len(each)) for each in ranges]) > MOST_SHARDS:
        raise DataError(f"{text}: names over {MOST_SHARDS:,} shards; use fewer and larger ones")
    fixed = parts[0::3]
    return ["".join(itertools.chain(*zip(fixed, (*each, ""), strict=True))) for each in itertools.product(*ranges)]


def beside(place: str, name: str) -> str:
    """Where a shard lies whose index lies at `place`; what a URL asks beyond its path stays."""
    path, mark, query = place.partition("?") if is_url(place) else (place, "", "")
    return f"{path.rpartition('/')[0]}/{name}{mark}{query}" if is_url(place) else str(Path(place).parent / name)


def shown(place: str) -> str:
    """A place as it may be printed: what a URL asks beyond its path may be a key, and a name before it a password."""
    if not is_url(place):
        return place
    scheme, _, rest = place.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def called(text: str) -> str:
    """A short name for data: its own, without suffix; of shards that of their folder."""
    *folders, last = (part for part in shown(text).rstrip("/").split("/") if part)
    own = not (_RANGE.search(last) or last == INDEX) or not folders
    return (last if own else folders[-1]).partition(".")[0]


def keyed(keys: Sequence[str] | range) -> npt.NDArray[np.uint64]:
    """A number for each key, spread evenly over 64 bits; what falls below a share of them is held out."""
    names: Iterator[str] = (f"{key:08d}" if isinstance(key, int) else key for key in keys)
    digests = b"".join(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8] for name in names)
    return np.frombuffer(digests, ">u8").astype(np.uint64)


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    return b'"format"' in head and b'"mode"' in head


def _only_tars(folder: Path) -> bool:
    tars = False
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_picture(entry.name) or (entry.is_dir() and not entry.name.startswith(".")):
                return False
            tars |= entry.name.endswith(".tar") and not entry.name.startswith(".")
    return tars
