"""What every domain promises: files -> raw records -> tensors, and back again.

Four values, each complete before the next is made:

    Domain    what the user may set (frozen)                     Domain.read(path) -> Dataset
    Dataset   raw records in three splits, and what was left out  Domain.fit(dataset) -> Codec
    Codec     what was learnt: plain, frozen data that travels in the checkpoint; encodes, decodes, writes
    Batch     what the game plays with
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..settings import ConfigError, Settings
from ..spec import Batch, Spec

Indices = npt.NDArray[np.int64]
Raw = npt.NDArray[Any]


class Order(Protocol):
    """One epoch's shuffled order: a slice of places -> which records stand there."""

    def __getitem__(self, places: slice, /) -> Indices: ...


class Fetched(NamedTuple):
    """Raw records as stored, x (B, ...), and the label of each (B,) int64 or its attributes (B, A), if it has some."""

    x: Raw
    labels: Raw | None = None


class Source(ABC):
    """The raw records of one split, by index. Fetching an index always gives the same record."""

    endless: bool = False
    """True when records are drawn on the fly: any index from 0 up exists, and none needs to be seen twice."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of records; of an endless source, the number that stands for it in reports."""

    @abstractmethod
    def fetch(self, indices: Indices) -> Fetched: ...

    def order(self, seed: int) -> Order:
        """Every record once, in an order that `seed` alone decides, so that any place of it can be found again."""
        return np.random.default_rng(seed).permutation(len(self))

    def some(self, count: int, seed: int) -> Indices:
        """A choice of at most `count` records, the same for the same seed."""
        return np.arange(count, dtype=np.int64) if self.endless else self.order(seed)[:count]

    def spread(self, count: int) -> Indices:
        """At most `count` records from all over the data: neighbours in a folder look alike."""
        return np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64)

    def prepare(self, indices: Indices) -> None:
        """Wait until these records are at hand, so that fetching them cannot fail. Raises DataError."""


class Stored(Source):
    """Records held in one array, which may be a memory map; `rows` are those of this split."""

    def __init__(self, array: Raw, rows: Indices, labels: Raw | None = None):
        self.array, self.rows, self.labels = array, rows, labels

    def __len__(self) -> int:
        return len(self.rows)

    def fetch(self, indices: Indices) -> Fetched:
        rows = self.rows[indices]
        return Fetched(self.array[rows], None if self.labels is None else self.labels[rows])


class Skipped(NamedTuple):
    """One entry of the quarantine list: what was left out and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """Raw records in three splits that are fixed by content before anything is fitted."""

    train: Source
    validation: Source
    test: Source
    fingerprint: str
    """SHA-256 over the records and how they were read; a resumed run refuses another one."""
    classes: tuple[str, ...] = ()
    """Name of each label, by number; empty without labels."""
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know about how the data was read, a line each."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the domain found and its `fit` needs, such as the native size or bit depth."""


class Codec(Settings, ABC):
    """What a domain learnt from its data. Encodes raw records to samples, and turns samples into files."""

    preview_count: ClassVar[int] = 64
    """Records that make a telling preview."""

    @property
    @abstractmethod
    def spec(self) -> Spec: ...

    @abstractmethod
    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        """Raw records x (B, ...) as stored, already on the device of training -> a Batch there.

        Where encoding has chance in it (degradations, crops), that is drawn from torch's global generator of the CPU,
        which a step seeds; with `fixed` it follows from each record's own bytes, as held-out records need.
        """

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        """Conditions (count, *spec.condition.shape) drawn as the training data has them."""
        raise ConfigError("these samples have no conditions to draw")

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Conditions (N, *spec.condition.shape) that a user spells, such as the names of classes.

        What a word leaves open is taken from what was drawn, (N, ...), for which one word may stand.
        Raises ConfigError, with what there is, for one that is not known.
        """
        raise ConfigError("this model was trained without conditions; train with --set domain.condition=class")

    @property
    def output(self) -> "Codec":
        """The codec of what comes out alone; another one where pictures are made from pictures."""
        return self

    @abstractmethod
    def decode(self, x: Tensor) -> Raw:
        """Samples (B, *spec.shape) -> records in the user's own form, as an array (B, ...)."""

    @abstractmethod
    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """Write records as files a user of this domain can open, numbered from `first`. Returns their paths."""

    def frame(self, records: Raw) -> Any:
        """Records as a pandas data frame. Raises ConfigError where records are no rows."""
        raise ConfigError("these records are no rows of a table; generate() gives them as an array")

    @abstractmethod
    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """One picture (H, W, 3) that shows the records together."""


Notify = Callable[[str], None]


class Domain(Settings, ABC):
    """How one kind of data is read. A value: what the user may set, and nothing learnt."""

    name: str
    given: ClassVar[Literal["nothing", "pictures"]] = "nothing"
    """What a generator of this domain is given beside a latent and a class: pictures, to make others of them."""
    codec: ClassVar[type[Codec]]
    """The class whose values `fit` returns, so that a saved one can be read back."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether what lies there looks like this domain's data, by names and a few bytes; a user may overrule it."""
        return False

    @abstractmethod
    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """The data at `path` (a file, a folder, or a built-in name) in three splits.

        Unreadable records are left out and listed in `Dataset.skipped`; with `strict` the first one stops.
        `notify` is called with a line for whoever watches, during long work.
        Raises DataError with one line when nothing usable is there.
        """

    @abstractmethod
    def fit(self, dataset: Dataset) -> Codec:
        """Learn from the training split what encoding and decoding need."""

    def public(self, dataset: Dataset) -> Dataset | None:
        """Made-up records with what is public of the data alone, for a private run to fit its codec on; None where a
        domain cannot make any. Raises ConfigError where the user has to say what is public."""
        return None

    @property
    def conditional(self) -> bool:
        """Whether its samples have conditions."""
        return self.given != "nothing"

    @abstractmethod
    def toy(self, seed: int = 0) -> Dataset:
        """A small data set drawn from a known distribution, for contract tests and for trying things out."""
