"""How unlike each other samples are, how evenly they fill the space, and how many different ones there seem to be."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..settings import DataError
from .clusters import Regions
from .neighbours import chunks
from .pictures import ms_ssim
from .sets import checked, matched

DIFFERS = 1.959964
"""Standard errors beyond which 5 % of normal values lie."""


class Bins(NamedTuple):
    share: float
    """NDB / K: share of bins whose weight differs at the 5 % level; 0.05 by chance alone."""
    divergence: float
    """Jensen-Shannon divergence of the two histograms, in nats."""


def likeness(pictures: Tensor, pairs: int = 1_000, seed: int = 0) -> float:
    """Mean MS-SSIM of random pairs of different pictures (N, C, H, W) in -1..1. More than real ones: less diverse.

    Raises DataError below two pictures, and as `metrics.pictures.ms_ssim` does. Source: Odena et al. (2017).
    """
    if len(pictures) < 2:
        raise DataError(f"at least 2 pictures are needed to compare them with each other, got {len(pictures)}")
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(len(pictures), (pairs,), generator=generator)
    second = (first + torch.randint(1, len(pictures), (pairs,), generator=generator)) % len(pictures)
    unit = (pictures + 1) / 2
    parts = zip(torch.split(first, 100), torch.split(second, 100), strict=True)
    return sum(float(ms_ssim(unit[left], unit[right]).values.sum()) for left, right in parts) / pairs


def pairwise_diversity(features: Tensor, most: int = 2_000) -> float:
    """Mean Euclidean distance between different samples of features (N, F), the first `most` of them.

    Divide by the real set's: near 1 is as diverse, below 0.5 a warning. Raises DataError below two samples.
    """
    features = checked(features, "the")[:most]
    total = sum(float(part.sum()) for _, part in chunks(features, features))
    return total / (len(features) * (len(features) - 1))


def bins(train: Tensor, fake: Tensor, count: int = 100, seed: int = 0) -> Bins:
    """Cluster train (N, F) into `count` bins (fewer when there are few samples) and compare both sets' weights.

    A bin differs when a two-sided test of two proportions says so at 5 %; so 0.05 is as good as it gets.
    Raises DataError below 20 samples of either, or when every feature is constant. Source: Richardson & Weiss (2018).
    """
    train, fake = matched(train, fake, least=20)
    # Each bin needs some samples of both for its test to mean anything.
    count = max(2, min(count, len(train) // 10, len(fake) // 10))
    scale = train.std(0).clamp(min=1e-12)
    # The bins come from one half and the weights from the other: bins fit the samples they are made of too well.
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    shown, kept = (train[order] / scale).tensor_split(2)
    regions = Regions(shown, count, seed)
    real, mine = (regions.histogram(each) for each in (kept, fake / scale))
    n, m = len(kept), len(fake)
    pooled = (real + mine) / (n + m)
    error = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / n + 1 / m), 1e-300))
    differs = np.abs(real / n - mine / m) / error > DIFFERS
    return Bins(float(differs.mean()), _jensen_shannon(real / n, mine / m))


def ndb(train: Tensor, fake: Tensor, count: int = 100, seed: int = 0) -> float:
    """`bins(...).share`: near 0.05 is best, 1 worst."""
    return bins(train, fake, count, seed).share


def birthday(real: Tensor, fake: Tensor) -> float:
    """About how many different samples there are, from how often two of them are alike.

    Alike are samples nearer to each other than all but the nearest 1 % of real samples are to their neighbours. With a
    support of n, one pair in n is; the birthday paradox, counted over all pairs and not only for the first. When no
    pair is alike it is the number of pairs: at least so many. Features of both (N, F), (M, F). Higher is better.

    Raises DataError below 100 real or 2 generated samples, or when real ones have copies, which set no scale.
    Source: Arora & Zhang (2018).
    """
    real, fake = matched(real, fake)
    if len(real) < 100:
        raise DataError(f"the scale of likeness needs 100 real samples, got {len(real)}")
    closest = torch.cat([_no_self(first, part).amin(1) for first, part in chunks(real, real)])
    limit = closest.quantile(0.01)
    if limit <= 0:
        raise DataError("real samples have exact copies among them, so nearness sets no scale; remove the copies")
    alike = sum(int((_no_self(first, part) < limit).sum()) for first, part in chunks(fake, fake)) // 2
    pairs = len(fake) * (len(fake) - 1) / 2
    return pairs / max(alike, 1)


def _no_self(first: int, distances: Tensor) -> Tensor:
    rows = torch.arange(len(distances))
    distances[rows, rows + first] = torch.inf
    return distances


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    halves = [np.sum(each[each > 0] * np.log(each[each > 0] / middle[each > 0])) for each in (p, q)]
    return float(sum(halves) / 2)
