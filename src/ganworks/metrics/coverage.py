"""Precision, recall, density, coverage: are samples where real ones are, and is every real one reached?"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..settings import DataError
from .neighbours import chunks, radii
from .sets import checked, matched


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
    neighbourhoods are empty, and every score would be near 0; of a lesser share `copies` warns), or when a number is
    not finite.
    Source: Kynkäänniemi et al. (2019); Naeem et al. (2020).
    """
    real, fake = matched(real, fake, least=k + 1)
    empty, highest = _empty(real, k)
    if 2 * empty > len(real):
        raise DataError(
            f"{empty} of {len(real)} real samples have {k} or more exact copies: precision, recall, density and "
            f"coverage would be near 0 whatever is generated; remove the copies, or take k above {highest}"
        )
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


def copies(real: Tensor, k: int = 5) -> str | None:
    """One line when some real samples (N, F) have k or more exact copies, which nothing can cover; else None."""
    empty, highest = _empty(checked(real, "real", k + 1), k)
    if not empty:
        return None
    return (
        f"{empty} of {len(real)} real samples have {k} or more exact copies: nothing lies in their neighbourhoods, so "
        f"coverage is at most {1 - empty / len(real):.3f}; remove the copies, or take k above {highest}"
    )


def _empty(real: Tensor, k: int) -> tuple[int, int]:
    """Real samples with k or more exact copies, and the most copies that one has."""
    # Adding 0 makes one zero of both. Equal hashes of unequal rows are as likely as a flipped bit.
    hashes = torch.tensor([hash((row + 0.0).tobytes()) for row in real.numpy()])
    _, group, counts = torch.unique(hashes, return_inverse=True, return_counts=True)
    return int((counts[group] > k).sum()), int(counts.max()) - 1
