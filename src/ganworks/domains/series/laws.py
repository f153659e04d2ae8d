"""Laws of conditions, so that a model can draw some without the data: pasts and attributes."""

import torch
from pydantic import Field
from torch import Tensor

from ...settings import Settings

DIRECTIONS = 32
"""Main directions in which pasts vary that are kept."""
ENOUGH = 4000
"""Pasts from which those are found."""


class Pasts(Settings):
    """A Gaussian over pasts as encoded: a mean, main directions, and what scatters beside each number."""

    mean: tuple[float, ...]
    directions: tuple[tuple[float, ...], ...]
    scatter: tuple[float, ...]
    bound: float | None = None
    """Numbers stay between minus this and this."""

    @classmethod
    def of(cls, rows: Tensor, bound: float | None) -> "Pasts":
        """Fitted to rows (N, R)."""
        rows = rows[:: -(-len(rows) // ENOUGH)].double()
        mean = rows.mean(0)
        away = rows - mean
        _, values, ways = torch.linalg.svd(away / max(1, len(rows) - 1) ** 0.5, full_matrices=False)
        kept = values[:DIRECTIONS, None] * ways[:DIRECTIONS]
        scatter = (away.square().mean(0) - kept.square().sum(0)).clamp_min(0).sqrt()
        return cls(
            mean=_short(mean), directions=tuple(_short(each) for each in kept), scatter=_short(scatter), bound=bound
        )

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        directions = torch.tensor(self.directions).view(len(self.directions), len(self.mean))
        along = torch.randn(count, len(directions), generator=generator) @ directions
        beside = torch.randn(count, len(self.mean), generator=generator) * torch.tensor(self.scatter)
        found = torch.tensor(self.mean) + along + beside
        return found if self.bound is None else found.clamp(-self.bound, self.bound)


class Combinations(Settings):
    """Attributes in the user's units: how often each combination of categories is, and normal numbers within it."""

    shares: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    """(combinations, A): the number of each category, the mean of each number."""
    deviations: tuple[tuple[float, ...], ...]
    """The same for deviations; 0 of categories."""
    low: tuple[float, ...] = Field(default=())
    high: tuple[float, ...] = Field(default=())

    @classmethod
    def of(cls, rows: Tensor, categories: Tensor) -> "Combinations":
        """Fitted to rows (N, A), of which `categories` (A,) says which are such."""
        rows = torch.where(rows.isnan(), torch.nan_to_num(rows.nanmean(0)).expand_as(rows), rows)
        rows = torch.where(categories, rows.round(), rows)
        kinds, of = torch.unique(torch.where(categories, rows, 0.0), dim=0, return_inverse=True)
        groups = [rows[of == i] for i in range(len(kinds))]
        common = rows.std(0, correction=0)
        spread = [each.std(0, correction=0) if len(each) >= 10 else common for each in groups]
        return cls(
            shares=tuple(len(each) / len(rows) for each in groups),
            centres=tuple(_short(each.mean(0)) for each in groups),
            deviations=tuple(_short(torch.where(categories, 0.0, each)) for each in spread),
            low=_short(rows.amin(0)),
            high=_short(rows.amax(0)),
        )

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        which = torch.multinomial(torch.tensor(self.shares), count, replacement=True, generator=generator)
        centres, deviations = torch.tensor(self.centres)[which], torch.tensor(self.deviations)[which]
        found = centres + deviations * torch.randn(centres.shape, generator=generator)
        return torch.maximum(torch.minimum(found, torch.tensor(self.high)), torch.tensor(self.low)).double()


def _short(values: Tensor) -> tuple[float, ...]:
    """Seven digits: as many as float32 has."""
    return tuple(float(f"{each:.7g}") for each in values.tolist())
