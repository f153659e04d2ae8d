"""The settings of the table domain, and the way from a file of rows to a data set."""

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ...settings import ConfigError, DataError, no_such, printable
from ..base import Codec, Dataset, Domain, Notify, Raw, Stored
from ..splits import check_shares
from . import constraints, typed
from .by_sampling import ByFrequency
from .cells import Cells, Floats
from .codec import Coded
from .decoding import mixed
from .layout import Learnt
from .learnt import Categories, Numbers
from .public import stand_in
from .reading import Rows, lists_files, read_text
from .schema import Column, Seen
from .toy import people
from .values import found as looked_at

LEAST_ROWS = 20
SPLITS = ("training", "validation", "test")


class Table(Domain):
    """Rows of a file: .csv, .tsv or .parquet; every column's kind is found, told and may be overruled."""

    codec: ClassVar[type[Codec]] = Coded

    name: Literal["table"] = "table"
    columns: dict[str, Column] = Field(default_factory=dict)
    """What is said of single columns, by name: columns.age.kind=integer. columnN stands for the N-th as well."""
    missing: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")
    """Words for a value that is not there; blanks around them do not count."""
    header: Literal["auto", "yes", "no"] = "auto"
    """Whether the first line holds names."""
    delimiter: str = "auto"
    """Between cells: one character, or tab, comma, semicolon, bar."""
    encoding: str = "auto"
    """Of the text: utf-8, utf-16, latin-1, cp1252 ..."""
    condition: Literal["columns", "none"] = "columns"
    """Whether rows can be asked for by what stands in any of their columns."""
    ask: float = Field(default=0.5, ge=0, le=1)
    """Share of the training rows of which something is asked."""
    sampling: Literal["rows", "log-frequency"] = "rows"
    """How training rows are drawn: each as often, or so that rare categories come up and are what is asked for."""
    normaliser: Literal["mixture", "quantile"] = "mixture"
    """How numbers are brought to -1..1: by the modes of a Gaussian mixture, or by rank."""
    heavy: float = Field(default=0.05, gt=0, le=1)
    """Share of a column's values from which on a single number gets a mode of its own and comes back exactly."""
    constraints: tuple[str, ...] = ()
    """What every row keeps to: "begin<=end", "total=net+tax", "if sex=Male then pregnant=no"."""
    enforce: Literal["repair", "reject", "off"] = "repair"
    """Drawn rows that break a constraint are repaired, or left out by `ganworks sample`, or kept."""
    target: str = ""
    """The column that models are trained to tell, for the evaluation; unset: the last one of categories."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of the rows, by content, held out to choose checkpoints with."""
    test: float = Field(default=0.1, ge=0, lt=1)
    """Share of the rows, by content, held out to be scored once."""

    @model_validator(mode="after")
    def _something_left_to_train_on(self) -> Self:
        check_shares(self.validation, self.test)
        return self

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.suffix.lower() in {".csv", ".tsv", ".parquet"} and path.is_file() and not lists_files(path)

    @property
    def conditional(self) -> bool:
        return self.condition != "none"

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` names a file of rows. What is learnt of a row decides its split, so that copies stay together."""
        place = Path(path).expanduser()
        if not place.exists():
            raise DataError(f"{path}: wanted a file of rows (.csv, .tsv, .parquet), there is none")
        if not place.is_file():
            raise DataError(f"{path}: wanted one file of rows, got a folder, a pipe or a device")
        if place.suffix.lower() == ".parquet":
            return self._dataset(Rows(typed.of_parquet(place)), ".parquet")
        rows = read_text(place, self.delimiter, self.encoding, self.header)
        return self._dataset(rows, ".tsv" if place.suffix.lower() == ".tsv" else ".csv")

    def of(self, frame: Any) -> Dataset:
        """The data set of a pandas DataFrame; its index is left out."""
        return self._dataset(Rows(typed.of_frame(frame)), ".csv")

    def public(self, dataset: Dataset) -> Dataset:
        return stand_in(dataset)

    def toy(self, seed: int = 0) -> Dataset:
        """600 made-up people: a number, an integer, a category, a boolean and a date, with gaps."""
        return self._dataset(Rows(people(seed)), ".csv")

    def _dataset(self, rows: Rows, suffix: str) -> Dataset:
        cells = self._wanted(rows.cells)
        if len(cells[0]) < LEAST_ROWS:
            raise DataError(f"wanted at least {LEAST_ROWS} rows to learn from, got {len(cells[0])}")
        said = self._said(cells)
        found = [looked_at(each, said.get(each.name, Column()), self.missing) for each in cells]
        seen = tuple(each.seen for each in found)
        learnt = [each for each in found if each.seen.learnt]
        if not learnt:
            what = ", ".join(f"{each.name}: {each.kind}" for each in seen[:5])
            raise DataError(f"no column holds anything to learn ({what}); set domain.columns.NAME.kind of one")
        records = np.stack([each.values for each in learnt], 1)
        hashes = row_hashes(records, [each.seen for each in learnt])
        sources, counts = self._split(records, hashes)
        facts = {
            "schema": seen, "delimiter": rows.delimiter, "suffix": suffix, "records": len(records),
            "header": rows.named,
        }  # fmt: skip
        notes = [
            *rows.notes,
            *_kinds_told(seen),
            *(f"column '{each.seen.name}': {each.note}" for each in found if each.note),
        ]
        notes += _remarks(hashes, counts)
        train, validation, test = sources
        if self.sampling == "log-frequency":
            train = ByFrequency(train.array, train.rows, [i for i, each in enumerate(learnt) if not each.seen.numeric])
        fingerprint = self._fingerprint(seen, hashes)
        dataset = Dataset(train, validation, test, fingerprint, notes=tuple(notes), facts=facts)
        return self._with_constraints(dataset, records, cells[0]) if self.constraints else dataset

    def _wanted(self, cells: list[Cells]) -> list[Cells]:
        said = self._said(cells)
        kept = [each for each in cells if said.get(each.name, Column()).kind != "drop"]
        if not kept:
            raise DataError("every column is dropped; keep one")
        return kept

    def _said(self, cells: list[Cells]) -> dict[str, Column]:
        """What the user says of each column. Raises ConfigError for one that is not there."""
        names = [each.name for each in cells]
        said = {}
        for name, column in self.columns.items():
            number = name.removeprefix("column")
            if name in names:
                said[name] = column
            elif name != number and number.isdecimal() and 1 <= int(number) <= len(names):
                said[names[int(number) - 1]] = column
            elif column.kind != "drop":
                raise ConfigError(f"domain.columns: {no_such('column', printable(name), names)}")
        return said

    def _split(self, records: Floats, hashes: npt.NDArray[np.uint64]) -> tuple[list[Stored], list[int]]:
        """Test below `test`, validation below `test + validation` of the hash as a number from 0 to 1."""
        share = hashes / 2.0**64
        splits = np.where(share < self.test, 2, np.where(share < self.test + self.validation, 1, 0))
        for spare in (1, 2):
            if not (splits == 0).any():
                splits[splits == spare] = 0
        rows = [np.flatnonzero(splits == each) for each in range(3)]
        return [Stored(records, each) for each in rows], [len(each) for each in rows]

    def _fingerprint(self, seen: tuple[Seen, ...], hashes: npt.NDArray[np.uint64]) -> str:
        digest = hashlib.sha256(f"{self.validation}{self.test}".encode())
        for each in seen:
            digest.update(each.model_dump_json().encode())
        digest.update(hashes.astype("<u8").data)
        return digest.hexdigest()

    def fit(self, dataset: Dataset) -> Coded:
        """Learn modes and shares from the training rows."""
        train = dataset.train.fetch(np.arange(len(dataset.train), dtype=np.int64)).x
        columns, place = [], 0
        for seen in dataset.facts["schema"]:
            values = np.zeros(0)
            if seen.learnt:
                values, place = train[:, place], place + 1
            columns.append(self._learnt(seen, values))
        names = [column.seen.name for column in columns]
        if self.target and self.target not in names:
            raise ConfigError(f"domain.target: {no_such('column', self.target, names)}")
        codec = Coded(
            columns=tuple(columns), conditional=self.conditional, ask=self.ask,
            sampling=self.sampling, rows=len(train), missing=self.missing,
            delimiter=dataset.facts["delimiter"], header=dataset.facts["header"], suffix=dataset.facts["suffix"],
            constraints=self.constraints, enforce=self.enforce, target=self.target,
        )  # fmt: skip
        constraints.rules(codec)
        return codec

    def _learnt(self, seen: Seen, values: Raw) -> Learnt:
        gaps = np.isnan(values)
        lacking = float(gaps.mean()) if len(values) else 0.0
        known = values[~gaps]
        if not seen.learnt:
            return Learnt(seen=seen)
        if seen.numeric:
            numbers = Numbers.of(known, seen, seen.normaliser or self.normaliser, self.heavy)
            return Learnt(seen=seen, numbers=numbers, lacking=lacking)
        return Learnt(seen=seen, categories=Categories.of(known, len(seen.words)), lacking=lacking)

    def _with_constraints(self, dataset: Dataset, records: Floats, cells: Cells) -> Dataset:
        """The data set with a line for each constraint that its own rows break."""
        notes = list(dataset.notes)
        for rule in constraints.rules(self.fit(dataset)):
            broken = rule.broken(records)
            if broken.any():
                first = cells.where(int(np.argmax(broken)))
                notes.append(
                    f"constraint '{rule.text}': {int(broken.sum()):,} of {len(records):,} rows of the data break it, "
                    f"first at {first}"
                )
        return Dataset(**{**vars(dataset), "notes": tuple(notes)})


def row_hashes(records: Floats, seen: list[Seen]) -> npt.NDArray[np.uint64]:
    """A number for each row (N,) that depends on what stands in its columns alone: equal rows have equal numbers."""
    total = np.full(len(records), 0x9E3779B97F4A7C15, np.uint64)
    for i, column in enumerate(seen):
        values = records[:, i] + 0.0  # -0 is 0
        if column.numeric:
            bits = np.where(np.isnan(values), np.nan, values).view(np.uint64)
        else:
            table = np.array([*map(_of_word, column.words), 0], np.uint64)
            bits = table[np.where(np.isnan(values), len(column.words), values).astype(np.int64)]
        total = mixed(total * np.uint64(0xD1342543DE82EF95) + bits)
    return total


def _of_word(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _kinds_told(seen: tuple[Seen, ...]) -> list[str]:
    """The kinds of all columns in one line, and what is left aside in others."""
    by_kind: dict[str, list[str]] = {}
    for each in seen:
        by_kind.setdefault(each.kind, []).append(printable(each.name))
    told = "; ".join(f"{kind}: {_listed(names)}" for kind, names in by_kind.items())
    notes = [f"columns: {told}"]
    gaps = [printable(each.name) for each in seen if each.missing]
    if gaps:
        notes.append(f"values are missing in {_listed(gaps)}")
    return notes


def _listed(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _remarks(hashes: npt.NDArray[np.uint64], counts: list[int]) -> list[str]:
    notes = []
    copies = len(hashes) - len(np.unique(hashes))
    if copies:
        notes.append(f"{copies:,} of {len(hashes):,} rows are copies of others")
    empty = [name for name, count in zip(SPLITS, counts, strict=True) if not count]
    if empty:
        notes.append(f"no rows fell into {' and '.join(empty)}: {len(hashes)} are too few for these shares")
    return notes
