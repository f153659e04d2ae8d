"""Chemistry on plain text: SMILES and SELFIES in, canonical SMILES and numbers out, for domains, metrics and terms.

rdkit and selfies are imported when something is asked of a molecule. What rdkit has to say about bad input is not
printed: a molecule that cannot be read is None, and whoever asked says so in one line.
"""

import importlib.util
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from .extras import library
from .settings import ConfigError, printable

WHY, EXTRA = "molecules", "chem"
LONGEST = 10_000
"""Characters of a line that is still tried: no molecule of a data set is longer, and a parser takes its time."""
KEPT = 50_000
"""Answers of a kind that are remembered: data is read more than once, and a generator comes back to its favourites."""


def installed() -> bool:
    """Whether rdkit is here, without importing it."""
    return importlib.util.find_spec("rdkit") is not None


class Unreadable(ValueError):
    """A line that is no molecule; the message says why."""


def molecule(smiles: str) -> Any | None:
    """The rdkit molecule that a SMILES string spells, with at least one atom; None for anything else."""
    chem = library("rdkit.Chem", WHY, EXTRA)
    if not smiles or len(smiles) > LONGEST or not smiles.isprintable():
        return None
    with library("rdkit.rdBase", WHY, EXTRA).BlockLogs():
        found = chem.MolFromSmiles(smiles)
    return found if found is not None and found.GetNumAtoms() else None


@lru_cache(maxsize=KEPT)
def canonical(smiles: str) -> str | None:
    """The one way in which rdkit spells this molecule, salts and charges as they are; None where it is none."""
    found = molecule(smiles)
    return None if found is None else str(library("rdkit.Chem", WHY, EXTRA).MolToSmiles(found))


@lru_cache(maxsize=KEPT)
def selfies_of(smiles: str) -> tuple[str, ...]:
    """The SELFIES tokens of a molecule's canonical SMILES, such as [C] [=O] [Branch1]. Krenn et al. (2020).

    Raises Unreadable for what is no molecule, and where the tokens would spell another one.
    """
    spelled = canonical(smiles)
    if spelled is None:
        raise Unreadable("no molecule that rdkit can read")
    selfies = library("selfies", WHY, EXTRA)
    try:
        tokens = tuple(selfies.split_selfies(selfies.encoder(spelled)))
    except selfies.EncoderError:
        raise Unreadable(f"SELFIES has no words for {printable(spelled[:60])}") from None
    if smiles_of(tokens) != spelled:
        raise Unreadable(f"SELFIES spells another molecule for {printable(spelled[:60])}")
    return tokens


def smiles_of(tokens: Sequence[str]) -> str:
    """The canonical SMILES that SELFIES tokens spell: any do, by construction. Empty where no atom is among them."""
    selfies = library("selfies", WHY, EXTRA)
    try:
        spelled = str(selfies.decoder("".join(tokens)))
    except selfies.DecoderError:
        return ""
    # What rdkit refuses after all is handed on as it is, so that it is counted and not hidden.
    return canonical(spelled) or spelled


def looks_like_smiles(line: str) -> bool:
    """Whether a line could be SMILES by its characters alone, without rdkit: what opens is closed, aromatic atoms have
    a ring to stand in. Words of a language pass now and then, whole texts do not."""
    word = line.strip()
    if not _SMILES.fullmatch(word) or word.count("(") != word.count(")"):
        return False
    bare = re.sub(r"\[[^\]]*\]", "*", word)
    rings = re.findall(r"%\d\d|\d", bare)
    closed = all(rings.count(each) % 2 == 0 for each in rings)
    return closed and (bool(rings) or not re.search("[a-z]", re.sub("Br|Cl", "*", bare)))


_SMILES = re.compile(r"(\[[^\[\]\s]{1,20}\]|Br|Cl|[BCNOPSFIbcnops*=#$:/\\.\-()]|%\d\d|\d){1,1000}")


# --- Numbers of one molecule -----------------------------------------------------------------------------------------


def _logp(found: Any) -> float:
    return float(library("rdkit.Chem.Crippen", WHY, EXTRA).MolLogP(found))


def _qed(found: Any) -> float:
    return float(library("rdkit.Chem.QED", WHY, EXTRA).qed(found))


def _weight(found: Any) -> float:
    return float(library("rdkit.Chem.Descriptors", WHY, EXTRA).MolWt(found))


def _rings(found: Any) -> float:
    return float(library("rdkit.Chem.rdMolDescriptors", WHY, EXTRA).CalcNumRings(found))


def _atoms(found: Any) -> float:
    return float(found.GetNumHeavyAtoms())


def _sa(found: Any) -> float:
    return float(_sascorer().calculateScore(found))


@lru_cache(maxsize=1)
def _sascorer() -> Any:
    """The authors' own scorer, which rdkit brings along outside of its package. Ertl and Schuffenhauer (2009)."""
    place = Path(library("rdkit.RDConfig", WHY, EXTRA).RDContribDir) / "SA_Score" / "sascorer.py"
    spec = importlib.util.spec_from_file_location("sascorer", place) if place.exists() else None
    if spec is None or spec.loader is None:
        raise ConfigError("this rdkit comes without the SA score (Contrib/SA_Score); install rdkit from PyPI")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Property(NamedTuple):
    """A number of a molecule."""

    of: Callable[[Any], float]
    """rdkit molecule -> the number."""
    line: str
    """What it is, in a few words."""


@lru_cache(maxsize=KEPT)
def number(smiles: str, name: str) -> float | None:
    """The property of this name; None for what is no molecule, or where rdkit cannot compute it. Remembered."""
    found = molecule(smiles)
    if found is None:
        return None
    try:
        with library("rdkit.rdBase", WHY, EXTRA).BlockLogs():
            return PROPERTIES[name].of(found)
    except (RuntimeError, ValueError, ArithmeticError):
        return None


def pattern(smarts: str) -> Any:
    """A substructure to look for. Raises ConfigError for SMARTS that do not parse."""
    chem = library("rdkit.Chem", WHY, EXTRA)
    with library("rdkit.rdBase", WHY, EXTRA).BlockLogs():
        found = chem.MolFromSmarts(smarts) if smarts.isprintable() else None
    if found is None or not found.GetNumAtoms():
        raise ConfigError(f"wanted SMARTS such as c1ccncc1, got '{printable(smarts)}'; check brackets and ring digits")
    return found


def contains(smiles: str, wanted: Any) -> bool:
    """Whether the molecule has this `pattern` in it."""
    found = molecule(smiles)
    return found is not None and bool(found.HasSubstructMatch(wanted))


def radical(smiles: str) -> bool:
    """Whether an atom of the molecule has an electron left alone: valid to rdkit, and to a chemist rarely meant."""
    found = molecule(smiles)
    return found is not None and any(atom.GetNumRadicalElectrons() for atom in found.GetAtoms())


def distinct(molecules: Iterable[str]) -> list[str]:
    """Each once, in the order in which they first came."""
    return list(dict.fromkeys(molecules))


PROPERTIES: dict[str, Property] = {
    "logp": Property(_logp, "logarithm of how much rather it dissolves in octanol than in water (Crippen)"),
    "qed": Property(_qed, "likeness to oral drugs, 0 to 1 (Bickerton et al., 2012)"),
    "sa": Property(_sa, "difficulty of making it, 1 to 10 (Ertl and Schuffenhauer, 2009)"),
    "weight": Property(_weight, "molecular weight, in dalton"),
    "rings": Property(_rings, "rings"),
    "atoms": Property(_atoms, "heavy atoms"),
}
