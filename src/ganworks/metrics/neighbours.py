"""Distances between rows of two matrices, in chunks that fit, and the nearest of them."""

from collections.abc import Iterator

import torch
from torch import Tensor

MEMORY = 256 << 20
"""Bytes of one chunk of distances; a few of them live at once."""
EXACT = 1 << 27
"""Below so many multiplications differences are squared one by one; above, a product of matrices, which is fast and
leaves errors of about 1e-8 of the features' norm."""


def chunks(x: Tensor, y: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Euclidean distances of rows x (N, F) to all y (M, F), as (first row, (n, M))."""
    rows = max(1, MEMORY // (8 * max(1, len(y))))
    mode = "donot_use_mm_for_euclid_dist" if len(x) * len(y) * x.shape[1] <= EXACT else "use_mm_for_euclid_dist"
    for first in range(0, len(x), rows):
        yield first, torch.cdist(x[first : first + rows], y, compute_mode=mode)


def nearest(x: Tensor, y: Tensor, count: int = 1) -> tuple[Tensor, Tensor]:
    """Distances and indices (N, count) of the rows of y nearest to each row of x, the nearest first."""
    found = [part.topk(count, dim=1, largest=False) for _, part in chunks(x, y)]
    return torch.cat([each.values for each in found]), torch.cat([each.indices for each in found])


def radii(x: Tensor, k: int) -> Tensor:
    """Distance (N,) of each row to its k-th nearest other row."""
    found = []
    for first, part in chunks(x, x):
        rows = torch.arange(len(part))
        part[rows, rows + first] = torch.inf
        found.append(part.topk(k, dim=1, largest=False).values[:, -1])  # a tenth of kthvalue's time
    return torch.cat(found)
