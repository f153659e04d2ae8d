"""What molecules are made of: scaffolds (Bemis and Murcko, 1996) and BRICS fragments (Degen et al., 2008), counted."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from ...chemistry import EXTRA, WHY, molecule
from ...extras import library

Counts = Mapping[str, int]


def scaffolds(smiles: Iterable[str]) -> Counts:
    """How often each ring system with its linkers occurs; molecules without a ring count for nothing."""
    chem, murcko = (library(name, WHY, EXTRA) for name in ("rdkit.Chem", "rdkit.Chem.Scaffolds.MurckoScaffold"))
    counted: Counter[str] = Counter()
    for each in smiles:
        found = molecule(each)
        kept = None if found is None else murcko.GetScaffoldForMol(found)
        if kept is not None and kept.GetNumAtoms():
            counted[chem.MolToSmiles(kept)] += 1
    return counted


def fragments(smiles: Iterable[str]) -> Counts:
    """How often each piece occurs that is left when the bonds of retrosynthesis are cut."""
    chem, brics = (library(name, WHY, EXTRA) for name in ("rdkit.Chem", "rdkit.Chem.BRICS"))
    counted: Counter[str] = Counter()
    for each in smiles:
        found = molecule(each)
        if found is not None:
            counted.update(chem.MolToSmiles(brics.BreakBRICSBonds(found)).split("."))
    return counted


def cosine(one: Counts, other: Counts) -> float:
    """Cosine of two counts, 0 to 1; 1 where both have the same pieces in the same shares. NaN where one is empty."""
    lengths = [math.sqrt(sum(count**2 for count in each.values())) for each in (one, other)]
    if not all(lengths):
        return float("nan")
    return sum(count * other.get(piece, 0) for piece, count in one.items()) / math.prod(lengths)
