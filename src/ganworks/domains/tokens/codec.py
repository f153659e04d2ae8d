"""Sequences: records of token numbers (B, T) <-> one channel a token over T steps; lines as files and as a picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ...settings import Chosen, ConfigError, no_such
from ...spec import END, UNKNOWN, Batch, Span, Spec
from ..base import Codec, Raw
from .drawing import page
from .kinds import WORDS
from .reading import Asked
from .seen import Counted
from .vocabulary import AFTER, Vocabulary, Words


class Sequences(Codec):
    """What was learnt of lines: their tokens, the longest, and what stands beside them."""

    preview_count: ClassVar[int] = 24
    words: Annotated[Words, Chosen(WORDS, "kind of tokens")]
    vocabulary: Vocabulary
    length: int = Field(gt=0)
    """Tokens of a line, at most."""
    asked: Asked = "none"
    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    """How often each class stands in the training lines."""
    properties: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    mixing: tuple[tuple[float, ...], ...] = ()
    """Cholesky factor of how the properties correlate."""
    suffix: Literal["txt", "jsonl", "smi"] = "txt"
    """Of the files that samples are written to."""

    @property
    def spec(self) -> Spec:
        tokens = len(self.vocabulary)
        return Spec(
            shape=(tokens, self.length), spans=(Span(channels=tokens, kind="softmax"),), condition=self._condition()
        )

    def _condition(self) -> Spec | None:
        if self.asked == "class":
            count = len(self.classes)
            return Spec(shape=(count,), spans=(Span(channels=count, kind="softmax"),))
        if self.asked == "properties":
            count = len(self.properties)
            return Spec(shape=(count,), spans=(Span(channels=count, kind="linear"),))
        if self.asked == "previous":
            span = Span(channels=self.length, kind="linear", tokens=len(self.vocabulary))
            return Spec(shape=(self.length,), spans=(span,))
        return None

    @property
    def output(self) -> Codec:
        """Judged by counts of tokens and pairs: whole lines of one channel a token are too many numbers."""
        return Counted(length=self.length)

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        known = x.long().clamp(min=END)  # what follows the end is the end again
        # In memory a step's channels stand together: networks look tokens up, one step after the other.
        hot = torch.zeros(*known.shape, len(self.vocabulary), device=x.device)
        hot = hot.scatter_(2, known[..., None], 1.0).transpose(1, 2)
        if self.asked == "none" or labels is None:
            return Batch(hot)
        if self.asked == "class":
            return Batch(hot, functional.one_hot(labels.long(), len(self.classes)).float())
        return Batch(hot, self.row(labels) if self.asked == "properties" else labels.float())

    def row(self, values: Tensor) -> Tensor:
        """Properties (B, P) in the user's units -> conditions (B, P)."""
        row: Tensor = (values.double() - torch.tensor(self.means).double()) / torch.tensor(self.deviations).double()
        return row.float()

    def decode(self, x: Tensor) -> Raw:
        numbers = x.detach().argmax(1)
        numbers[(numbers == END).cummax(1).values] = AFTER
        return numbers.to(torch.int32).cpu().numpy()

    def lines(self, records: Raw) -> list[str]:
        """What records (N, T) spell, a line each."""
        return [self.words.join(self.vocabulary.spelled(each)) for each in records]

    def numbers(self, line: str) -> Raw:
        """The record (T,) of a line; longer ones are cut. Raises ConfigError for tokens that the model never saw."""
        try:
            tokens = self.words.split(line)
        except ValueError as error:
            raise ConfigError(f"'{line}': {error}") from None
        found = self.vocabulary.numbers(tokens[: self.length], self.length)
        if (found == UNKNOWN).any():
            word = tokens[int(np.flatnonzero(found == UNKNOWN)[0])]
            raise ConfigError(
                f"'{word}' is none of the {len(self.vocabulary) - 2:,} tokens the model was trained on; "
                "say it otherwise"
            )
        return found

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        if self.asked == "class":
            law = torch.tensor(self.shares)
            chosen = torch.multinomial(law, count, replacement=True, generator=generator)
            return functional.one_hot(chosen, len(self.classes)).float()
        if self.asked == "properties":
            normal = torch.randn(count, len(self.properties), generator=generator)
            return normal @ torch.tensor(self.mixing).T
        if self.asked == "previous":
            return self._before(count, generator)
        return super().some_conditions(count, generator)

    def _before(self, count: int, generator: torch.Generator) -> Tensor:
        """Lines to follow, (count, T): words as often as the training lines have them, in no order."""
        law = torch.tensor(self.vocabulary.shares)
        law[UNKNOWN] = 0.0
        numbers = torch.multinomial(law, count * self.length, replacement=True, generator=generator)
        numbers = numbers.view(count, self.length)
        over = (numbers == END).cummax(1).values
        return torch.where(over, AFTER, numbers).float()

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """A class by its name, properties as `logP=2.5,QED=0.8`, or the line that is to be followed."""
        if self.asked == "class":
            missing = [word for word in words if word not in self.classes]
            if missing:
                raise ConfigError(no_such("class", missing[0], self.classes))
            return functional.one_hot(
                torch.tensor([self.classes.index(word) for word in words]), len(self.classes)
            ).float()
        if self.asked == "previous":
            return torch.from_numpy(np.stack([self.numbers(word) for word in words])).float()
        if self.asked == "properties":
            return torch.cat([self._row_of(word, drawn) for word in words])
        return super().conditions(words, drawn)

    def _row_of(self, word: str, drawn: Tensor | None) -> Tensor:
        row = torch.zeros(1, len(self.properties)) if drawn is None else drawn.clone()
        for part in word.split(","):
            name, equals, text = (each.strip() for each in part.partition("="))
            if not equals or name not in self.properties:
                raise ConfigError(
                    no_such("property", name, self.properties) + "; properties are asked for as name=value"
                )
            place = self.properties.index(name)
            try:
                row[:, place] = (float(text) - self.means[place]) / self.deviations[place]
            except ValueError:
                raise ConfigError(f"{name} is a number, got '{text}'") from None
        return row

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        path = folder / f"lines-{first:06d}.{self.suffix}"
        lines = self.lines(records)
        if self.suffix == "jsonl":
            lines = [json.dumps({"text": line}, ensure_ascii=False) for line in lines]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return [path]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        return page(self.lines(records))
