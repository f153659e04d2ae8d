"""What a classifier says of generated samples: its score, and which modes they fall into."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..settings import DataError


@dataclass(frozen=True)
class Modes:
    count: int
    """Classes with at least one sample."""
    kl: float
    """Kullback-Leibler divergence of the samples' histogram from the wanted one, in nats."""
    histogram: Tensor
    """Share of samples in each class, (classes,)."""
    floor: float
    """The divergence that so many perfect samples have on average."""


def classifier_score(probabilities: Tensor, splits: int = 10) -> float:
    """exp(E KL(p(y|x) || p(y))), the mean over `splits` equal parts: from 1 up to the number of classes.

    probabilities (N, classes), in the order in which samples were drawn. Meaningful only for data like the
    classifier's own; called Inception score only with the Inception network of 2015.
    Raises DataError when rows do not sum to 1 or there are fewer than `splits`. Source: Salimans et al. (2016).
    """
    probabilities = _checked(probabilities)
    splits = min(splits, len(probabilities))
    scores = []
    for part in torch.tensor_split(probabilities, splits):
        ratio = torch.xlogy(part, part) - torch.xlogy(part, part.mean(0, keepdim=True))
        scores.append(ratio.sum(1).mean().exp())
    return float(torch.stack(scores).mean())


def modes(found: Tensor, classes: int, wanted: Tensor | None = None) -> Modes:
    """How many of `classes` modes are hit, and how evenly.

    found: the label of each sample (N,), or probabilities (N, classes), of which the largest counts. wanted: share of
    each class (classes,), uniform by default. Raises DataError when a class is hit that `wanted` lacks altogether.
    Source: the protocol of Metz et al. (2017) and Lin et al. (2018).
    """
    labels = _checked(found).argmax(1) if found.ndim == 2 else found
    if not len(labels):
        raise DataError("no samples to count modes in; draw some")
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise DataError(f"labels must lie in 0 to {classes - 1}, got {int(labels.min())} to {int(labels.max())}")
    histogram = labels.long().bincount(minlength=classes).double() / len(labels)
    wanted = torch.full_like(histogram, 1 / classes) if wanted is None else wanted.double() / wanted.sum()
    if ((histogram > 0) & (wanted == 0)).any():
        raise DataError("some samples are of a class that was not wanted at all; its divergence has no value")
    kl = torch.xlogy(histogram, histogram).sum() - torch.xlogy(histogram, wanted)[histogram > 0].sum()
    floor = (int((wanted > 0).sum()) - 1) / (2 * len(labels))
    return Modes(int((histogram > 0).sum()), float(kl), histogram, floor)


def _checked(probabilities: Tensor) -> Tensor:
    if probabilities.ndim != 2 or not len(probabilities):
        raise DataError(f"class probabilities must be (samples, classes), got shape {tuple(probabilities.shape)}")
    probabilities = probabilities.detach().to("cpu", torch.float64)
    if not probabilities.isfinite().all() or (probabilities < 0).any():
        raise DataError("class probabilities must be finite and at least 0; give them after the softmax")
    sums = probabilities.sum(1, keepdim=True)
    if ((sums - 1).abs() > 1e-3).any():
        worst = float(sums[(sums - 1).abs().argmax()])
        raise DataError(f"each row of class probabilities must sum to 1, one sums to {worst:.3g}; apply the softmax")
    return probabilities / sums
