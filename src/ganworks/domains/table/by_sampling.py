"""Training by sampling: rows are drawn so that rare categories are seen, and are asked for by what drew them.

A column of categories is drawn, all alike, then one of its categories by the logarithm of its count, then a row that
has it. Given the row, the column it was drawn for is a matter of odds, so that a codec can say it without being told.
Source: Xu et al. (2019), section 4.3.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...settings import ConfigError
from ..base import Indices, Raw, Stored
from . import asking, decoding

if TYPE_CHECKING:
    from .codec import Coded


class ByFrequency(Stored):
    """Stored rows in an order in which every category comes about as often as the logarithm of its count.

    An order is as long as there are rows; rows come again in it, and common ones may not come at all. Raises
    ConfigError where no column is of categories.
    """

    def __init__(self, array: Raw, rows: Indices, categories: Sequence[int]):
        super().__init__(array, rows)
        self.categories = [each for each in categories if not np.isnan(array[rows, each]).all()]
        if not self.categories:
            raise ConfigError("sampling=log-frequency wants a column of categories, there is none; set sampling=rows")

    def order(self, seed: int) -> Indices:
        rng = np.random.default_rng(seed)
        drawn_for = rng.integers(len(self.categories), size=len(self))
        found = np.empty(len(self), np.int64)
        for place, column in enumerate(self.categories):
            mine = np.flatnonzero(drawn_for == place)
            found[mine] = _drawn(self.array[self.rows, column], len(mine), rng)
        return found

    def some(self, count: int, seed: int) -> Indices:
        """Rows as they are stored, each once: what is judged is held against the data itself."""
        return np.random.default_rng(seed).permutation(len(self))[:count]


def _drawn(codes: Raw, count: int, rng: np.random.Generator) -> Indices:
    """So many rows by one column's codes (N,), NaN where missing: a category by its count's logarithm, a row of it."""
    there = np.flatnonzero(~np.isnan(codes))
    _, group, counts = np.unique(codes[there], return_inverse=True, return_counts=True)
    by_group = there[np.argsort(group.reshape(-1), kind="stable")]
    weights = np.log1p(counts)
    chosen = rng.choice(len(counts), count, p=weights / weights.sum())
    inside = np.floor(rng.random(count) * counts[chosen]).astype(np.int64)
    rows: Indices = by_group[(np.cumsum(counts) - counts)[chosen] + inside]
    return rows


class Frequencies:
    """What a codec knows of how its rows were drawn."""

    def __init__(self, codec: "Coded"):
        self.codec = codec
        self.categories = [i for i, column in enumerate(codec.learnt) if column.categories and column.lacking < 1]

    @cached_property
    def _odds(self) -> list[Tensor]:
        """Of each column of categories, how likely a row of a category is drawn for it, by code; last where missing."""
        found = []
        for place in self.categories:
            column = self.codec.learnt[place]
            assert column.categories is not None
            counts = np.array(column.categories.shares) * self.codec.rows * (1 - column.lacking)
            weights = np.log1p(counts)
            odds = np.where(counts > 0, weights / np.maximum(counts, 1e-9), 0) / weights.sum()
            found.append(torch.tensor([*odds, 0.0]))
        return found

    def masks(self, x: Tensor, fixed: bool) -> Tensor:
        """Which one column each record x (B, columns) was drawn for (B, columns); with `fixed` by its own bytes."""
        odds = torch.zeros(len(x), len(self.codec.learnt))
        for place, each in zip(self.categories, self._odds, strict=True):
            codes = x[:, place].cpu()
            odds[:, place] = each[torch.where(codes.isnan(), float(len(each) - 1), codes).long()]
        upto = odds.cumsum(1)
        lots = self._lots(x) if fixed else torch.rand(len(x))
        chosen = (upto <= (lots * upto[:, -1])[:, None]).sum(1, keepdim=True).clamp(max=odds.shape[1] - 1)
        return torch.zeros_like(odds).scatter_(1, chosen, 1.0) * (upto[:, -1:] > 0)

    def conditions(self, count: int, generator: torch.Generator) -> Tensor:
        """Conditions (count, C + S) that ask for one category each, as often as the data has it: what comes of them
        all together is distributed as the data is."""
        records = np.full((count, len(self.codec.learnt)), np.nan)
        lots = torch.rand(2, count, generator=generator, dtype=torch.float64).numpy()
        drawn_for = np.array(self.categories)[(lots[0] * len(self.categories)).astype(int)]
        for place in self.categories:
            categories = self.codec.learnt[place].categories
            assert categories is not None
            mine = drawn_for == place
            upto = np.cumsum(categories.shares)
            records[mine, place] = np.searchsorted(upto / upto[-1], lots[1, mine]).clip(max=len(upto) - 1)
        plan = self.codec.layout(torch.device("cpu"))
        samples = plan.encode(torch.from_numpy(records), fixed=True)
        return asking.row(samples, torch.from_numpy(~np.isnan(records)).float(), plan)

    def _lots(self, x: Tensor) -> Tensor:
        return torch.from_numpy(decoding.lots(x.float().cpu().numpy(), 0)).float()
