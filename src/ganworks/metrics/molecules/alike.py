"""How alike molecules are: Tanimoto similarity of Morgan fingerprints (Rogers and Hahn, 2010)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...chemistry import EXTRA, WHY, molecule
from ...extras import library
from ...settings import DataError

RADIUS, BITS = 2, 1024
"""Bonds around an atom that its bit describes, and bits, as in MOSES."""
ROWS = 1024
"""Fingerprints compared with all others at once."""
Bits = npt.NDArray[np.float32]


class Fingerprints(NamedTuple):
    """bits (N, BITS) of 0 and 1, and how many are set in each, (N,)."""

    bits: Bits
    counts: Bits


def fingerprints(smiles: Sequence[str]) -> Fingerprints:
    """Raises DataError for a string that is no molecule."""
    makes = library("rdkit.Chem.rdFingerprintGenerator", WHY, EXTRA).GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    bits = np.zeros((len(smiles), BITS), np.float32)
    for row, each in zip(bits, smiles, strict=True):
        found = molecule(each)
        if found is None:
            raise DataError(f"fingerprints are of molecules, got '{each[:60]}'")
        row[:] = makes.GetFingerprintAsNumPy(found)
    return Fingerprints(bits, bits.sum(1))


def internal_diversity(found: Fingerprints) -> float:
    """1 - mean similarity over all pairs, those with oneself among them, as in MOSES. 0: all are the same."""
    if not len(found.bits):
        raise DataError("diversity is of at least one molecule, got none")
    total = sum(float(part.sum(dtype=np.float64)) for part in _similar(found, found))
    return 1 - total / len(found.bits) ** 2


def nearest(found: Fingerprints, others: Fingerprints) -> npt.NDArray[np.float64]:
    """Similarity of each of `found` to the one of `others` that is most like it, (N,); its mean is SNN of MOSES."""
    if not len(others.bits):
        raise DataError("the nearest of none cannot be found: wanted at least one molecule to compare with")
    return np.concatenate([np.zeros(0), *(part.max(1).astype(np.float64) for part in _similar(found, others))])


def _similar(found: Fingerprints, others: Fingerprints) -> Iterator[Bits]:
    """Rows of the matrix of similarities, ROWS at a time."""
    for first in range(0, len(found.bits), ROWS):
        common = found.bits[first : first + ROWS] @ others.bits.T
        either = found.counts[first : first + ROWS, None] + others.counts - common
        yield (common / np.maximum(either, 1)).astype(np.float32, copy=False)
