"""Tables drawn without a network, which a generator has to beat: independent columns and a Gaussian copula."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from .rows import Kind, Kinds, Rows, checked, present

SMALLEST = 1e-6
"""Least eigenvalue of the correlation, where gaps have left one that no numbers can have."""


@dataclass(frozen=True)
class IndependentColumns:
    """Each column as it is, and nothing that ties them together."""

    rows: Rows

    @classmethod
    def fit(cls, rows: Rows, kinds: Kinds) -> Self:
        """rows (N, columns). Raises DataError as `checked` does."""
        return cls(checked(rows, kinds, "training"))

    def draw(self, count: int, seed: int) -> Rows:
        """(count, columns); values are drawn from those of the training rows, gaps among them."""
        rng = np.random.default_rng(seed)
        picks = rng.integers(0, len(self.rows), (count, self.rows.shape[1]))
        drawn: Rows = np.take_along_axis(self.rows, picks, 0)
        return drawn


@dataclass(frozen=True)
class Margin:
    """One column and its place in the copula: its values, in an order, with the share that lies up to each."""

    values: Rows
    """(K,) different values: numbers by size, categories by how frequent they are."""
    edges: Rows
    """(K,) share of rows up to each value; the last is 1."""

    @classmethod
    def of(cls, column: Rows, kind: Kind) -> Self:
        values, counts = np.unique(present(column), return_counts=True)
        if kind == "category":
            order = np.argsort(-counts, kind="stable")
            values, counts = values[order], counts[order]
        return cls(values, np.cumsum(counts) / max(counts.sum(), 1))

    def scores(self, column: Rows) -> Rows:
        """Normal scores (N,) in units of their own deviation, 0 where the value is missing.

        All rows of one value share the mean of the part of the normal law that stands for it.
        """
        from scipy.stats import norm  # noqa: PLC0415  slow to import

        bounds = norm.pdf(norm.ppf(np.concatenate([[0.0], self.edges[:-1], [1.0]])))
        shares = np.diff(self.edges, prepend=0.0)
        means = (bounds[:-1] - bounds[1:]) / np.maximum(shares, 1e-300)
        spread = float(np.sqrt(max((shares * means**2).sum(), 1e-12)))
        order = np.argsort(self.values)
        place = order[np.searchsorted(self.values, column, sorter=order).clip(max=len(order) - 1)]
        return np.where(np.isnan(column), 0.0, means[place] / spread)

    def back(self, uniform: Rows) -> Rows:
        """Numbers between 0 and 1 -> values."""
        found: Rows = self.values[np.searchsorted(self.edges, uniform, "right").clip(max=len(self.values) - 1)]
        return found


@dataclass(frozen=True)
class GaussianCopula:
    """Columns as they are, tied together by the correlation of their normal scores. Source: Patki et al. (2016).

    A category takes an interval as long as it is frequent, the most frequent first; where values are missing, a
    further column of two categories says so.
    """

    margins: tuple[Margin, ...]
    masks: tuple[int, ...]
    """Columns that have gaps; the last `margins` are theirs."""
    factor: Rows
    """The correlation's square root, (margins, margins)."""

    @classmethod
    def fit(cls, rows: Rows, kinds: Kinds) -> Self:
        """rows (N, columns). Raises DataError as `checked` does."""
        rows = checked(rows, kinds, "training")
        gaps = np.isnan(rows)
        masks = tuple(int(i) for i in np.flatnonzero(gaps.any(0) & ~gaps.all(0)))
        wide = np.hstack([rows, gaps[:, masks].astype(np.float64)])
        also: list[Kind] = ["category"] * len(masks)
        margins = tuple(Margin.of(wide[:, i], kind) for i, kind in enumerate([*kinds, *also]))
        scores = [
            each.scores(wide[:, i]) if len(each.values) else np.zeros(len(wide)) for i, each in enumerate(margins)
        ]
        return cls(margins, masks, _root(np.stack(scores, 1), ~np.isnan(wide)))

    def draw(self, count: int, seed: int) -> Rows:
        """(count, columns); single values are those of the training rows, their combinations are new."""
        from scipy.stats import norm  # noqa: PLC0415

        normal = np.random.default_rng(seed).standard_normal((count, len(self.margins))) @ self.factor.T
        uniform = norm.cdf(normal)
        width = len(self.margins) - len(self.masks)
        empty = np.full(count, np.nan)
        found = [each.back(uniform[:, i]) if len(each.values) else empty for i, each in enumerate(self.margins)]
        for mask, i in enumerate(self.masks):
            found[i] = np.where(found[width + mask] == 1, np.nan, found[i])
        return np.stack(found[:width], 1)


def _root(scores: Rows, there: npt.NDArray[np.bool_]) -> Rows:
    """Square root of the correlation of scores (N, columns), each over the rows that have both, mended to be one."""
    mask = there.astype(np.float64)
    covariance = scores.T @ scores / np.maximum(mask.T @ mask, 1)
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    correlation = covariance / scale / scale[:, None]
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, SMALLEST))
    found: Rows = root / np.linalg.norm(root, axis=1, keepdims=True)
    return found
