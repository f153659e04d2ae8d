"""Numbers beside pictures, such as an age: columns of a manifest that samples are conditioned on."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ...settings import ConfigError, DataError, Settings, no_such
from ...spec import Span, Spec
from ..base import Raw

LARGEST = 3e38
"""What a number of 32 bits holds."""


class Attributes(Settings):
    """What the training records have of them: each one's mean and deviation, and how they go together."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    """In the unit of the column."""
    deviations: tuple[float, ...]
    correlations: tuple[tuple[float, ...], ...]
    """Of each with each."""

    @classmethod
    def of(cls, names: Sequence[str], values: Raw | None) -> Self:
        """Learnt from the values (N, A) of the training records. Raises DataError when one of them never changes."""
        if values is None or values.ndim != 2:
            raise DataError(f"these records have no attributes {', '.join(names)}; name a manifest as the data")
        values = values.astype(np.float64)
        deviations = values.std(0)
        still = [name for name, each in zip(names, deviations, strict=True) if not each > 0]
        if still:
            raise DataError(
                f"attribute {still[0]} is the same for all {len(values)} training records; leave it out of "
                "domain.attributes"
            )
        standard = (values - values.mean(0)) / deviations
        found = (standard.T @ standard / len(values)).tolist()
        return cls(
            names=tuple(names), means=tuple(values.mean(0).tolist()), deviations=tuple(deviations.tolist()),
            correlations=tuple(map(tuple, found)),
        )  # fmt: skip

    @property
    def spec(self) -> Spec:
        count = len(self.names)
        return Spec(shape=(count,), spans=(Span(channels=count, kind="linear"),))

    def encode(self, values: Tensor) -> Tensor:
        """Values (B, A) in their columns' units -> c (B, A) with mean 0 and deviation 1."""
        standard: Tensor = (values.float() - values.new_tensor(self.means)) / values.new_tensor(self.deviations)
        return standard

    def decode(self, c: Tensor) -> Tensor:
        """c (B, A) -> values in their columns' units."""
        return c * c.new_tensor(self.deviations) + c.new_tensor(self.means)

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """c (count, A) from a normal law with the correlations of the training records, whatever their own law is."""
        values, vectors = torch.linalg.eigh(torch.tensor(self.correlations, dtype=torch.float64))
        root = vectors * values.clamp(min=0).sqrt()
        free = torch.randn(count, len(self.names), generator=generator, dtype=torch.float64)
        mixed: Tensor = free @ root.T
        return mixed.float()

    def asked(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """c (N, A) for words such as `age=30,smile=1`; one word may stand for all that were drawn.

        What a word leaves open follows what was drawn, moved by as much as the correlations say; without a draw it is
        what is likeliest. Raises ConfigError for a name that is none, or a value that is no number.
        """
        rows = torch.zeros(len(words), len(self.names)) if drawn is None else drawn.float().cpu()
        if len(words) == 1:
            return self._moved(rows, self._given(words[0]))
        parts = zip(words, rows, strict=True)
        return torch.cat([self._moved(row[None], self._given(word)) for word, row in parts])

    def _moved(self, rows: Tensor, given: dict[int, float]) -> Tensor:
        """Rows (N, A) with these numbers in them: a normal draw, corrected, is one under the condition. Matheron."""
        places, wanted = list(given), torch.tensor(list(given.values()))
        correlations = torch.tensor(self.correlations)
        share = correlations[:, places] @ torch.linalg.pinv(correlations[places][:, places])
        gap: Tensor = wanted - rows[:, places]
        moved: Tensor = rows + gap @ share.T
        moved[:, places] = wanted
        return moved

    def _given(self, word: str) -> dict[int, float]:
        """Place of an attribute -> the standardised value asked for."""
        found = {}
        for part in word.split(","):
            name, equals, text = (each.strip() for each in part.partition("="))
            if name not in self.names:
                raise ConfigError(no_such("attribute", name, self.names))
            value = number_of(text) if equals else None
            if value is None:
                raise ConfigError(f"an attribute is asked for as {name}=NUMBER, got '{part.strip()}'")
            place = self.names.index(name)
            found[place] = (value - self.means[place]) / self.deviations[place]
        return found


def number_of(value: object) -> float | None:
    """A finite number, or text that spells one; None for anything else."""
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= LARGEST else None
