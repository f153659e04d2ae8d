"""Regions of the space of features: the cells of a clustering of the training set."""

import warnings

import numpy as np
from torch import Tensor

from .sets import varying

MOST = 20_000
"""Samples that regions are made from."""


class Regions:
    """At most `count` cells of k-means on train (N, F). Raises DataError when all its features are constant."""

    def __init__(self, train: Tensor, count: int, seed: int):
        from sklearn.cluster import KMeans  # noqa: PLC0415  slow to import
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

        varying(train)
        self.count = min(count, len(train))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct samples than cells leave some empty
            self._cells = KMeans(self.count, n_init=1, random_state=seed % (1 << 32)).fit(train[:MOST].numpy())

    def of(self, features: Tensor) -> np.ndarray:
        """The number of each sample's cell, (N,)."""
        cells: np.ndarray = self._cells.predict(features.numpy())
        return cells

    def histogram(self, features: Tensor) -> np.ndarray:
        """How many samples each cell holds, (count,)."""
        return np.bincount(self.of(features), minlength=self.count)
