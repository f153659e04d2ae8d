"""Molecules: SMILES from .smi, .txt or a column <-> SELFIES tokens, every sequence of which is a molecule."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ...chemistry import PROPERTIES, Unreadable, canonical, looks_like_smiles, number, selfies_of
from ...settings import Chosen, DataError, printable
from ...spec import Spec
from ..base import Codec, Dataset, Notify, Raw, Skipped
from .codec import Sequences
from .domain import Tokens
from .fitting import fit
from .kinds import WORDS
from .reading import Line, Reading, Wanted, read
from .selfies import Selfies
from .sheet import sheet
from .vocabulary import Words

TOY = "phenols"
"""The built-in list: rings with a chain and an end."""
TOYS = 300
"""Molecules of it."""
PEEK, LINES = 4096, 20
"""Bytes and lines by which a file is recognised."""
COLUMNS = {".csv": ",", ".tsv": "\t"}


class Molecular(Sequences):
    """Lines that are molecules: written as canonical SMILES, shown as a drawn sheet."""

    @property
    def spec(self) -> Spec:
        """That of lines, with what the tokens spell, so that a reward can read them."""
        found = super().spec
        return found.model_copy(
            update={"spans": (found.spans[0].model_copy(update={"words": self.vocabulary.tokens}),)}
        )

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        return sheet(self.lines(records), columns)


class Molecules(Tokens):
    """.smi, .txt with a SMILES string a line, .csv and .tsv with a column `smiles`; the built-in `phenols`."""

    name: Literal["molecules"] = "molecules"  # type: ignore[assignment]  # a kind of tokens of its own name
    codec: ClassVar[type[Codec]] = Molecular
    by: Annotated[Words, Chosen(WORDS, "kind of tokens")] = Selfies()
    """What a token is: SELFIES, of which any sequence is a molecule, or characters of SMILES, which may be none."""
    properties: tuple[str, ...] = ()
    """With condition=properties: columns of numbers, or any of logp, qed, sa, weight, rings, atoms, computed."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A .smi, a table with a column smiles, or a text whose first lines are all SMILES."""
        suffix = path.suffix.lower()
        if suffix not in {".smi", ".txt", *COLUMNS} or not path.is_file():
            return False
        try:
            with path.open("rb") as file:
                peek = file.read(PEEK).decode("utf-8", "replace")
        except OSError:
            return False
        if suffix in COLUMNS:
            return _column(peek.splitlines()[:1], suffix) is not None
        whole = peek.splitlines() if len(peek) < PEEK else peek.splitlines()[:-1]
        lines = [line for line in whole if line.strip()][:LINES]
        return suffix == ".smi" or (bool(lines) and all(looks_like_smiles(line) for line in lines))

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        if self.condition == "properties" and not self.properties:
            raise DataError(
                f"condition=properties wants columns or any of {', '.join(PROPERTIES)} in domain.properties"
            )
        if path == TOY:
            return self._of(self._computed(Reading(_phenols(0), [], [])), None, path, strict)
        notify(f"reading molecules in {path}")
        apart = self._read(Path(self.test)) if isinstance(self.test, str) else None
        return self._of(self._read(Path(path)), apart, path, strict)

    def fit(self, dataset: Dataset) -> Sequences:
        return Molecular(**dict(fit(dataset)))

    def toy(self, seed: int = 0) -> Dataset:
        return Molecules().split(Reading(_phenols(seed), [], []), None, TOY, False)

    def _of(self, found: Reading, apart: Reading | None, path: str, strict: bool) -> Dataset:
        dataset = self.split(found, apart, path, strict)
        dataset.facts["suffix"] = "smi"
        return dataset

    def _read(self, path: Path) -> Reading:
        """Lines as canonical SMILES, so that two spellings of a molecule are one; others are listed."""
        field = self.field or _header(path)
        asked = "none" if self._computes else self.condition
        found = read(path, Wanted(field, self.label, () if self._computes else self.properties, asked))
        kept: list[Line] = []
        skipped = list(found.skipped)
        for line in found.lines:
            try:
                selfies_of(line.text)
            except Unreadable as error:
                skipped.append(Skipped(f"line {line.number}", f"{error}: {printable(line.text[:60])}"))
            else:
                kept.append(line._replace(text=canonical(line.text) or line.text))
        if not kept:
            first = f"; {skipped[0].name}: {skipped[0].reason}" if skipped else ""
            raise DataError(f"{path}: none of its {len(found.lines):,} lines is a molecule{first}")
        return self._computed(Reading(kept, skipped, found.notes))

    @property
    def _computes(self) -> bool:
        """Whether the properties are computed rather than read."""
        return self.condition == "properties" and set(self.properties) <= PROPERTIES.keys()

    def _computed(self, found: Reading) -> Reading:
        if not self._computes:
            return found
        lines: list[Line] = []
        for line in found.lines:
            values = [number(line.text, name) for name in self.properties]
            known = tuple(value for value in values if value is not None)
            if len(known) == len(values):
                lines.append(line._replace(properties=known))
        return found._replace(lines=lines)


def _header(path: Path) -> str | None:
    """The column of SMILES in a table; `smiles` where there is none, which reading then misses by name."""
    delimiter = COLUMNS.get(path.suffix.lower())
    if delimiter is None:
        return None
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return _column([file.readline(PEEK)], path.suffix.lower()) or "smiles"
    except OSError:
        return "smiles"


def _column(lines: Sequence[str], suffix: str) -> str | None:
    """How this header spells its column of SMILES."""
    names = [name.strip().strip('"') for line in lines for name in line.split(COLUMNS[suffix])]
    return next((name for name in names if name.lower() in {"smiles", "canonical_smiles"}), None)


def _phenols(seed: int) -> list[Line]:
    """Rings with a chain that ends in something, and maybe something else: small, all different, some of them."""
    rings = ("c1ccc({})cc1{}", "c1cc({})cnc1{}", "C1CC({})CCC1{}", "c1sc({})cc1{}")
    chains, ends = ("", "C", "CC", "CO", "CNC", "C(=O)N"), ("C", "O", "N", "F", "Cl", "C#N", "C(=O)O")
    tails = itertools.product(chains, ends)
    made = [ring.format(chain + end, other) for chain, end in tails for ring in rings for other in ("", "C", "O")]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(made))[:TOYS])
    return [Line(canonical(made[i]) or made[i], number) for number, i in enumerate(chosen.tolist(), 1)]
