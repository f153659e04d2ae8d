"""Fewer features: the main directions of the training data, where there are fewer samples than features."""

import hashlib
from typing import Any

import torch
from torch import Tensor

from ..metrics.features import Extractor

ROWS = 2000
"""Training records from which the directions are learnt."""
MOST, SAMPLES_EACH = 64, 8
"""Features that are left: so many at most, with at least so many samples for each."""


class Shrunk(Extractor):
    """Another extractor's features, turned into their first principal components over the training data."""

    def __init__(self, base: Extractor, centre: Tensor, directions: Tensor):
        """centre (F,), directions (F, D)."""
        self.base, self.centre, self.directions = base, centre, directions
        self.name = f"{base.name}-pca{directions.shape[1]}"
        content = centre.numpy().tobytes() + directions.contiguous().numpy().tobytes()
        self.sha256 = hashlib.sha256(base.sha256.encode() + content).hexdigest()
        self.licence, self.reads, self.classes = base.licence, base.reads, base.classes  # type: ignore[misc]

    @classmethod
    def of(cls, base: Extractor, train: Tensor, count: int) -> "Shrunk":
        """Shrunk for sets of `count` samples. train (N, F) are features of training records."""
        wanted = max(1, min(MOST, count // SAMPLES_EACH, len(train) - 1, train.shape[1]))
        centre = train.mean(0)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            _, _, directions = torch.pca_lowrank(train - centre, q=min(wanted + 8, *train.shape), center=False, niter=4)
        return cls(base, centre, directions[:, :wanted])

    def check(self, shape: tuple[int, ...]) -> None:
        self.base.check(shape)

    def __call__(self, x: Tensor) -> Tensor:
        return (self.base(x) - self.centre) @ self.directions

    def probabilities(self, x: Tensor) -> Tensor:
        return self.base.probabilities(x)

    def record(self) -> dict[str, Any]:
        return {**self.base.record(), "name": self.name, "sha256": self.sha256, "of": self.base.sha256}
