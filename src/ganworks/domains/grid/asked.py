"""What a level may be asked for: numbers of tiles, or the columns that it has to go on from."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from ...settings import ConfigError, DataError, Settings, no_such
from ...spec import Span, Spec
from .legend import Codes, Legend

GAPS = "gaps"
"""Columns without a solid tile in the last row."""
SOLID, ENEMY = "tag:solid", "tag:enemy"
MOST_ROWS = 4096
"""Different conditions of the training data that are kept to draw from; of more, the most frequent."""


class Counts(Settings):
    """Levels by numbers of their tiles, (B, R) in deviations from the training mean."""

    kind: Literal["counts"] = "counts"
    names: tuple[str, ...]
    """What is counted: symbols, `tag:...`, and gaps."""
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]
    """The numbers that training levels have, each once."""
    weights: tuple[int, ...] = Field(min_length=1)
    """How many training levels have them."""

    @property
    def spec(self) -> Spec:
        return Spec(shape=(len(self.names),), spans=(Span(channels=len(self.names), kind="linear"),))

    def of(self, levels: Tensor, legend: Legend) -> Tensor:
        """Levels (B, H, W) of codes -> the condition that each fulfils, (B, R)."""
        return self.scaled(counted(levels, self.names, legend))

    def scaled(self, numbers: Tensor) -> Tensor:
        mean, deviation = (torch.tensor(each, device=numbers.device) for each in (self.mean, self.deviation))
        return ((numbers - mean) / deviation).float()

    def numbers(self, c: Tensor) -> Tensor:
        """What a condition asks for, as numbers of tiles."""
        return c * torch.tensor(self.deviation) + torch.tensor(self.mean)

    def some(self, count: int, generator: torch.Generator) -> Tensor:
        rows = torch.tensor(self.rows, dtype=torch.float32)
        return self.scaled(rows[_chosen(self.weights, count, generator)])

    def spelled(self, word: str, drawn: Tensor) -> Tensor:
        """`gaps=2,tag:enemy=3` over what was drawn, (R,). Raises ConfigError for a name or a number that is none."""
        c = drawn.clone()
        for part in word.split(","):
            name, _, text = (each.strip() for each in part.rpartition("="))
            if name not in self.names:
                raise ConfigError(no_such("count", name or part, self.names))
            try:
                value = float(text)
            except ValueError:
                raise ConfigError(f"a count is written {name}=NUMBER, got '{part}'") from None
            i = self.names.index(name)
            c[i] = (value - self.mean[i]) / self.deviation[i]
        return c


class Left(Settings):
    """Levels by their own first columns, which are the last ones of the segment to the left. (B, K * H * columns)"""

    kind: Literal["left"] = "left"
    columns: int = Field(gt=0)
    height: int
    tiles: int
    rows: tuple[str, ...]
    """First columns that training levels have, each once: column by column, two hexadecimal digits a tile."""
    weights: tuple[int, ...] = Field(min_length=1)
    """How many training levels have them."""

    @property
    def spec(self) -> Spec:
        numbers = self.tiles * self.height * self.columns
        spans = tuple(Span(channels=self.tiles, kind="softmax") for _ in range(self.height * self.columns))
        return Spec(shape=(numbers,), spans=spans)

    def of(self, levels: Tensor, legend: Legend) -> Tensor:
        first = levels[:, :, : self.columns].long().transpose(1, 2).flatten(1)
        return torch.nn.functional.one_hot(first, self.tiles).flatten(1).float()

    def some(self, count: int, generator: torch.Generator) -> Tensor:
        chosen = _chosen(self.weights, count, generator).tolist()
        return self._rows([bytes.fromhex(self.rows[i]) for i in chosen])

    def after(self, level: Codes) -> Tensor:
        """The condition that goes on where a level (H, W) ends, (R,)."""
        return self._rows([np.ascontiguousarray(level[:, -self.columns :].T).tobytes()])[0]

    def _rows(self, rows: Sequence[bytes]) -> Tensor:
        codes = torch.tensor([list(row) for row in rows])
        return torch.nn.functional.one_hot(codes, self.tiles).flatten(1).float()


def counted(levels: Tensor, names: Sequence[str], legend: Legend) -> Tensor:
    """Levels (B, H, W) of codes -> how many of each there are, (B, R) float32."""
    columns = []
    for name in names:
        mask = torch.from_numpy(legend.mask([SOLID if name == GAPS else name])).to(levels.device)
        seen = ~mask[levels[:, -1:].long()] if name == GAPS else mask[levels.long()]
        columns.append(seen.flatten(1).sum(1))
    return torch.stack(columns, dim=1).float()


def learnt_counts(names: Sequence[str], levels: Codes, legend: Legend) -> Counts:
    """What the training levels (N, H, W) have. Raises ConfigError for names that nothing can be counted by."""
    names = tuple(names) or usual(legend)
    for name in names:
        if name != GAPS or not legend.knows(SOLID):
            try:
                legend.codes([name])
            except DataError:
                raise ConfigError(f"domain.counted: {no_such('tile', name, [GAPS, *legend.names])}") from None
    numbers = counted(torch.from_numpy(levels), names, legend)
    rows, weights = _frequent(numbers.to(torch.int64).numpy())
    return Counts(
        names=names,
        mean=tuple(numbers.mean(0).tolist()),
        deviation=tuple(numbers.std(0, correction=0).clamp(min=1e-3).tolist()),
        rows=tuple(tuple(map(int, row)) for row in rows),
        weights=weights,
    )


def learnt_left(columns: int, levels: Codes, legend: Legend) -> Left:
    """The first columns of the training levels (N, H, W)."""
    if not 0 < columns < levels.shape[2]:
        raise ConfigError(f"domain.columns must be from 1 to {levels.shape[2] - 1}, the width of a crop; got {columns}")
    first = np.ascontiguousarray(levels[:, :, :columns].transpose(0, 2, 1)).reshape(len(levels), -1)
    rows, weights = _frequent(first)
    return Left(
        columns=columns, height=levels.shape[1], tiles=len(legend),
        rows=tuple(bytes(row.astype(np.uint8)).hex() for row in rows), weights=weights,
    )  # fmt: skip


def usual(legend: Legend) -> tuple[str, ...]:
    """What makes a level hard, as far as the legend knows of it. Raises ConfigError when it knows nothing."""
    found = ((GAPS,) if legend.knows(SOLID) else ()) + ((ENEMY,) if legend.knows(ENEMY) else ())
    if not found:
        raise ConfigError(
            f"domain.counted: the legend knows neither {SOLID} nor {ENEMY}; name tiles to count, such as "
            f'domain.counted=["{legend.symbols[-1]}"]'
        )
    return found


def _frequent(rows: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    each, counts = np.unique(rows, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_ROWS]
    return each[order], tuple(map(int, counts[order]))


def _chosen(weights: Sequence[int], count: int, generator: torch.Generator) -> Tensor:
    shares = torch.tensor(weights, dtype=torch.float32)
    return torch.multinomial(shares, count, replacement=True, generator=generator)
