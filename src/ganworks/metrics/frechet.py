"""Fréchet distance: how far apart are the Gaussians fitted to two sets of features."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..settings import DataError
from .sets import checked, matched

ROWS = 8_192
"""Samples that a covariance is summed from at a time."""


@dataclass(frozen=True)
class Moments:
    """What the distance knows of a set. A reference is measured once and kept as this."""

    count: int
    mean: Tensor
    """(F,)"""
    covariance: Tensor
    """(F, F), divided by count - 1."""

    @classmethod
    def of(cls, features: Tensor, what: str = "given") -> Self:
        """Mean and covariance of features (N, F). Raises DataError below two samples or when one is not finite."""
        features = checked(features, what)
        mean = features.mean(0)
        scatter = torch.zeros(len(mean), len(mean), dtype=torch.float64)
        for part in torch.split(features, ROWS):
            centred = (part - mean).numpy()
            # numpy sees that this is symmetric, and does half the work; torch does all of it.
            scatter += torch.from_numpy(centred.T @ centred)
        return cls(len(features), mean, scatter / (len(features) - 1))

    def merged(self, other: Self) -> Self:
        """Of both sets together, to about the last digits. Source: Chan, Golub & LeVeque (1979)."""
        count = self.count + other.count
        shift = other.mean - self.mean
        scatter = (self.count - 1) * self.covariance + (other.count - 1) * other.covariance
        scatter += torch.outer(shift, shift) * (self.count * other.count / count)
        return type(self)(count, self.mean + shift * (other.count / count), scatter / (count - 1))


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Squared distance between Gaussians fitted to two sets of features, real (N, F) and fake (M, F). 0 is best.

    Unit: squared features, so values compare only within one extractor; biased upwards by about F / N, so only at
    equal counts. With fewer samples than features it is still exact, and says little: see `shortage`.

    Raises DataError if either set has fewer than two samples, or holds a number that is not finite.
    Source: Heusel et al. (2017), after Dowson & Landau (1982).
    """
    real, fake = matched(real, fake)
    if len(real) + len(fake) > real.shape[1]:
        return between(Moments.of(real), Moments.of(fake))
    # The covariances A'A and B'B have ranks below F, and the trace term is the sum of AB's singular values.
    sides = [(each - each.mean(0)) / (len(each) - 1) ** 0.5 for each in (real, fake)]
    shared = torch.linalg.svdvals(sides[0] @ sides[1].T).sum()
    shift = (real.mean(0) - fake.mean(0)).square().sum()
    return float((shift + sum(each.square().sum() for each in sides) - 2 * shared).clamp(min=0))


def between(real: Moments, fake: Moments) -> float:
    """The distance of two Gaussians: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2).

    The trace of the root is the sum of the roots of the eigenvalues of R' S2 R, which is symmetric, for any R R' = S1:
    no matrix square root that iterates, and singular covariances do no harm. Raises DataError when the sizes differ.
    """
    if real.mean.shape != fake.mean.shape:
        raise DataError(
            f"real samples have {len(real.mean)} features, generated ones {len(fake.mean)}; use one extractor for both"
        )
    half = _root(real.covariance)
    # numpy's solver takes a quarter of the time of torch's on a CPU.
    values = torch.from_numpy(np.linalg.eigvalsh((half.T @ fake.covariance @ half).numpy()))
    shared = values.clamp(min=0).sqrt().sum()
    traces = real.covariance.trace() + fake.covariance.trace()
    return float(((real.mean - fake.mean).square().sum() + traces - 2 * shared).clamp(min=0))


def shortage(real: Tensor, fake: Tensor) -> str | None:
    """One line when either set has too few samples for its covariance to have full rank, else None."""
    count, features = min(len(real), len(fake)), real.shape[1]
    if count > features:
        return None
    return (
        f"{count} samples for {features} features: the covariances are singular and the distance mostly measures the "
        f"count; use more than {features} samples, or an extractor with fewer features"
    )


def _root(covariance: Tensor) -> Tensor:
    """A matrix R (F, F) with R R' = covariance, which may be singular."""
    triangle, failed = torch.linalg.cholesky_ex(covariance)
    if not failed and triangle.diagonal().amin() > 1e-6 * triangle.diagonal().amax():
        lower: Tensor = triangle
        return lower
    values, vectors = (torch.from_numpy(each) for each in np.linalg.eigh(covariance.numpy()))
    root: Tensor = vectors * values.clamp(min=0).sqrt()
    return root
