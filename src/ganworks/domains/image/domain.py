"""The settings of the picture domain, and the way from what the user names to a data set."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from ...settings import DataError, no_such
from ..base import Codec, Dataset, Domain, Notify, Raw, Stored
from ..splits import check_shares
from . import archives
from .arrays import Arrays, Part, numpy_set
from .attributes import Attributes
from .build import read_arrays
from .builtin import BUILTIN, cifar_tar
from .cache import Table
from .classics import cifar_files, cifar_set, idx, idx_files, idx_set
from .codec import Pictures
from .decode import SMALLEST, SUFFIXES
from .listing import Pile, folder, manifest, one_file
from .piles import read_pile
from .resize import background_colour, padded
from .shards.index import means_shards
from .shards.read import read_shards
from .splits import as_dataset
from .toy import shapes

ENOUGH = 4_096
"""Records that are not at hand whose labels tell how frequent classes are."""


class Image(Domain):
    """Pictures from a folder, an archive, a manifest, arrays, or a built-in set; all brought to one size and kind."""

    codec: ClassVar[type[Codec]] = Pictures

    name: Literal["image"] = "image"
    size: tuple[int, int] | None = None
    """Height and width of the samples, in pixels; unset: the pictures' own, if they share one within `longest`."""
    longest: int = Field(default=64, ge=SMALLEST)
    """Longest side, in pixels, of a size that is chosen from the data; the shape is then that of the median picture."""
    reshape: Literal["crop", "pad", "stretch"] = "crop"
    """How a picture of another shape reaches the size: cut to its middle, padded from its edge, or stretched."""
    grid: Literal["pad", "crop"] = "pad"
    """What is done about sides that networks cannot draw: padded for the network alone, or the data cut."""
    alpha: Literal["composite", "keep"] = "composite"
    """Transparent pictures are laid on `background`, or their opacity is kept as a channel."""
    background: str | tuple[int, ...] = "white"
    """A colour name, '#rrggbb', or 1 or 3 numbers from 0 to 255."""
    channels: int | None = Field(default=None, ge=1, le=64)
    """Unset: 1 if all pictures are grey, 3 if any has colour, one more with alpha kept; arrays keep theirs."""
    condition: Literal["none", "class", "attributes"] = "none"
    """What samples are conditioned on: nothing, the class that labels or folders give, or `attributes`."""
    attributes: tuple[str, ...] = ()
    """Columns of numbers in a manifest that samples are conditioned on, such as an age."""
    stack: int = Field(default=1, ge=1, le=16)
    """Grey pictures drawn at random to be the channels of one record; with 3, ten digits become 1,000 classes."""
    pixel_limit: int = Field(default=50_000_000, gt=0)
    """Pixels above which a picture is refused before it is decoded."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of the records, by content, held out to choose checkpoints with."""
    test: float = Field(default=0.1, ge=0, lt=1)
    """Share of the records, by content, held out to be scored once."""
    block: int = Field(default=8192, ge=1)
    """Records of shards among which one is mixed, at least: as many whole shards as it takes."""
    cache_bytes: int = Field(default=20_000_000_000, ge=0)
    """Of decoded shards that may stay on disk, so that a second epoch decodes nothing; 0 keeps none."""
    workers: int = Field(default=1, ge=0, le=64)
    """Processes that decode shards ahead of need; with 0 a thread does."""
    retries: int = Field(default=5, ge=0, le=100)
    """Times a URL that stops answering is asked again, after 0.5, 1, 2, 4 ... seconds."""

    @field_validator("size")
    @classmethod
    def _large_enough(cls, size: tuple[int, int] | None) -> tuple[int, int] | None:
        if size and min(size) < SMALLEST:
            raise ValueError(f"must be a height and a width of at least {SMALLEST}, got {list(size)}")
        return size

    @field_validator("background")
    @classmethod
    def _a_colour(cls, background: str | tuple[int, ...]) -> str | tuple[int, ...]:
        background_colour(background)
        return background

    @model_validator(mode="after")
    def _size_within_the_limit(self) -> Self:
        if self.size and self.size[0] * self.size[1] > self.pixel_limit:
            raise ValueError(f"size={list(self.size)} is above pixel_limit={self.pixel_limit}; lower it or raise that")
        return self

    @model_validator(mode="after")
    def _something_left_to_train_on(self) -> Self:
        check_shares(self.validation, self.test)
        return self

    @field_validator("attributes")
    @classmethod
    def _names_of_columns(cls, attributes: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(each.strip().lower() for each in attributes)
        for name in names:
            if not name or "," in name or "=" in name or names.count(name) > 1:
                raise ValueError(f"wanted names of columns, each once and without comma and equals sign, got '{name}'")
        return names

    @model_validator(mode="after")
    def _attributes_where_they_are_asked_for(self) -> Self:
        if (self.condition == "attributes") != bool(self.attributes):
            raise ValueError(
                "condition=attributes and attributes (names of a manifest's columns) go together, got "
                f"condition={self.condition} and {len(self.attributes)} attributes"
            )
        if self.attributes and self.stack > 1:
            raise ValueError("stack mixes pictures, which have no attributes together; leave out stack or attributes")
        return self

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` names a folder, an archive, a manifest, a file of arrays or pictures, shards, or a built-in set.

        An existing path wins over a built-in name. Records are uint8 or uint16 (H, W, C). The splits are fixed by the
        pictures' content; where the source has an official test or validation set, that one is kept.
        """
        if self.attributes and not path.lower().endswith((".csv", ".jsonl")):
            raise DataError(f"{path}: attributes are columns of a manifest (csv, jsonl); name that as the data")
        if means_shards(path):
            return read_shards(self, path, notify, strict)
        place = Path(path).expanduser()
        if not place.exists():
            if path in BUILTIN:
                return BUILTIN[path](self, notify)
            if "/" in path or "\\" in path or place.suffix:
                raise DataError(f"{path}: wanted a file or folder of pictures, there is none")
            raise DataError(no_such("file, folder or built-in picture set", path, BUILTIN))
        if not place.is_dir() and not place.is_file():  # a pipe would be waited for, a device read without end
            raise DataError(f"{path}: wanted a file or folder of pictures, got a pipe or a device; save it as a file")
        if path in BUILTIN:
            notify(f"reading {path} here; move it away to read the built-in set of that name")
        return as_dataset(self, self._table(place, path, notify, strict))

    def fit(self, dataset: Dataset) -> Pictures:
        height, width = dataset.facts["height"], dataset.facts["width"]
        higher, wider = padded(height, width)
        top, left = (higher - height) // 2, (wider - width) // 2
        return Pictures(
            channels=dataset.facts["channels"],
            height=height,
            width=width,
            bits=dataset.facts["bits"],
            padding=(top, higher - height - top, left, wider - width - left),
            mode=dataset.facts["mode"],
            classes=dataset.classes,
            shares=self._shares(dataset),
            attributes=Attributes.of(self.attributes, _train_labels(dataset)) if self.attributes else None,
        )

    def _shares(self, dataset: Dataset) -> tuple[float, ...]:
        """Of the training records, for each class; empty where samples are not conditioned on it."""
        if self.condition != "class":
            return ()
        labels = _train_labels(dataset)
        if labels is None or not dataset.classes:
            raise DataError(
                "domain.condition=class wants a class for every picture, these have none; sort them into a folder a "
                "class, name a column label in a manifest, or set domain.condition=none"
            )
        counts = np.bincount(labels, minlength=len(dataset.classes)) + 1e-9
        return tuple(float(share) for share in counts / counts.sum())

    @property
    def conditional(self) -> bool:
        return self.condition != "none" or super().conditional

    def toy(self, seed: int = 0) -> Dataset:
        """256 grey pictures of 16 x 16: discs, squares, bars and crosses, uniform in class and place."""
        return shapes(seed)

    def _table(self, place: Path, given: str, notify: Notify, strict: bool) -> Table:
        if found := _array_files(place):
            files, get = found
            return read_arrays(self, files, get, notify)
        lower = place.name.lower()
        pile: Pile
        if place.is_dir():
            pile = folder(place, given)
        elif lower.endswith(archives.SUFFIXES):
            pile = archives.archive(place)
        elif lower.endswith((".csv", ".jsonl")):
            pile = manifest(place, self.attributes)
        elif lower.endswith(SUFFIXES):
            pile = one_file(place)
        else:
            raise DataError(
                f"{given}: wanted a folder, an archive (zip, tar), a manifest (csv, jsonl), npy, npz, IDX or "
                f"CIFAR .bin, got '{place.suffix or place.name}'"
            )
        return read_pile(self, pile, notify, strict)


def _train_labels(dataset: Dataset) -> Raw | None:
    """Classes or attributes of the training records, of enough of them where they are not at hand."""
    train = dataset.train
    if isinstance(train, Stored):
        return None if train.labels is None else train.labels[train.rows]
    return train.fetch(train.spread(ENOUGH)).labels


def _array_files(place: Path) -> tuple[list[Path], Callable[[], Arrays]] | None:
    """The files below `place` that hold arrays, and how to open them; None when it holds no arrays."""
    if place.is_dir():
        if files := idx_files(place):
            return files, lambda: idx_set(files)
        batches = cifar_files(place)
        return (batches, lambda: cifar_set(batches)) if batches else None
    lower = place.name.lower()
    kinds: list[tuple[bool, Callable[[], Arrays]]] = [
        (lower == "cifar-10-binary.tar.gz", lambda: cifar_tar(place)),
        (lower.endswith((".npy", ".npz")), lambda: numpy_set(place)),
        (lower.endswith(".bin"), lambda: cifar_set([place])),
        ("-idx" in lower or ".idx" in lower, lambda: Arrays([Part(idx(place, 3))])),
    ]
    return next((([place], get) for fits, get in kinds if fits), None)
