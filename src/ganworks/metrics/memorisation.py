"""Were training samples copied? Everything here compares generated samples with training ones and with held-out ones.

None of these numbers can tell copying from a generator that is merely too narrow (Stein et al., 2023): read them
beside coverage, and look at the neighbours.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..settings import DataError
from . import neighbours
from .clusters import Regions
from .sets import checked, like, matched, varying

SMALLEST = 1e-8
"""Least variance of a fitted Gaussian, in units of the features' own."""
AROUND = 20
"""Training samples that tell how dense training is around a sample."""


class Copied(NamedTuple):
    share: float
    """Of generated samples relatively nearer to training than all but the nearest held-out ones are."""
    expected: float
    """The share that held-out samples have, by the choice of how near is near."""
    p: float
    """Probability of at least as large a share were generated samples fresh ones."""


class Likelihood(NamedTuple):
    value: float
    """Feature likelihood divergence, 100 times nats a feature; lower is better, about 0 for fresh real samples."""
    gap: float
    """Train minus test negative log-likelihood, 100 times nats a feature; strongly negative: memorised."""


def nearest(train: Tensor, fake: Tensor, count: int = 1) -> tuple[Tensor, Tensor]:
    """Distances and indices (M, count) of the training samples (N, F) nearest to each generated one (M, F).

    The nearest first. Raises DataError when there are fewer than `count` training samples.
    """
    train, fake = matched(train, fake, least=1)
    checked(train, "real", count)
    return neighbours.nearest(fake, train, count)


def authenticity(train: Tensor, fake: Tensor) -> float:
    """Share of generated samples (M, F) farther from their nearest training sample (N, F) than that one is from its
    own nearest other training sample. Higher is better; compare with what held-out samples reach.

    Raises DataError when every feature of the training samples is constant. Source: Alaa et al. (2022), section 3.3.
    """
    train, fake = matched(train, fake)
    varying(train)
    own = neighbours.radii(train, 1)
    distances, indices = neighbours.nearest(fake, train)
    return float((distances[:, 0] > own[indices[:, 0]]).double().mean())


def copied_share(train: Tensor, held_out: Tensor, fake: Tensor, near: float = 0.01) -> Copied:
    """How many generated samples lie nearer to training than all but the share `near` of held-out ones do.

    Near is relative: the distance to the nearest training sample over the mean to the nearest AROUND, so that copies
    are found where data is sparse as where it is dense (Carlini et al., 2023). And is that more than chance allows?
    Of both sets ranked together, how many of the nearest are generated ones? Were they fresh, that number would be
    hypergeometric, so the test is exact, whatever the law and the counts: call it copying when `p` is below the share
    of false alarms you bear. train (N, F), held_out (H, F), fake (M, F).

    Raises DataError when held-out samples are too few for that share, or every feature of training ones is constant.
    """
    from scipy.stats import hypergeom  # noqa: PLC0415  slow to import

    train, fake = matched(train, fake, least=1)
    held_out = like(train, held_out, "held-out", max(2, round(1 / near)))
    varying(train)
    expected, found = (nearness(each, train) for each in (held_out, fake))
    rank = max(1, int(near * len(held_out)))
    limit = expected.kthvalue(rank).values
    close, fresh = ((each <= limit).double().mean() for each in (found, expected))
    together = torch.cat([found, expected])
    # Samples as near as the last that counts count, too: among equals there is no nearest.
    nearest_few = together <= together.kthvalue(max(10, round(near * len(together)))).values
    drawn, ours = int(nearest_few.sum()), int(nearest_few[: len(found)].sum())
    return Copied(float(close), float(fresh), float(hypergeom.sf(ours - 1, len(together), len(found), drawn)))


def nearness(x: Tensor, train: Tensor) -> Tensor:
    """How near each sample (M, F) is to its nearest training sample (N, F), beside those around it: (M,) in 0..1."""
    distances = neighbours.nearest(x, train, min(AROUND, len(train)))[0]
    return distances[:, 0] / distances.mean(1).clamp(min=1e-300)


