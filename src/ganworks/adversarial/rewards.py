"""Rewards of molecules: a property that is to rise, fall or lie in a range; a substructure that is wanted or not.

Williams (1992) by way of `Scored`; for molecules Guimaraes et al. (2017), with the likelihood of real molecules as the
anchor that keeps a generator from repeating its best one.
"""

from abc import abstractmethod
from functools import lru_cache
from typing import Any, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..chemistry import PROPERTIES, canonical, contains, installed, number, pattern, smiles_of
from ..settings import ConfigError, no_such
from ..spec import END
from .language import Scored, writer
from .turn import Term, Turn


class _Molecular(Scored):
    """A reward of what is spelled: a molecule's worth, less what it has been said before in the same turn."""

    repeats: float = Field(default=1.0, ge=0)
    """What a molecule loses that stands in the turn already, in deviations of the worths; 0 lets it be repeated."""

    @abstractmethod
    def worth(self, smiles: str) -> float | None:
        """What a molecule (canonical) is worth; None where it cannot be told."""

    def reward(self, turn: Turn, x: Tensor) -> Tensor:
        drawn = spelled(turn, x)
        found = [self.worth(each) if each is not None else None for each in drawn]
        known = torch.tensor([each for each in found if each is not None], dtype=torch.float32)
        if not len(known):
            return x.new_zeros(len(x))
        # What is no molecule earns as little as the worst that is one.
        worst = float(known.min())
        worths = torch.tensor([worst if each is None else each for each in found], dtype=torch.float32)
        if self.repeats:
            spread = worths.std() if len(worths) > 1 else worths.new_zeros(())
            seen: set[str | None] = set()
            for i, each in enumerate(drawn):
                worths[i] -= self.repeats * spread * (each in seen)
                seen.add(each)
        return worths.to(x.device)


class Reward(_Molecular):
    """Pays for a property of molecules: logp, qed, sa, weight, rings, atoms."""

    name: Literal["reward"] = "reward"
    of: str = "qed"
    """Name of the property."""
    goal: Literal["raise", "lower", "range"] = "raise"
    """Whether more is better, or less, or what lies between `low` and `high`."""
    low: float | None = None
    """Least value that is as good as any, with goal=range."""
    high: float | None = None
    """Largest value that is as good as any, with goal=range."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.of not in PROPERTIES:
            raise ValueError(no_such("property", self.of, PROPERTIES))
        if self.goal == "range" and self.low is None and self.high is None:
            raise ValueError("goal=range wants low, high or both; for more or less of it set goal=raise or goal=lower")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low must be at most high, got {self.low:g} and {self.high:g}")
        return self

    def worth(self, smiles: str) -> float | None:
        value = number(smiles, self.of)
        if value is None or self.goal == "raise":
            return value
        if self.goal == "lower":
            return -value
        below = 0.0 if self.low is None else self.low - value
        above = 0.0 if self.high is None else value - self.high
        return -max(0.0, below, above)


class Substructure(_Molecular):
    """Pays for a piece of a molecule, as SMARTS spells it."""

    name: Literal["substructure"] = "substructure"
    smarts: str = Field(default="c1ccncc1", min_length=1)
    """The piece."""
    wanted: bool = True
    """Whether molecules are to have it, or to do without."""

    @model_validator(mode="after")
    def _parses(self) -> Self:
        if installed():  # otherwise the first step says what to install
            _pattern(self.smarts)
        return self

    def worth(self, smiles: str) -> float | None:
        return float(contains(smiles, _pattern(self.smarts)) == self.wanted)


def spelled(turn: Turn, x: Tensor) -> list[str | None]:
    """The molecules, canonical, that samples x (B, V, T) spell; None for what is none. Raises ConfigError where the
    generator does not know what its tokens spell."""
    words: tuple[str, ...] = getattr(writer(turn.generator, "reward", "token_likelihood"), "words", ())
    if len(words) != x.shape[1]:
        raise ConfigError("rewards are of molecules, this generator draws none; set domain.name=molecules")
    join = smiles_of if all(each.startswith(("[", "<", ".")) for each in words) else "".join
    found: list[str | None] = []
    for line in x.argmax(1).tolist():
        tokens = [words[each] for each in (line[: line.index(END)] if END in line else line)]
        found.append(canonical(join(tokens)))
    return found


@lru_cache(maxsize=8)
def _pattern(smarts: str) -> Any:
    return pattern(smarts)


REWARDS: dict[str, type[Term]] = {"reward": Reward, "substructure": Substructure}
