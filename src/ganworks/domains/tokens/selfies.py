"""SELFIES as a way of splitting lines: SMILES in, canonical SMILES out, and whatever is drawn between is a molecule."""

from collections.abc import Sequence
from typing import Literal

from ...chemistry import selfies_of, smiles_of
from .vocabulary import Words


class Selfies(Words):
    """Tokens such as [C], [=O], [Branch1]: any sequence is a molecule (Krenn et al., 2020). Extra `chem`."""

    name: Literal["selfies"] = "selfies"

    def split(self, line: str) -> list[str]:
        return list(selfies_of(line))

    def join(self, tokens: Sequence[str]) -> str:
        return smiles_of(tokens)