def copying(train: Tensor, test: Tensor, fake: Tensor, cells: int = 10, seed: int = 0) -> float:
    """C_T: are generated samples (M, F) nearer to training ones (N, F) than test samples (H, F) are?

    In each cell of a clustering of the training set, the z of Mann and Whitney for the distances to the nearest
    training sample; their mean, weighted by test samples. Below about -3 copying, above 3 underfitting. Cells that
    fewer than 20 test or generated samples fall into are left out. Raises DataError when that leaves none, or when
    every feature of the training samples is constant. Source: Meehan et al. (2020).
    """
    from scipy.stats import rankdata  # noqa: PLC0415  slow to import

    train, fake = matched(train, fake, least=cells)
    test = like(train, test, "test", cells)
    regions = Regions(train, cells, seed)
    distances = [neighbours.nearest(each, train)[0][:, 0].numpy() for each in (fake, test)]
    homes = [regions.of(each) for each in (fake, test)]
    total, weight = 0.0, 0
    for cell in range(regions.count):
        mine, theirs = (each[home == cell] for each, home in zip(distances, homes, strict=True))
        n, m = len(mine), len(theirs)
        if min(n, m) < 20:
            continue
        above = rankdata(np.concatenate([mine, theirs]))[:n].sum() - n * (n + 1) / 2
        total += m * (above - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12)
        weight += m
    if not weight:
        raise DataError(
            f"no region holds 20 test and 20 generated samples ({len(test)} and {len(fake)} in all); use more of both"
        )
    return float(total / weight)


def likelihood_divergence(train: Tensor, test: Tensor, fake: Tensor, seed: int = 0) -> Likelihood:
    """How likely test samples are under Gaussians around the generated ones, whose widths are fitted to training.

    train (N, F), test (H, F), fake (M, F), standardised here by the training set. A generator that copies gives its
    Gaussians no width, and test samples no likelihood. The zero is what one half of training makes of the other.
    Widths are fitted by expectation-maximisation, where the authors follow gradients.
    Raises DataError when a set is too small, or every feature of the training samples is constant.
    Source: Jiralerspong et al. (2023).
    """
    train, fake = matched(train, fake, least=4)
    test = like(train, test, "test")
    used, mean, deviation = varying(train), train.mean(0), train.std(0)
    train, test, fake = (((each - mean) / deviation)[:, used] for each in (train, test, fake))
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    halves = torch.tensor_split(train[order], 2)
    ideal = _surprise(test, halves[0], _widths(halves[1], halves[0]))
    widths = _widths(train, fake)
    unseen = _surprise(test, fake, widths)
    return Likelihood(100 * (unseen - ideal), 100 * (_surprise(train, fake, widths) - unseen))


def _widths(seen: Tensor, centres: Tensor, rounds: int = 30) -> Tensor:
    """Variances (M,) of round Gaussians of equal weight at centres (M, F) that make `seen` (N, F) likely."""
    squares = _squares(seen, centres)
    features = seen.shape[1]
    widths = squares.amin(1).mean().clamp(min=SMALLEST).expand(len(centres)) / features
    for _ in range(rounds):
        shares = (-squares / (2 * widths) - 0.5 * features * widths.log()).softmax(1)
        weight = shares.sum(0)
        # A centre that nothing is near keeps its width: there is nothing to fit.
        fitted = (shares * squares).sum(0) / (features * weight.clamp(min=1e-12))
        widths = torch.where(weight > 1e-6, fitted, widths).clamp(min=SMALLEST)
    return widths


def _surprise(seen: Tensor, centres: Tensor, widths: Tensor) -> float:
    """Mean negative log-likelihood of `seen`, in nats a feature, but for the constant of a Gaussian."""
    features = seen.shape[1]
    logs = -_squares(seen, centres) / (2 * widths) - 0.5 * features * widths.log()
    return -float((logs.logsumexp(1) - np.log(len(centres))).mean()) / features


def _squares(x: Tensor, y: Tensor) -> Tensor:
    return torch.cat([part.square() for _, part in neighbours.chunks(x, y)])
