"""Tokens: the domain. What the user may set, and how a file of lines becomes three splits of token numbers."""

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ...settings import Chosen, DataError
from ..base import Codec, Dataset, Domain, Notify, Raw, Skipped, Stored
from ..splits import placed
from .codec import Sequences
from .fitting import beside, fit, labels_of
from .kinds import WORDS
from .reading import Asked, Line, Reading, Wanted, read
from .toy import SENTENCES, sentences
from .vocabulary import Spaced, Vocabulary, Words

SUFFIXES = {".txt", ".jsonl", ".smi"}
QUANTILE = 0.995
"""Share of the training lines that are not too long, where nobody says what is."""


class Tokens(Domain):
    """.txt (a line each), .jsonl, .csv, .tsv and .smi; the built-in `sentences`."""

    name: Literal["tokens"] = "tokens"
    codec: ClassVar[type[Codec]] = Sequences
    by: Annotated[Words, Chosen(WORDS, "kind of tokens")] = Spaced()
    """What a token is: words, characters, subwords."""
    most: int = Field(default=3000, ge=4, le=100_000)
    """Different tokens at most; the rarer ones are unknown, and never drawn."""
    length: int = Field(default=0, ge=0, le=4096)
    """Tokens of a line at most; 0 takes what 99.5 % of the training lines have."""
    long: Literal["leave", "cut"] = "leave"
    """Longer lines are left out, or cut."""
    field: str | None = None
    """Field or column that holds the lines; unset: text, line, sentence or smiles."""
    condition: Asked = "none"
    """class: of a field, or what stands before a tab; previous: the line before, as in a dialogue; properties: numbers
    beside each line."""
    label: str = "label"
    """Field or column of the class."""
    properties: tuple[str, ...] = ()
    """Fields or columns of numbers."""
    validation: float = Field(default=0.05, ge=0, lt=1)
    """Share of the lines that are looked at while training; equal lines stay together."""
    test: float | str = 0.1
    """Share of the lines that are held out to the end, or the file that they are in."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """One file of lines, by its name."""
        return path.suffix.lower() in SUFFIXES and path.is_file()

    @property
    def conditional(self) -> bool:
        return self.condition != "none"

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        if path == SENTENCES:
            return self.split(Reading(sentences(0), [], []), None, path, strict)
        if self.condition == "properties" and not self.properties:
            raise DataError("condition=properties wants their columns; name them in domain.properties")
        wanted = Wanted(self.field, self.label, self.properties, self.condition)
        apart = read(Path(self.test), wanted) if isinstance(self.test, str) else None
        return self.split(read(Path(path), wanted), apart, path, strict)

    def fit(self, dataset: Dataset) -> Sequences:
        return fit(dataset)

    def toy(self, seed: int = 0) -> Dataset:
        return Tokens().split(Reading(sentences(seed), [], []), None, SENTENCES, False)

    def split(self, found: Reading, apart: Reading | None, place: str, strict: bool) -> Dataset:
        """Lines in three splits by their content, and as numbers by what the training lines have."""
        skipped = [*found.skipped, *(apart.skipped if apart else [])]
        if strict and skipped:
            raise DataError(f"{place}, {skipped[0].name}: {skipped[0].reason}")
        splits = [*_by_content(found.lines, self.validation, 0.0 if apart else float(self.test))]
        notes = [*found.notes]
        if apart:
            held = {line.text for line in apart.lines}
            splits = [*([line for line in split if line.text not in held] for split in splits[:2]), apart.lines]
            if lost := len(found.lines) - len(splits[0]) - len(splits[1]):
                notes.append(f"{lost:,} lines that stand in {self.test} too were left out of training")
        if not splits[0]:
            raise DataError(f"{place}: {len(found.lines)} lines leave none to train on; add lines")
        words = self.by.learn([line.text for line in splits[0]])
        tokens = [_split(words, split, skipped) for split in splits]
        length = self.length or _usual([len(each) for _, each in tokens[0]])
        try:
            vocabulary = Vocabulary.of([each for _, each in tokens[0]], self.most)
        except ValueError as error:
            raise DataError(f"{place}: {error}; is domain.by={self.by.name} right for these lines?") from None
        kept = [[each for each in split if self.long == "cut" or len(each[1]) <= length] for split in tokens]
        if not kept[0]:
            raise DataError(
                f"{place}: every line is longer than {length} tokens; raise domain.length or set domain.long=cut"
            )
        notes += _told(tokens, length, self.long, vocabulary, kept)
        return self._dataset(kept, (words, vocabulary, length), place, skipped, notes)

    def _dataset(
        self, kept: list[list[tuple[Line, list[str]]]], learnt: tuple[Words, Vocabulary, int], place: str,
        skipped: list[Skipped], notes: list[str],
    ) -> Dataset:  # fmt: skip
        words, vocabulary, length = learnt
        every = [each for split in kept for each in split]
        array = np.stack([vocabulary.numbers(tokens[:length], length) for _, tokens in every])
        lines = [line for line, _ in every]
        known = beside(self, [line for line, _ in kept[0]])
        labels = labels_of(self, lines, known, learnt)
        ends = np.cumsum([0, *map(len, kept)])
        train, validation, test = (
            Stored(array, np.arange(a, b), labels) for a, b in itertools.pairwise(ends)
        )  # fmt: skip
        suffix = Path(place).suffix.lower().removeprefix(".")
        return Dataset(
            train, validation, test, _digest(array, labels, ends, vocabulary), known.classes,
            tuple(skipped), tuple(notes),
            {"words": words, "vocabulary": vocabulary, "length": length, "beside": known,
             "lines": tuple(tuple(line.text for line, _ in split) for split in kept),
             "suffix": suffix if suffix in {"jsonl", "smi"} else "txt"},
        )  # fmt: skip


def _by_content(lines: Sequence[Line], validation: float, test: float) -> tuple[list[Line], list[Line], list[Line]]:
    """Training, validation and test lines: what a line says decides, so equal lines stay together."""
    parts: tuple[list[Line], list[Line], list[Line]] = ([], [], [])
    digests = [hashlib.sha256(line.text.encode()).digest() for line in lines]
    for line, split in zip(lines, placed(digests, validation, test), strict=True):
        parts[split].append(line)
    return parts


def _split(words: Words, lines: Sequence[Line], skipped: list[Skipped]) -> list[tuple[Line, list[str]]]:
    found = []
    for line in lines:
        try:
            tokens = words.split(line.text)
        except ValueError as error:
            skipped.append(Skipped(f"line {line.number}", str(error)))
            continue
        if tokens:
            found.append((line, tokens))
    return found


def _usual(lengths: Sequence[int]) -> int:
    return max(1, sorted(lengths)[int(QUANTILE * (len(lengths) - 1))]) if lengths else 1


def _told(
    tokens: list[list[tuple[Line, list[str]]]], length: int, long: str, vocabulary: Vocabulary,
    kept: list[list[tuple[Line, list[str]]]],
) -> list[str]:  # fmt: skip
    over = sum(len(each) > length for split in tokens for _, each in split)
    notes = [
        f"{len(kept[0]):,} lines to train on, {len(kept[1]):,} and {len(kept[2]):,} held out; up to {length} tokens of "
        f"{len(vocabulary) - 2:,}, {vocabulary.shares[1]:.1%} of what the training lines say is unknown to them"
    ]
    if over:
        done = "left out" if long == "leave" else "cut"
        notes.append(f"{over:,} lines longer than {length} tokens were {done}; domain.length sets the longest")
    return notes


def _digest(array: Raw, labels: Raw | None, ends: Raw, vocabulary: Vocabulary) -> str:
    """SHA-256 of the lines as numbers, of what stands beside them and of the tokens."""
    found = hashlib.sha256(repr((vocabulary.tokens, ends.tolist(), array.shape)).encode())
    found.update(array.astype("<i4").tobytes())
    if labels is not None:
        found.update(np.ascontiguousarray(labels, "<f8").tobytes())
    return found.hexdigest()
