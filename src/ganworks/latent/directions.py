"""Principal directions: what changes a generator's samples most, found without labels.

In w they are the principal components of styles, Härkönen et al. (2020). The law of z has none of its own, so there
they are the directions along which samples move most, on average over latents: eigenvectors of the mean of J^T J, J the
derivative of a sample by its latent, Wang and Ponce (2021). Components of the first layer's activations, solved back to
z, as the former do without a mapping network, were tried: on networks that normalise them they tell directions apart
far less, 5 % of the variance for the first of 64 where this finds 30 % of the change.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..model import Model
from ..settings import ConfigError
from .space import Space

STYLES, SAMPLES = 4096, 4096
"""Styles whose components are taken; samples that are drawn to measure derivatives."""
AT_MOST, AT_LEAST = 64, 4
"""Latents at which they are measured."""
STEP = 0.1
"""Half the distance of differences, in deviations of a latent."""


class Directions(NamedTuple):
    """Directions of a space, the strongest first."""

    vectors: Tensor
    """(K, free): each as long as one deviation of the points along it."""
    shares: tuple[float, ...]
    """Of the variance of styles, or of all that samples change with their latents."""
    centre: Tensor
    """(free,)"""

    def at(self, points: Tensor, number: int, value: float | Tensor) -> Tensor:
        """The points (N, P), with their coordinate along a direction (numbered from 0) set to so many deviations."""
        vector = self.vectors[number]
        now = (points[:, : len(vector)] - self.centre) @ vector / vector.square().sum()
        return self.by(points, number, value - now)

    def by(self, points: Tensor, number: int, value: float | Tensor) -> Tensor:
        """The points, moved by so many deviations along a direction."""
        vector, moved = self.vectors[number], points.clone()
        moved[:, : len(vector)] += torch.as_tensor(value).reshape(-1, 1) * vector
        return moved


def principal(model: Model, count: int, seed: int = 0) -> Directions:
    """The first `count` directions; they follow from the model and the seed alone.

    Raises ConfigError when its points have fewer directions than that.
    """
    space = Space(model)
    if not 1 <= count <= space.free:
        raise ConfigError(f"this model's {space.name} has 1 to {space.free} directions, got {count}")
    if space.styled:
        points = space.enter(model.inputs(STYLES, seed)).double()
        spread, deviation = torch.cov(points.t()), None
    else:
        spread, deviation = _effect(space, model.inputs(AT_MOST, seed), seed), _deviation(space, seed)
    if not spread.isfinite().all() or not spread.any():
        raise ConfigError("samples of this model do not change with its latents; it has collapsed or diverged")
    values, vectors = torch.linalg.eigh(spread)
    values, vectors = values.flip(0)[:count], vectors.flip(1)[:, :count].t()
    lengths = values.clamp(min=0).sqrt()[:, None] if deviation is None else deviation
    shares = tuple((values / spread.trace()).tolist())
    return Directions(_signed(vectors * lengths).float(), shares, space.centre)


def _effect(space: Space, inputs: Tensor, seed: int) -> Tensor:
    """The mean of J^T J over inputs, (free, free), by central differences."""
    count = max(AT_LEAST, min(AT_MOST, SAMPLES // (2 * space.free)))
    steps = STEP * _deviation(space, seed) * torch.eye(inputs.shape[1])[: space.free]
    total = torch.zeros(space.free, space.free, dtype=torch.float64)
    for point in inputs[:count]:
        drawn = torch.cat(list(space.draw(torch.cat([point + steps, point - steps])))).flatten(1).double()
        changes = drawn[: space.free] - drawn[space.free :]
        total += changes @ changes.t() / count
    return total


def _deviation(space: Space, seed: int) -> float:
    """Of the latents' free numbers."""
    return float(space.model.inputs(1024, seed)[:, : space.free].std())


def _signed(vectors: Tensor) -> Tensor:
    """Each with its largest number above zero, so that a direction has one way."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()
