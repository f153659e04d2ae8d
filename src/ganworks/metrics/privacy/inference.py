"""Attribute inference: does the nearest sample tell a secret of somebody of whom all else is known?

For held-out records it often does, too, because columns go together; what is above that is what the samples gave away
about single training records. Giomi et al. (2022).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .rows import Places, Rows
from .shares import Risk, Share, counted, risk

CLOSE = 0.05
"""A number counts as guessed within so much of what nine in ten values span. Giomi et al. take a share of the value
itself, by which every year and every date would be guessed."""


class Inferred(NamedTuple):
    """How well one column is guessed from all others."""

    column: int
    risk: Risk
    chance: Share
    """The same by the value of a random sample."""


def inferred(
    train: Rows,
    control: Rows,
    fake: Rows,
    numbers: list[bool],
    places: Places,
    secrets: list[int],
    seed: int = 0,
    confidence: float = 0.95,
) -> list[Inferred]:
    """Guess each secret column of training records (N, columns) and control records (H, columns), as many of both, from
    generated rows (M, columns). A missing value is a value like others."""
    count = min(len(train), len(control))
    known = [places.blocks(each[:count]) for each in (train, control)]
    samples = places.blocks(fake)
    totals = [_squares(torch.cat(each, 1), torch.cat(samples, 1)) for each in known]
    rng = np.random.default_rng(seed)
    found = []
    for secret in secrets:
        shares = []
        near = _near(np.concatenate([train[:count, secret], control[:count, secret]])) if numbers[secret] else 0.0
        for rows, blocks, total in zip((train, control), known, totals, strict=True):
            others = total - _squares(blocks[secret], samples[secret])
            guess = fake[others.argmin(1).numpy(), secret]
            shares.append(_right(guess, rows[:count, secret], near, confidence))
        luck = fake[rng.integers(len(fake), size=count), secret]
        chance = _right(luck, train[:count, secret], near, confidence)
        found.append(Inferred(secret, risk(shares[0], shares[1], confidence), chance))
    return found


def _squares(x: Tensor, y: Tensor) -> Tensor:
    """Squared distances (N, M) of rows x (N, F) and y (M, F); float32, since only the nearest is asked for."""
    return torch.cdist(x.float(), y.float()).square()


def _near(column: Rows) -> float:
    """How far off a guess of a number may be."""
    there = column[~np.isnan(column)]
    low, high = np.quantile(there, [0.05, 0.95]) if len(there) else (0.0, 0.0)
    return CLOSE * float(high - low)


def _right(guess: Rows, truth: Rows, near: float, confidence: float) -> Share:
    """Share of guesses (N,) that are right, no farther off than `near`."""
    missing = np.isnan(guess) & np.isnan(truth)
    with np.errstate(invalid="ignore"):
        close = np.abs(guess - truth) <= near
    return counted(int((missing | close).sum()), len(truth), confidence)
