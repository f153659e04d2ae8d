"""Does each column alone look as it should?"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .rows import Kinds, Rows, checked, present


class Shapes(NamedTuple):
    columns: tuple[float, ...]
    """1 - the Kolmogorov-Smirnov distance of a number, 1 - the total variation of a category; 1 is best."""
    missing: tuple[float, ...]
    """1 - the difference of the shares of missing values, which `columns` leave out."""
    mean: float
    """Of `columns`."""


def column_shapes(real: Rows, fake: Rows, kinds: Kinds) -> Shapes:
    """Compare column by column, over the values that are there.

    real (N, columns), fake (M, columns). A column without any value counts 0, or 1 where both have none.
    Definitions: KSComplement and TVComplement of SDMetrics. Raises DataError as `checked` does.
    """
    real, fake = checked(real, kinds, "real"), checked(fake, kinds, "generated")
    found = []
    for i, kind in enumerate(kinds):
        first, second = present(real[:, i]), present(fake[:, i])
        if not len(first) or not len(second):
            found.append(float(len(first) == len(second)))
        else:
            found.append(1 - (steps if kind == "number" else variation)(first, second))
    gaps = 1 - np.abs(np.isnan(real).mean(0) - np.isnan(fake).mean(0))
    return Shapes(tuple(found), tuple(float(each) for each in gaps), float(np.mean(found)))


def steps(first: Rows, second: Rows) -> float:
    """Largest gap between two empirical distribution functions. Source: Smirnov (1939)."""
    places = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(each), places, "right") / len(each) for each in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


def variation(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> float:
    """Half the summed differences of the shares of each value."""
    values, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    counts = [np.bincount(each, minlength=len(values)) for each in np.split(codes, [len(first)])]
    return float(np.abs(counts[0] / len(first) - counts[1] / len(second)).sum() / 2)
