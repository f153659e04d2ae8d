"""What a column's training records teach: the modes of its numbers, the shares of its categories."""

import warnings
from typing import Self

import numpy as np

from ...settings import Settings
from .cells import Floats
from .schema import Seen

FITTED_ON = 10_000
"""Rows a mixture is fitted on."""
MODES = 10
LIGHTEST = 0.005
"""Weight below which a mode is dropped. Xu et al. (2019), section 4.2."""
FEW = 20
"""Different numbers up to which each gets a mode of its own."""
KNOTS = 101
"""Quantiles that are kept."""
COMMON = 1_000
"""Categories above which the rare ones share an entry."""


class Numbers(Settings):
    """Modes of a column of numbers: first those of no width, for numbers that come up again and again, then wide ones.

    A value is a mode and, of a wide one, its distance from the mode's mean in units of four deviations.
    Source: Xu et al. (2019), section 4.2; the modes of no width stand for the point masses of real tables.
    """

    points: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    weights: tuple[float, ...]
    """Of all modes, summing to 1."""
    minimum: float
    maximum: float
    knots: tuple[float, ...]
    """Quantiles at equal shares, the ends among them."""
    uniform: bool = False
    """Whether the wide mode is the column's own quantile function instead: -1..1 is its rank."""

    @property
    def modes(self) -> int:
        return len(self.weights)

    @property
    def wide(self) -> bool:
        """Whether there is anything but points."""
        return len(self.weights) > len(self.points)

    @classmethod
    def of(cls, values: Floats, seen: Seen, normaliser: str, heavy: float) -> Self:
        """Learnt from values (N,) without gaps; a number that a share of at least `heavy` has gets its own mode."""
        if not len(values):
            values = np.array([seen.minimum or 0.0])
        low = float(values.min()) if seen.minimum is None else seen.minimum
        high = float(values.max()) if seen.maximum is None else seen.maximum
        knots = tuple(np.quantile(values, np.linspace(0, 1, KNOTS), method="nearest").tolist())
        distinct, counts = np.unique(values, return_counts=True)
        alone = np.ones(len(distinct), bool) if len(distinct) <= FEW else counts >= heavy * len(values)
        points, share = distinct[alone], counts[alone] / len(values)
        rest = values[~np.isin(values, points)]
        means, deviations, weights = _wide(rest, seen, normaliser)
        weights = np.concatenate([share, weights * (1 - share.sum())])
        return cls(
            points=tuple(points.tolist()), means=tuple(means.tolist()), deviations=tuple(deviations.tolist()),
            weights=tuple((weights / weights.sum()).tolist()), minimum=low, maximum=high, knots=knots,
            uniform=normaliser == "quantile" and len(means) > 0,
        )  # fmt: skip

    def rank(self, value: float) -> tuple[float, float]:
        """Shares of the training values below `value`, and up to it."""
        knots = np.array(self.knots)
        last = len(knots) - 1
        below, upto = np.searchsorted(knots, value, "left"), np.searchsorted(knots, value, "right")
        if below == upto and 0 < below <= last:
            inside = (value - knots[below - 1]) / (knots[below] - knots[below - 1])
            share = float(below - 1 + inside) / last
            return share, share
        return max(float(below - 1), 0.0) / last, min(max(float(upto - 1), 0.0) / last, 1.0)

    def quantile(self, share: Floats) -> Floats:
        return np.interp(share, np.linspace(0, 1, len(self.knots)), self.knots)


def _wide(values: Floats, seen: Seen, normaliser: str) -> tuple[Floats, Floats, Floats]:
    """Means, deviations and weights of the wide modes of what is no point."""
    if not len(values):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    least = max(seen.step / 4, 1e-9 * max(1.0, float(np.abs(values).max())), 1e-12)
    if normaliser == "quantile":
        return np.array([values.mean()]), np.array([max(values.std(), least)]), np.ones(1)
    centre, scale = values.mean(), max(values.std(), least)
    some = values
    if len(values) > FITTED_ON:
        some = values[np.random.default_rng(0).choice(len(values), FITTED_ON, replace=False)]
    means, deviations, weights = _mixture((some - centre) / scale)
    return means * scale + centre, np.maximum(deviations * scale, least), weights


def _mixture(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Variational Gaussian mixture of standardised values: a Dirichlet process that leaves needless modes empty."""
    from sklearn.mixture import BayesianGaussianMixture  # noqa: PLC0415  a second to import

    distinct = len(np.unique(values))
    if distinct < 3:
        return np.array([values.mean()]), np.array([values.std()]), np.ones(1)
    model = BayesianGaussianMixture(
        n_components=min(MODES, distinct, len(values)), weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001, n_init=1, max_iter=100, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():  # one that has not settled after so many rounds does well enough
        warnings.simplefilter("ignore")
        model.fit(values[:, None])
    kept = model.weights_ > LIGHTEST
    order = np.argsort(model.means_[kept, 0])
    means, deviations = model.means_[kept, 0][order], np.sqrt(model.covariances_[kept, 0, 0][order])
    return means, deviations, model.weights_[kept][order] / model.weights_[kept].sum()


class Categories(Settings):
    """How often each category is, and which of them share an entry because there are too many."""

    shares: tuple[float, ...]
    """Of the training records that have a value, by code."""
    entry: tuple[int, ...] = ()
    """Entry of each code; empty where every category has its own, in order."""

    @property
    def entries(self) -> int:
        return max(self.entry) + 1 if self.entry else len(self.shares)

    @classmethod
    def of(cls, codes: Floats, count: int) -> Self:
        """Learnt from codes (N,) without gaps, of so many categories."""
        counts = np.bincount(codes.astype(np.int64), minlength=count)
        shares = counts / max(counts.sum(), 1) if counts.sum() else np.full(count, 1 / max(count, 1))
        kept = tuple(float(f"{share:.7g}") for share in shares)
        if count <= COMMON:
            return cls(shares=kept)
        entry = np.full(count, COMMON - 1)
        entry[np.argsort(-counts, kind="stable")[: COMMON - 1]] = np.arange(COMMON - 1)
        return cls(shares=kept, entry=tuple(entry.tolist()))
