"""How far apart the properties of two sets of molecules are."""

from collections.abc import Sequence

import numpy as np

from ...chemistry import number
from ...settings import DataError
from ..transport import Values, wasserstein

NAMES = ("logp", "qed", "sa", "weight")
"""Properties whose distributions are compared, as in MOSES."""


def values(smiles: Sequence[str], name: str) -> Values:
    """The property of each molecule that has it."""
    found = [number(each, name) for each in smiles]
    return np.array([each for each in found if each is not None], np.float64)


def compared(one: Values, other: Values) -> float:
    """Wasserstein-1 distance of two sets of numbers, in their own unit: how far a molecule's value has to be moved on
    average. Raises DataError where a set is empty."""
    if not len(one) or not len(other):
        raise DataError(f"a distance is between two sets of values, got {len(one)} and {len(other)}")
    return wasserstein(one, other)
