"""Classes as conditions: one number a class, one row a sample. For every domain whose records have a class."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..settings import ConfigError, no_such


def drawn(shares: Sequence[float], count: int, generator: torch.Generator) -> Tensor:
    """Rows (count, classes) by the classes' shares of the training records."""
    chosen = torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)
    return torch.eye(len(shares))[chosen]


def asked(words: Sequence[str], classes: Sequence[str], count: int) -> Tensor:
    """Rows (N, count) of classes by name, or by number where no class has that name. Raises ConfigError."""
    return torch.eye(count)[[_number(word, classes, count) for word in words]]


def _number(word: str, classes: Sequence[str], count: int) -> int:
    if word in classes:
        return classes.index(word)
    if word.isdecimal() and int(word) < count:
        return int(word)
    raise ConfigError(no_such("class", word, classes))
