"""Lines to compare: what the generator writes, at each temperature, and what it is held against."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ...domains.tokens import Sequences
from ...metrics.text import NGrams
from ...model import Model
from ...settings import CheckpointError
from ...training.stages import PIXEL
from ..own_kind import Ask
from ..subject import Subject

COUNT, QUICK = 2000, 500
"""Lines of a set, and after a training."""
TEMPERATURES = (0.7, 0.8, 0.9, 1.0, 1.1)
Lines = list[list[Hashable]]


class Sets(NamedTuple):
    """Tokenised lines, equally many in each set but the references."""

    train: Lines
    """All of them."""
    held: Lines
    """All of the split that is scored against."""
    size: int
    generated: dict[float, Lines]
    """By temperature."""
    likelihood: dict[float, Lines] | None
    """The same of the generator at the end of its first stage; None where it has none, or none is kept."""
    table: Lines
    """Drawn from a table of three tokens."""
    tokens: int


def sets(subject: Subject, ask: Ask) -> Sets:
    codec, facts = subject.codec, subject.dataset.facts
    assert isinstance(codec, Sequences)
    train, held = (tokenised(codec, facts["lines"][place]) for place in (0, 2 if ask.split == "test" else 1))
    size = min(ask.count or COUNT, COUNT if ask.learn else QUICK, len(train), *([len(held)] if len(held) > 1 else []))
    before = stage(subject.folder)
    return Sets(
        train, held, size, swept(subject.model, size, ask, "the generator"),
        None if before is None else swept(before, size, ask, "its likelihood stage"),
        NGrams.of(train).draw(size, seed=0, longest=codec.length), len(codec.vocabulary),
    )  # fmt: skip


def tokenised(codec: Sequences, lines: tuple[str, ...]) -> Lines:
    """Lines as tokens, the rare ones as they are."""
    return [list(codec.words.split(line)) for line in lines]


def stage(folder: Path) -> Model | None:
    """The generator as it was when the discriminator came in, of a run that has such a stage."""
    try:
        return Model.load(folder / "stages" / PIXEL)
    except CheckpointError:
        return None


def swept(model: Model, size: int, ask: Ask, name: str) -> dict[float, Lines]:
    """Lines of one seed at each temperature."""
    found = {}
    for value in TEMPERATURES:
        ask.notify(f"{name} writes {size:,} lines at temperature {value:g}")
        with temperature(model, value):
            found[value] = written(model, size)
    return found


def written(model: Model, size: int, seed: int = 0) -> Lines:
    """Lines as tokens, as the vocabulary has them."""
    codec = model.codec
    assert isinstance(codec, Sequences)
    return [list(codec.vocabulary.spelled(record)) for record in model.generate(size, seed)]


@contextmanager
def temperature(model: Model, value: float) -> Iterator[None]:
    """Draws at another temperature than the model's own; of one that knows none, nothing changes."""
    network = model.network
    own = getattr(network, "temperature", None)
    if own is None:
        yield
        return
    network.temperature = value  # type: ignore[assignment]
    try:
        yield
    finally:
        network.temperature = own
