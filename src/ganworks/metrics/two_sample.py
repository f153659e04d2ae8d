"""Can a fresh classifier tell generated samples from real ones?"""

import math
import warnings
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .sets import matched, varying


class Told(NamedTuple):
    accuracy: float
    """On samples the classifier has not seen; 0.5 when it cannot tell, 1 when it always can."""
    low: float
    high: float
    """95 % interval for this classifier (Wilson, 1927)."""


def two_sample_test(real: Tensor, fake: Tensor, seed: int = 0) -> Told:
    """Train two classifiers on half of each set and count how often their mean is right on the other half.

    One is linear in features and their squares, which finds means and variances from few samples; the other a small
    network, which finds the rest when there are many.

    real (N, F), fake (M, F); of the larger set as many are used as the smaller has. 0.5 is best. An accuracy below
    the interval around 0.5 is chance, too: it means nothing more.

    Raises DataError below 8 samples of each, when all features are constant, or when a number is not finite.
    Source: Lopez-Paz & Oquab (2017).
    """
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

    real, fake = matched(real, fake, least=8)
    count = min(len(real), len(fake)) // 2 * 2
    generator = torch.Generator().manual_seed(seed)
    sets = [each[torch.randperm(len(each), generator=generator)[:count]] for each in (real, fake)]
    learnt = torch.cat([each[: count // 2] for each in sets])
    held = torch.cat([each[count // 2 :] for each in sets])
    used, mean, deviation = varying(learnt), learnt.mean(0), learnt.std(0)
    scaled = (((each - mean) / deviation)[:, used].clamp(-10, 10) for each in (learnt, held))
    seen, unseen = (torch.cat([each, (each.square() - 1) / 2], 1).numpy() for each in scaled)
    answers = np.repeat([0, 1], count // 2)
    linear = LogisticRegression(C=0.01, max_iter=300)
    network = MLPClassifier((64,), alpha=1e-2, max_iter=60, early_stopping=count >= 100, random_state=seed % (1 << 32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # how far it got is what is measured
        odds = sum(each.fit(seen, answers).predict_proba(unseen)[:, 1] for each in (linear, network))
    accuracy = float(((odds > 1) == answers).mean())
    return Told(accuracy, *wilson(accuracy, len(unseen)))


def wilson(share: float, count: int, quantile: float = 1.96) -> tuple[float, float]:
    """The interval of a share found in `count` independent trials. Wilson (1927)."""
    square = quantile**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = quantile * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, centre - half), min(1.0, centre + half)
