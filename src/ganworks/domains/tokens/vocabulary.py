"""How a line becomes tokens and back, and which tokens there are: plain data that travels in the checkpoint."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field

from ...extras import library
from ...settings import Settings
from ...spec import UNKNOWN
from ..base import Raw

MARKS = ("<end>", "<unknown>")
"""What stands at END and UNKNOWN; no line is read as these."""
AFTER = -1
"""In a record, what follows the end."""


class Words(Settings, ABC):
    """How a line becomes tokens and back. Frozen and plain: what was learnt of the training lines is its fields."""

    name: str

    @abstractmethod
    def split(self, line: str) -> list[str]:
        """The tokens of a line, in order. Raises ValueError with the reason for one that cannot be read."""

    @abstractmethod
    def join(self, tokens: Sequence[str]) -> str:
        """The line that tokens spell, whatever they are."""

    def learn(self, lines: Sequence[str]) -> Self:
        """This, with what it has to know of training lines."""
        return self


class Spaced(Words):
    """Words as they stand between spaces, for text that is split already."""

    name: Literal["words"] = "words"

    def split(self, line: str) -> list[str]:
        return line.split()

    def join(self, tokens: Sequence[str]) -> str:
        return " ".join(tokens)


class Characters(Words):
    """Every character is a token: names, short lines, any script."""

    name: Literal["characters"] = "characters"

    def split(self, line: str) -> list[str]:
        return list(line)

    def join(self, tokens: Sequence[str]) -> str:
        return "".join(tokens)


class Subwords(Words):
    """Pieces of words, joined by how often they meet (byte pair encoding, Sennrich et al., 2016). Extra `text`."""

    name: Literal["subwords"] = "subwords"
    size: int = Field(default=2000, ge=2, le=100_000)
    """Pieces at most."""
    learnt: str = ""
    """Learnt: the tokenizer in its library's own JSON."""

    def split(self, line: str) -> list[str]:
        found: list[str] = _tokenizer(self.learnt).encode(line).tokens
        return found

    def join(self, tokens: Sequence[str]) -> str:
        return "".join(tokens).replace(_SPACE, " ").strip()

    def learn(self, lines: Sequence[str]) -> Self:
        made = _library()
        learner = made.Tokenizer(made.models.BPE(unk_token=MARKS[UNKNOWN]))
        learner.pre_tokenizer = made.pre_tokenizers.Metaspace()
        trainer = made.trainers.BpeTrainer(
            vocab_size=self.size, show_progress=False, special_tokens=[MARKS[UNKNOWN]]
        )  # fmt: skip
        learner.train_from_iterator(lines, trainer)
        return self.model_copy(update={"learnt": str(learner.to_str())})


_SPACE = "\u2581"
"""What a piece has instead of a space before it."""


def _library() -> Any:
    library("tokenizers.models", "subwords", "text")
    return library("tokenizers", "subwords", "text")


@lru_cache(maxsize=4)
def _tokenizer(learnt: str) -> Any:
    return _library().Tokenizer.from_str(learnt)


class Vocabulary(Settings):
    """Which tokens there are, the most frequent first; END and UNKNOWN stand before all others."""

    tokens: tuple[str, ...]
    shares: tuple[float, ...] = ()
    """How often each stands in the training lines, marks included."""

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each token; a token that is spelled like a mark is none."""
        return {token: i for i, token in enumerate(self.tokens) if i >= len(MARKS)}

    @classmethod
    def of(cls, lines: Iterable[Sequence[str]], most: int) -> Self:
        """At most so many tokens, those of one count in the order of the alphabet. Raises ValueError below two."""
        lines = list(lines)
        counts = Counter(token for line in lines for token in line)
        known = (token for token in counts if token not in MARKS)
        kept = sorted(known, key=lambda token: (-counts[token], token))[: most - len(MARKS)]
        if len(kept) < LEAST:
            raise ValueError(f"wanted at least {LEAST} different tokens, got {len(kept)}")
        numbers = [len(lines), sum(counts.values()) - sum(counts[token] for token in kept), *map(counts.get, kept)]
        total = sum(each or 0 for each in numbers)
        return cls(tokens=(*MARKS, *kept), shares=tuple(round((each or 0) / total, 9) for each in numbers))

    def numbers(self, tokens: Sequence[str], length: int) -> Raw:
        """Their numbers, int32 (length,), AFTER behind the end; an unknown token is UNKNOWN."""
        found = np.full(length, AFTER, np.int32)
        found[: len(tokens)] = [self.places.get(token, UNKNOWN) for token in tokens]
        return found

    def spelled(self, numbers: Raw) -> list[str]:
        """The tokens of one record (T,)."""
        return [self.tokens[each] for each in numbers if each != AFTER]


LEAST = 2
"""Tokens of a vocabulary, marks aside: with one there is nothing to choose."""
