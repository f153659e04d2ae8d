"""The sets of molecules that are compared: drawn, real, and two that need no network."""

import random
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...domains import Source
from ...domains.tokens import Sequences
from ...metrics.molecules import Share, validity
from ...metrics.text import NGrams
from ...model import Model
from ...settings import CheckpointError, DataError
from ...spec import UNKNOWN
from ...training.stages import PIXEL
from ..own_kind import Ask
from ..subject import Subject

QUICK, FULL = 1000, 5000
"""Molecules drawn, after a training and when evidence is wanted."""
ORDER = 4
"""Tokens of an n-gram."""
LETTERS = 4
"""Characters for which a token stands, at most."""
FEW = 10
"""Molecules without which nothing is compared."""


class Molecules(NamedTuple):
    """One set."""

    name: str
    line: str
    """What it is."""
    valid: Share
    smiles: list[str]
    """The valid ones, canonical, repeats and all."""


class Sets(NamedTuple):
    """All of them."""

    drawn: Molecules
    rivals: tuple[Molecules, ...]
    """What the drawn ones are held against, the real ones among them."""
    train: frozenset[str]
    held: list[str]
    """Of the split that is scored against."""

    @property
    def every(self) -> tuple[Molecules, ...]:
        return (self.drawn, *self.rivals)


def sets(subject: Subject, ask: Ask) -> Sets:
    """Raises DataError where there are too few molecules to compare."""
    codec, data = subject.codec, subject.dataset
    assert isinstance(codec, Sequences)
    count = ask.count or (FULL if ask.learn else QUICK)
    held, spare = (data.test, data.validation) if ask.split == "test" else (data.validation, data.test)
    ask.notify(f"drawing {count:,} molecules")
    train = _spelled(codec, data.train)
    scored = some(_spelled(codec, held), count)
    if min(len(train), len(scored)) < FEW:
        raise DataError(f"{len(train)} training and {len(scored)} held-out molecules are too few to compare")
    rivals = [_before(subject, count), *_real(train, some(_spelled(codec, spare), count), count)]
    rivals += _tables(codec, data.train, train, count)
    named = _set("generated", "as they come from the model", drawn(subject.model, count))
    return Sets(named, tuple(each for each in rivals if each), frozenset(train), scored)


def drawn(model: Model, count: int, seed: int = 0) -> list[str]:
    """What a model draws, as SMILES, valid or not."""
    assert isinstance(model.codec, Sequences)
    return model.codec.lines(model.generate(count, seed))


def _set(name: str, line: str, lines: list[str]) -> Molecules:
    return Molecules(name, line, *validity(lines))


def _before(subject: Subject, count: int) -> Molecules | None:
    """The likelihood alone: the generator as it was when the game began."""
    path = Path(subject.folder) / "stages" / PIXEL
    if not path.exists():
        return None
    try:
        model = Model.load(path)
    except CheckpointError:
        return None
    return _set("likelihood alone", "the same model before the adversarial stage", drawn(model, count))


def _real(train: list[str], spare: list[str], count: int) -> list[Molecules]:
    real = [_set("copycat", "training molecules themselves", some(train, count))]
    if len(spare) >= FEW:
        real.insert(0, _set("held-out molecules", f"{len(spare):,} real ones of the other held-out split", spare))
    return real


def _tables(codec: Sequences, source: Source, train: list[str], count: int) -> list[Molecules]:
    """Tables of n-grams, over the model's own tokens and over the characters of SMILES."""
    spelled = [codec.vocabulary.spelled(each) for each in source.fetch(np.arange(len(source))).x]
    tokens = NGrams.of([tuple(line) for line in spelled], ORDER).draw(count, 0, codec.length)
    letters = NGrams.of([tuple(line) for line in train], ORDER).draw(count, 0, LETTERS * codec.length)
    own = [codec.words.join([str(each) for each in line]) for line in tokens]
    smiles = ["".join(str(each) for each in line) for line in letters]
    told = f"each after the {ORDER - 1} before it, as often as in training"
    found = [_set(f"n-grams of {codec.words.name}", f"tokens, {told}", own)]
    if codec.words.name != "characters":
        found.append(_set("n-grams of SMILES", f"characters, {told}: what it costs to be valid", smiles))
    return found


def _spelled(codec: Sequences, source: Source) -> list[str]:
    """Real molecules, canonical; those with a token that the training molecules lack are left out."""
    records = source.fetch(np.arange(len(source))).x
    return validity(codec.lines(records[~(records == UNKNOWN).any(1)]))[1]


def some(smiles: list[str], count: int) -> list[str]:
    """At most so many, always the same."""
    return smiles if len(smiles) <= count else random.Random(0).sample(smiles, count)
