"""How many generated rows are there already?"""

from typing import NamedTuple

import numpy as np

from .rows import Kinds, Rows, checked, present

APART = 10.0
"""Distance between two categories, or to a missing value: out of reach of any tolerance."""
SAME = 1e-9
"""Numbers this close, in shares of the range, are the same but for how they were computed."""


class Repeated(NamedTuple):
    exact: float
    """Share of generated rows that equal a training row in every column."""
    near: float
    """Share that equal one in every category and lie within `tolerance` of it in every number."""


def new_rows(train: Rows, fake: Rows, kinds: Kinds, tolerance: float = 0.01) -> Repeated:
    """train (N, columns), fake (M, columns); `tolerance` is a share of each number's range over the training rows.

    A sanity check, no privacy: hold it against what held-out rows reach, since few columns make for many repeats.
    Definition: one minus NewRowSynthesis of SDMetrics, whose tolerance is a share of the value. Raises DataError as
    `checked` does.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415  slow to import

    train, fake = checked(train, kinds, "training"), checked(fake, kinds, "generated")
    places = [_place(train[:, i], np.concatenate([train[:, i], fake[:, i]]), kind) for i, kind in enumerate(kinds)]
    known, asked = np.split(np.stack(places, 1), [len(train)])
    tree = cKDTree(known, balanced_tree=False, compact_nodes=False)
    distance, _ = tree.query(asked, p=np.inf, distance_upper_bound=tolerance * (1 + SAME))
    return Repeated(float((distance <= SAME).mean()), float(np.isfinite(distance).mean()))


def _place(train: Rows, both: Rows, kind: str) -> Rows:
    """Coordinates in which a difference of 1 is a number's whole range."""
    if kind == "category":
        place = both * APART
    else:
        values = present(train)
        low, reach = (float(values.min()), float(np.ptp(values))) if len(values) else (0.0, 0.0)
        place = np.clip((both - low) / (reach or SAME), -1, 2)  # far out is far from all there is
    return np.where(np.isnan(both), -APART, place)
