"""What the domains of inputs and targets have in common: settings, how sides are read as pictures, what is fitted."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ...settings import DataError
from ..base import Codec, Dataset, Domain, Indices, Raw
from ..image.cache import OFFICIAL, Table
from ..image.domain import Image
from ..image.resize import Plan, padded
from ..image.splits import NAMES, assigned
from .codec import Translated

_AS_IMAGE = {"longest", "reshape", "alpha", "background", "pixel_limit", "validation", "test"}


class Sided(Domain):
    """Inputs and targets. Settings that `Image` has too mean the same here."""

    codec: ClassVar[type[Codec]] = Translated
    given: ClassVar[Literal["nothing", "pictures"]] = "pictures"

    input: str | None = None
    """Folder of the inputs, if its name does not tell; below the data, or anywhere."""
    target: str | None = None
    """Folder of the targets."""
    direction: Literal["AtoB", "BtoA"] = "AtoB"
    """Which side is the input: A is the left half, the folder A or input, the column input."""
    size: tuple[int, int] | None = None
    """Height and width of the targets, in pixels; unset: the pictures' own, if they share one within `longest`."""
    longest: int = 64
    """Longest side, in pixels, of a size that is chosen from the data."""
    reshape: Literal["crop", "pad", "stretch"] = "crop"
    """How a picture of another shape reaches the size: cut to its middle, padded from its edge, or stretched."""
    alpha: Literal["composite", "keep"] = "composite"
    """Transparent pictures are laid on `background`, or their opacity is kept as a channel."""
    background: str | tuple[int, ...] = "white"
    """A colour name, '#rrggbb', or 1 or 3 numbers from 0 to 255."""
    channels: int | None = Field(default=None, ge=1, le=4)
    """Of the targets; unset: 1 if all are grey, 3 if any has colour, one more with alpha kept."""
    pixel_limit: int = 50_000_000
    """Pixels above which a picture is refused before it is decoded."""
    validation: float = 0.05
    """Share of the records, by content, held out to choose checkpoints with."""
    test: float = 0.1
    """Share of the records, by content, held out to be scored once."""
    jitter: int = Field(default=0, ge=0)
    """Pixels by which pictures are enlarged in training before a part is cut at random; 30 with 256 is pix2pix."""
    flip: bool = False
    """Mirror half of the pictures in training, input and target alike."""

    @model_validator(mode="after")
    def _what_pictures_can_be(self) -> Self:
        self.image()
        return self

    @property
    def reverse(self) -> bool:
        return self.direction == "BtoA"

    def image(self, **changes: Any) -> Image:
        """How the targets are read, as settings of the picture domain; `changes` for the inputs."""
        shared = self.model_dump(include=_AS_IMAGE | {"size", "channels"})
        return Image.from_tree({**shared, **changes})


def fitted(dataset: Dataset, **kept: bool | int) -> Translated:
    """The codec of pictures with these facts, and what else it keeps. Sides are padded as those of `Image` are."""
    target, source, scale = dataset.facts, dataset.facts["input"], dataset.facts["scale"]
    height, width = source["height"], source["width"]
    higher, wider = padded(height, width)
    top, left = (higher - height) // 2, (wider - width) // 2
    padding = (top, higher - height - top, left, wider - width - left)
    kind = {"channels": 2 * target["channels"], "mode": "n"} if kept.get("stacked") else {}
    shape = ("channels", "height", "width", "bits", "mode")
    return Translated.from_tree(
        {
            "target": {**{name: target[name] for name in shape}, "padding": [scale * side for side in padding], **kind},
            "input": {**{name: source[name] for name in shape}, "padding": list(padding)},
            "scale": scale, **kept,
        },
        "domain",
    )  # fmt: skip


def facts(source: Plan, target: Plan, scale: int, records: int) -> dict[str, Any]:
    """What `fitted` needs to know; the target's facts stand at the top, as those of pictures alone do."""
    own, others = (each.model_dump(mode="json", exclude={"fitted"}) for each in (target, source))
    return {**own, "input": others, "scale": scale, "records": records, "endless": False}


def split(table: Table, domain: Sided) -> list[Indices]:
    """Rows of train, validation and test."""
    splits = assigned(table.hashes, table.official, domain.validation, domain.test)
    return [np.flatnonzero(splits == each) for each in range(len(OFFICIAL) - 1)]


def remarks(rows: Sequence[Indices], hashes: Raw, what: str) -> list[str]:
    """Lines about empty splits, copies, and copies of what is tested in what is trained on."""
    notes = []
    if empty := [name for name, each in zip(NAMES, rows, strict=True) if not len(each)]:
        notes.append(f"no {what} fell into {' and '.join(empty)}: {len(hashes)} are too few for these shares")
    unique, numbers = np.unique(np.ascontiguousarray(hashes).view("V16").reshape(-1), return_inverse=True)
    if copies := len(numbers) - len(unique):
        notes.append(f"{copies} of {len(numbers)} {what} are copies of others")
    if leaked := int(np.isin(numbers[rows[2]], numbers[rows[0]]).sum()):
        notes.append(f"{leaked} {what} of the source's own test set are in its training set too")
    return notes


def fingerprint(domain: Sided, tables: Sequence[Table], rows: Sequence[Indices]) -> str:
    settings = domain.model_dump_json(include={"reshape", "alpha", "background", "direction"})
    digest = hashlib.sha256(f"{domain.name}{settings}{[table.about.plan.toml() for table in tables]}".encode())
    for array in [table.hashes for table in tables] + [each.astype("<i8") for each in rows]:
        digest.update(f"{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def existing(path: str, what: str) -> Path:
    """The file or folder at `path`. Raises DataError when there is none."""
    place = Path(path).expanduser()
    if not place.exists():
        raise DataError(f"{path}: wanted {what}, there is none")
    return place


def holds(place: Path, *sides: set[str]) -> bool:
    """Whether a folder has, in any case, the folders of one of these pairs of sides."""
    inside = {each.name.lower() for each in place.iterdir() if each.is_dir()} if place.is_dir() else set()
    return any(each <= inside for each in sides)
