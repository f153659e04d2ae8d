"""Precision, recall, density, coverage: are samples where real ones are, and is every real one reached?"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..settings import DataError
from .neighbours import chunks, radii
from .sets import matched


class Coverage(NamedTuple):
    """Two sets that are alike have precision and recall near 1, density 1 and coverage 1 - 2^-k (k = 5: 0.969)."""

    precision: float
    """Share of generated samples inside some real sample's neighbourhood."""
    recall: float
    """Share of real samples inside some generated sample's neighbourhood."""
    density: float
    """Real neighbourhoods that a generated sample lies in, over k; may exceed 1."""
    coverage: float
    """Share of real samples with a generated one in their neighbourhood."""


def prdc(real: Tensor, fake: Tensor, k: int = 5) -> Coverage:
    """The four numbers for real (N, F) and fake (M, F). A neighbourhood reaches to, and not including, the k-th
    nearest other sample of the same set. Memory stays below 2 GB at 50,000 of each.

    Raises DataError when a set has no more than k samples, when most real samples have k or more exact copies (their
    neighbourhoods are empty, and every score would be 0), or when a number is not finite.
    Source: Kynkäänniemi et al. (2019); Naeem et al. (2020).
    """
    real, fake = matched(real, fake, least=k + 1)
    _refuse_copies(real, k)
    real_radii, fake_radii = radii(real, k), radii(fake, k)
    inside = torch.zeros(len(fake), dtype=torch.int64)  # real neighbourhoods around each generated sample
    recalled = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for first, distances in chunks(real, fake):
        rows = slice(first, first + len(distances))
        near = distances < real_radii[rows, None]
        inside += near.sum(0)
        covered[rows] = near.any(1)
        recalled[rows] = (distances < fake_radii).any(1)
    shares = [each.double().mean() for each in (inside > 0, recalled, inside, covered)]
    precision, recall, density, coverage = (float(each) for each in shares)
    return Coverage(precision, recall, density / k, coverage)


def _refuse_copies(real: Tensor, k: int) -> None:
    _, group, counts = torch.unique(real, dim=0, return_inverse=True, return_counts=True)
    empty = int((counts[group] > k).sum())
    if 2 * empty > len(real):
        raise DataError(
            f"{empty} of {len(real)} real samples have {k} or more exact copies, {len(counts)} are distinct: "
            f"precision, recall, density and coverage would be 0 whatever is generated; remove the copies, or take k "
            f"above {int(counts.max()) - 1}"
        )
