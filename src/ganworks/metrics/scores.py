"""What a classifier says of generated samples: its score, and which modes they fall into."""

import math
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
    """The divergence that so many perfect samples have on average, about (classes - 1) / (2 samples)."""


def classifier_score(probabilities: Tensor, splits: int = 10) -> float:
    """exp(E KL(p(y|x) || p(y))), the mean over `splits` equal parts: from 1 up to the number of classes.

    probabilities (N, classes), in the order in which samples were drawn. Meaningful only for data like the
    classifier's own; called Inception score only with the Inception network of 2015. Fewer than some 1,000 samples a
    part score too low. Raises DataError when rows do not sum to 1 or there are fewer than `splits`.
    Source: Salimans et al. (2016).
    """
    probabilities = _checked(probabilities)
    if not 1 <= splits <= len(probabilities):
        raise DataError(f"{len(probabilities)} samples cannot be scored in {splits} parts; use more samples")
    scores = []
    for part in torch.tensor_split(probabilities, splits):
        ratio = torch.xlogy(part, part) - torch.xlogy(part, part.mean(0, keepdim=True))
        scores.append(ratio.sum(1).mean().exp())
    return float(torch.stack(scores).mean())


def modes(found: Tensor, classes: int, wanted: Tensor | None = None) -> Modes:
    """How many of `classes` modes are hit, and how evenly.

    found: the label of each sample (N,), or probabilities (N, classes), of which the largest counts. wanted: share of
    each class (classes,), uniform by default. Raises DataError when a class is hit that `wanted` lacks altogether, or
    labels and classes do not fit. Source: the protocol of Metz et al. (2017) and Lin et al. (2018).
    """
    if found.ndim == 2 and found.shape[1] != classes:
        raise DataError(f"probabilities of {classes} classes are needed, got {found.shape[1]}; use their classifier")
    labels = _checked(found).argmax(1) if found.ndim == 2 else found.cpu()
    if labels.ndim != 1 or not len(labels):
        raise DataError(f"labels must be one a sample, (samples,), got shape {tuple(labels.shape)}")
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise DataError(f"labels must lie in 0 to {classes - 1}, got {int(labels.min())} to {int(labels.max())}")
    histogram = labels.long().bincount(minlength=classes).double() / len(labels)
    wanted = torch.full_like(histogram, 1 / classes) if wanted is None else _shares(wanted, classes)
    if ((histogram > 0) & (wanted == 0)).any():
        raise DataError("some samples are of a class that was not wanted at all; its divergence has no value")
    kl = torch.xlogy(histogram, histogram).sum() - torch.xlogy(histogram, wanted)[histogram > 0].sum()
    return Modes(int((histogram > 0).sum()), float(kl), histogram, sampling_floor(wanted, len(labels)))


def sampling_floor(wanted: Tensor, samples: int) -> float:
    """Exact mean divergence from `wanted` (classes,) of the histogram of so many samples drawn from it, in nats."""
    shares, classes = torch.unique(wanted[wanted > 0].double(), return_counts=True)
    counts = torch.arange(1.0, samples + 1, dtype=torch.float64)
    ways = math.lgamma(samples + 1) - torch.lgamma(counts + 1) - torch.lgamma(samples - counts + 1)
    total = 0.0
    for share, times in zip(shares.tolist(), classes.tolist(), strict=True):
        # xlogy, since a share of 1 leaves no other class and 0 log 0 is 0.
        others = torch.xlogy(samples - counts, torch.tensor(1 - share, dtype=torch.float64))
        chance = (ways + counts * math.log(share) + others).exp()
        part = counts / samples
        total += times * float((chance * part * (part / share).log()).sum())
    return total


def _shares(wanted: Tensor, classes: int) -> Tensor:
    if wanted.shape != (classes,) or not wanted.isfinite().all() or (wanted < 0).any() or not wanted.any():
        raise DataError(f"wanted shares must be {classes} numbers from 0 that are not all 0")
    return wanted.detach().to("cpu", torch.float64) / wanted.sum().item()


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
