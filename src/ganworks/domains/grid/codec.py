"""Codec of grids: tile codes -> one channel a tile, padded to sides that halve; and back into files of their kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Batch, Span, Spec
from ..base import Codec, Raw
from . import compositions, drawing, midi, palette, tiled
from .asked import Counts, Left
from .legend import Legend
from .reading import Kind
from .rules import Checker, Rules

HALVES, LEAST = 4, 8
"""Sides are padded to a multiple of HALVES, and to LEAST at least: what networks can draw."""


class Tiles(Codec):
    """Levels of one size. A sample has a channel for each tile and one softmax over them: no tile is ever merged."""

    preview_count: ClassVar[int] = 32
    kind: Kind
    """What files the levels came from, and are written as."""
    legend: Legend
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    padding: tuple[int, int] = (0, 0)
    """Tiles that stand above and to the right of a level, where its sides are padded; cut off again."""
    soft: float = Field(default=0.0, ge=0, lt=1)
    """Share of a cell that lies evenly on all tiles. A generator that has to match it keeps every tile within reach:
    where cells are all or nothing, what is rare gets a probability of nothing at once, and never a gradient again."""
    rules: Rules | None = None
    """What levels have to keep."""
    right: tuple[str, ...] = ()
    """For each tile a row of 0 and 1: which tiles the training levels have to its right, padding included."""
    below: tuple[str, ...] = ()
    """The same of what they have below it."""
    asked: Annotated[Counts | Left | None, Field(discriminator="kind")] = None
    """What they are conditioned on."""
    head: dict[str, Any] = Field(default_factory=dict)
    """How a Tiled map of these tiles begins."""

    @property
    def spec(self) -> Spec:
        tiles = len(self.legend)
        span = Span(channels=tiles, kind="softmax", by_lot=False, right=self.right, below=self.below)
        condition = self.asked.spec if self.asked else None
        return Spec(shape=(tiles, padded(self.height), padded(self.width)), spans=(span,), condition=condition)

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        codes = x.long()
        hot = functional.one_hot(self.framed(codes), len(self.legend)).movedim(-1, 1).float()
        hot = hot * (1 - self.soft) + self.soft / len(self.legend)
        return Batch(hot, self.asked.of(codes, self.legend) if self.asked else None)

    def framed(self, codes: Tensor) -> Tensor:
        """Codes (B, H, W) with the padding that networks want, as int64."""
        above, right = padded(self.height) - self.height, padded(self.width) - self.width
        grid = functional.pad(codes.long(), (0, 0, above, 0), value=self.padding[0])
        return functional.pad(grid, (0, right), value=self.padding[1])

    def decode(self, x: Tensor) -> Raw:
        codes = x.detach().argmax(1)[:, padded(self.height) - self.height :, : self.width]
        return codes.to(torch.uint8).cpu().numpy()

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        return super().some_conditions(count, generator) if self.asked is None else self.asked.some(count, generator)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """`gaps=2,tag:enemy=3` for counts; `level.txt`, a level to go on from, for the segment to the left."""
        if self.asked is None:
            raise ConfigError("this model was trained without conditions; train with --set domain.condition=counts")
        if isinstance(self.asked, Left):
            return torch.stack([self.asked.after(self._level(word)) for word in words])
        drawn = self.asked.some(len(words), torch.Generator().manual_seed(0)) if drawn is None else drawn
        words = list(words) * len(drawn) if len(words) == 1 else words
        rows = drawn.expand(len(words), -1)
        return torch.stack([self.asked.spelled(word, row) for word, row in zip(words, rows, strict=True)])

    @property
    def checker(self) -> Checker | None:
        """Who says which rules levels break; None without rules."""
        return Checker(self.rules, self.legend) if self.rules else None

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        if self.kind == "composition":
            return [compositions.write(records, folder / f"formulas-{first:06d}.csv")]
        return [self.write_one(level, folder / f"level-{number:06d}") for number, level in enumerate(records, first)]

    def write_one(self, level: Raw, stem: Path) -> Path:
        """One level (H, W) of any width, as `stem` with the suffix of its kind."""
        if self.kind == "tiled":
            return tiled.write(level, self.legend, self.head, stem.with_suffix(".tmx"))
        if self.kind == "palette":
            return palette.write(level, self.legend, stem.with_suffix(".png"))
        if self.kind == "midi":
            return midi.write(level, stem.with_suffix(".mid"))
        path = stem.with_suffix(".txt")
        path.write_text("".join(f"{line}\n" for line in self.lines(level)), encoding="utf-8")
        return path

    def lines(self, level: Raw) -> list[str]:
        """A level (H, W) as text, a character a tile; numbers where tiles have longer names."""
        symbols = self.legend.symbols
        plain = all(len(symbol) == 1 for symbol in symbols)
        return [("" if plain else " ").join(symbols[code] if plain else str(code) for code in row) for row in level]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        return drawing.sheet(np.asarray(records), self.legend, columns)

    def _level(self, word: str) -> Raw:
        """A level that a user names: the path of a text file in the tiles of this model."""
        try:
            lines = Path(word).read_text(encoding="utf-8").splitlines()
            places = {symbol: i for i, symbol in enumerate(self.legend.symbols)}
            level = np.array([[places[character] for character in line] for line in lines], np.uint8)
        except (OSError, ValueError, KeyError) as error:
            reason = f"its tile {error} is not one of the model's" if isinstance(error, KeyError) else error
            raise ConfigError(f"'{word}': wanted the text file of the level to go on from, {reason}") from None
        assert isinstance(self.asked, Left)
        if level.ndim != 2 or level.shape[0] != self.height or level.shape[1] < self.asked.columns:
            raise ConfigError(f"'{word}': wanted {self.height} rows of at least {self.asked.columns} tiles")
        return level


def padded(side: int) -> int:
    """The side that networks draw."""
    return max(LEAST, -(-side // HALVES) * HALVES)
