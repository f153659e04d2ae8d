"""Conditions on any number of columns: which are asked in training, and what a user's words ask for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...settings import ConfigError
from .cells import Floats
from .decoding import fitting
from .layout import Layout, Learnt
from .wheres import Clause

if TYPE_CHECKING:
    from .codec import Coded


def masks(count: int, columns: int, ask: float) -> Tensor:
    """Which columns of each record are asked (count, columns), by torch's global generator.

    Of a share `ask` of the records something is: each column with a chance that is drawn for the record, so that one,
    a few and all of them are asked as often.
    """
    lots = torch.rand(count, columns + 2)
    chance = lots[:, 1:2] * (lots[:, :1] < ask)
    return (lots[:, 2:] < chance).float()


def row(samples: Tensor, asked: Tensor, plan: Layout) -> Tensor:
    """Samples (B, C) and which columns are asked (B, columns) -> conditions (B, C + S): each span knows if it is."""
    return torch.cat([samples * asked[:, plan.owner], asked[:, plan.spanned]], dim=1)


def asked(codec: "Coded", given: Sequence[Clause], shares: Floats, count: int) -> Tensor:
    """Conditions (count, C + S) that ask for what the clauses allow.

    `shares`, (columns, count) or broadcast to it, choose within what is allowed: a share of the training records.
    """
    if not given:
        return torch.zeros(count, codec.spec.channels + len(codec.spec.spans))
    columns = sorted({clause.column for clause in given})
    records = np.full((count, len(codec.learnt)), np.nan)
    shares = np.broadcast_to(shares, (len(codec.learnt), count))
    for column in columns:
        wanted = [clause for clause in given if clause.column == column]
        records[:, column] = _values(codec.learnt[column], wanted, shares[column])
    plan = codec.layout(torch.device("cpu"))
    chosen = torch.zeros(count, len(codec.learnt))
    chosen[:, columns] = 1
    return row(plan.encode(torch.from_numpy(records), fixed=True), chosen, plan)


def _values(column: Learnt, wanted: Sequence[Clause], shares: Floats) -> Floats:
    """Values of one column that all its clauses allow, spread over them as the training records are."""
    if any(clause.gap for clause in wanted):
        return np.full(len(shares), np.nan)
    if column.numbers is None:
        weights = np.array(column.categories.shares if column.categories else (1.0,)) + 1e-12
        codes = np.arange(len(weights), dtype=np.float64)
        for clause in wanted:
            weights = weights * clause.holds(codes)
        if not weights.any():
            raise ConfigError(f"nothing can be {' and '.join(clause.text for clause in wanted)}; ask for less")
        weights /= weights.sum()
        last = int(np.flatnonzero(weights)[-1])
        chosen: Floats = codes[np.searchsorted(np.cumsum(weights), shares).clip(max=last)]
        return chosen
    low, high = max(clause.low for clause in wanted), min(clause.high for clause in wanted)
    if low > high:
        raise ConfigError(f"no number is {' and '.join(clause.text for clause in wanted)}; ask for less")
    numbers = column.numbers
    sets = [clause.values for clause in wanted if clause.values and not clause.negated]
    if sets:
        values = np.array(sorted(set(sets[0]).intersection(*sets[1:])))
        values = values[(values >= low) & (values <= high)]
        if not len(values):
            raise ConfigError(f"no number is {' and '.join(clause.text for clause in wanted)}; ask for less")
        picked: Floats = values[(shares * len(values)).astype(int).clip(max=len(values) - 1)]
        return picked
    low, high = max(low, numbers.minimum), min(high, numbers.maximum)
    below, upto = numbers.rank(low)[0], numbers.rank(high)[1]
    inside = numbers.quantile(below + shares * (upto - below))
    values = inside if upto - below > 1e-3 else low + shares * (high - low)
    return fitting(np.clip(values, low, high), low, high, column.seen)
