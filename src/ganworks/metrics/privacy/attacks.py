"""Attacks by somebody who has samples, and at most some records of the same law: a score for each record.

Higher says "was trained on". `reference` records are ones that the attacker knows not to have been trained on: how
near or likely any record is, trained on or not.
"""

import math

import numpy as np
import torch
from torch import Tensor

from .. import neighbours
from ..sets import like, matched, varying

DIRECTIONS = 8
"""Main directions in which densities are estimated; in more, so few samples tell nothing."""
BLIND = 16
"""Main directions that the attacker sees who has no model."""


def near(records: Tensor, fake: Tensor) -> Tensor:
    """How near the nearest of generated samples (M, F) lies to each record (N, F). Chen et al. (2020), black box."""
    records, fake = matched(records, fake, least=1)
    return -neighbours.nearest(records, fake)[0][:, 0]


def nearer(records: Tensor, fake: Tensor, reference: Tensor) -> Tensor:
    """The same, less how near a reference record (R, F) lies: rare records are far from everything.

    Source: Chen et al. (2020), equation 8, with records in place of a second model's samples.
    """
    records, fake = matched(records, fake, least=1)
    reference = like(records, reference, "reference", 1)
    return neighbours.nearest(records, reference)[0][:, 0] - neighbours.nearest(records, fake)[0][:, 0]


def likelier(records: Tensor, fake: Tensor, reference: Tensor) -> Tensor:
    """Log density among generated samples (M, F) less that among reference records (R, F), for records (N, F).

    Densities are kernel estimates in the main directions of both sets together, with Scott's bandwidth for each.
    Source: van Breugel et al. (2023), DOMIAS. Raises DataError when every feature is constant.
    """
    records, fake = matched(records, fake, least=2)
    reference = like(records, reference, "reference", 2)
    both = torch.cat([fake, reference])
    records, fake, reference = (reduced(each, both, DIRECTIONS) for each in (records, fake, reference))
    return _log_density(records, fake) - _log_density(records, reference)


def _log_density(x: Tensor, seen: Tensor) -> Tensor:
    """Of points x (N, D) under a Gaussian around each of `seen` (M, D), but for the constant of a Gaussian."""
    count, size = seen.shape
    width = count ** (-1 / (size + 4))
    logs = torch.cat([(-part.square() / (2 * width**2)).logsumexp(1) for _, part in neighbours.chunks(x, seen)])
    return logs - math.log(count) - size * math.log(width)


def blind(members: Tensor, others: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Scores by somebody who has seen no model: a classifier of records (N, F) against (M, F), fitted on half of each
    and asked about the other halves, (N - N // 2,) and (M - M // 2,).

    Above 0.5 the two sides differ by themselves, say in time, and no attack's number means what it says.
    Logistic in the main directions and their squares. Source: Das, Zhang & Tramer (2024).
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to import

    members, others = matched(members, others)
    both = torch.cat([members, others])
    generator = torch.Generator().manual_seed(seed)
    sides = [reduced(each, both, BLIND)[torch.randperm(len(each), generator=generator)] for each in (members, others)]
    halves = [(each[: len(each) // 2], each[len(each) // 2 :]) for each in sides]
    answers = np.repeat([1, 0], [len(seen) for seen, _ in halves])
    model = LogisticRegression(C=0.1, max_iter=300).fit(_squared(torch.cat([seen for seen, _ in halves])), answers)
    mine, theirs = (torch.from_numpy(model.decision_function(_squared(unseen))) for _, unseen in halves)
    return mine, theirs


def _squared(x: Tensor) -> np.ndarray:
    x = x.clamp(-10, 10)
    return torch.cat([x, (x.square() - 1) / 2], 1).numpy()


def reduced(x: Tensor, seen: Tensor, most: int) -> Tensor:
    """Features x (N, F) along the main directions of `seen` (M, F), of unit variance there: (N, D) with D <= most.

    Raises DataError when every feature of `seen` is constant.
    """
    used, centre = varying(seen), seen.mean(0)
    around = (seen - centre)[:, used]
    values, vectors = torch.linalg.eigh(around.T @ around / max(1, len(seen) - 1))  # the largest last
    values, vectors = values.flip(0), vectors.flip(1)
    kept = min(most, int((values > 1e-9 * values[0]).sum()))
    seen_so: Tensor = (x - centre)[:, used] @ (vectors[:, :kept] / values[:kept].sqrt())
    return seen_so
