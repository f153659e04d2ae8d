"""Scores: every number about a set of samples, and the table that says how to read it."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from ..metrics import coverage, diversity, frechet, kernel, memorisation, scores, sliced, two_sample
from ..settings import DataError
from .views import View

KERNEL_MOST, SLOW_MOST = 2000, 1000
"""Samples on which the kernel distance, and whatever is slower still, are computed; the first of each set."""
PAIRS = 300
"""Pairs of pictures whose likeness is taken."""
AUTHENTIC_TRAIN = 2000
"""Training records among which authenticity looks; it needs the distance of each to its own neighbour."""
INCEPTION = "inception"
NEAR = 0.01
"""Share of held-out records that lie as near to a training record as what is called a copy."""


class Reference(NamedTuple):
    """What sets of samples are scored against. It stays the same for every set: it is part of the protocol."""

    real: View
    """Held-out records."""
    train: Tensor
    """Features of training records (T, F)."""
    k: int
    """Neighbours of precision, recall, density and coverage."""
    near: float
    """Relative distance to the nearest training record that only NEAR of the held-out ones fall below."""

    @classmethod
    def of(cls, real: View, train: Tensor, k: int) -> "Reference":
        near = float(memorisation.nearness(real.features.double(), train.double()).quantile(NEAR))
        return cls(real, train, min(k, len(real.features) - 1), near)


class Metric(NamedTuple):
    """How one number is spelled and read."""

    label: str
    """`{}` is the extractor's name."""
    better: Literal["lower", "higher", "near"]
    ideal: float | None = None
    note: str = ""

    def spelled(self, extractor: str) -> str:
        """Its name in print. FID and KID are names of numbers from the 2015 Inception alone."""
        if extractor == INCEPTION:
            return {"FD({})": "FID", "KD({})": "KID"}.get(self.label, self.label.format(extractor))
        return self.label.format(extractor)


Values = dict[str, float]
Score = Callable[[Reference, View], Values]


class Scores(NamedTuple):
    values: Values
    troubles: dict[str, str]
    """Why some could not be computed, a line for each group of them."""


def score(reference: Reference, view: View, only: Iterable[str] = ()) -> Scores:
    """Every number about a set, or those of the groups in `only`. What cannot be computed costs no other number."""
    values: Values = {}
    troubles: dict[str, str] = {}
    for name in only or GROUPS:
        try:
            values |= GROUPS[name](reference, view)
        except DataError as error:
            troubles[name] = str(error)
    return Scores({name: value for name, value in values.items() if math.isfinite(value)}, troubles)


def _frechet(reference: Reference, view: View) -> Values:
    return {"frechet": frechet.frechet_distance(reference.real.features, view.features)}


def _kernel(reference: Reference, view: View) -> Values:
    real, fake = reference.real.features[:KERNEL_MOST], view.features[:KERNEL_MOST]
    return {"kernel": kernel.squared_mmd(real, fake)}


def _sliced(reference: Reference, view: View) -> Values:
    return {"sliced": sliced.sliced_wasserstein(reference.real.features, view.features)}


def _coverage(reference: Reference, view: View) -> Values:
    found = coverage.prdc(reference.real.features, view.features, k=reference.k)
    return {"precision": found.precision, "recall": found.recall, "density": found.density, "coverage": found.coverage}


def _two_sample(reference: Reference, view: View) -> Values:
    real, fake = reference.real.features[:SLOW_MOST], view.features[:SLOW_MOST]
    return {"two-sample": two_sample.two_sample_test(real, fake)[0]}


def _diversity(reference: Reference, view: View) -> Values:
    real = diversity.pairwise_diversity(reference.real.features[:SLOW_MOST])
    if not real:
        raise DataError("the held-out records are all alike to this extractor; choose another with --features")
    return {"diversity": diversity.pairwise_diversity(view.features[:SLOW_MOST]) / real}


def _ndb(reference: Reference, view: View) -> Values:
    return {"ndb": diversity.ndb(reference.train, view.features)}


def _birthday(reference: Reference, view: View) -> Values:
    return {"support": diversity.birthday(reference.real.features[:SLOW_MOST], view.features[:SLOW_MOST])}


def _pairs(reference: Reference, view: View) -> Values:
    if view.samples.ndim != 4 or min(view.samples.shape[2:]) < 3:
        return {}
    return {"ms-ssim": diversity.likeness(view.samples, pairs=PAIRS)}


def _copied(reference: Reference, view: View) -> Values:
    found = memorisation.nearness(view.features.double(), reference.train.double())
    return {"copied": float((found <= reference.near).double().mean())}


def _memory(reference: Reference, view: View) -> Values:
    train, test = reference.train, reference.real.features[:SLOW_MOST]
    fake = view.features[:SLOW_MOST]
    return {
        "authenticity": memorisation.authenticity(train[:AUTHENTIC_TRAIN], fake),
        "copying": memorisation.copying(train, test, fake),
    }


def _likelihood(reference: Reference, view: View) -> Values:
    test, fake = reference.real.features[:SLOW_MOST], view.features[:SLOW_MOST]
    train = reference.train[: 2 * len(fake)]  # half of them make the zero, as many as there are generated ones
    found = memorisation.likelihood_divergence(train, test, fake)
    return {"likelihood": found.value, "likelihood-gap": found.gap}


def _classes(reference: Reference, view: View) -> Values:
    if view.probabilities is None or reference.real.probabilities is None:
        return {}
    real, fake = (histogram(each) for each in (reference.real.probabilities, view.probabilities))
    return {
        "classifier-score": scores.classifier_score(view.probabilities, min(10, len(view.probabilities))),
        "classes": float((fake > 0).sum()),
        "classes-kl": divergence(fake, real),
    }


def histogram(probabilities: Tensor) -> Tensor:
    """Share of samples whose likeliest class it is, (classes,)."""
    counts = torch.bincount(probabilities.argmax(1), minlength=probabilities.shape[1])
    return counts.double() / len(probabilities)


def divergence(fake: Tensor, real: Tensor) -> float:
    """Kullback-Leibler divergence of one histogram from another, in nats; a class the data lacks counts as one in
    a million."""
    used = fake > 0
    return float((fake[used] * (fake[used] / real[used].clamp(min=1e-6)).log()).sum())


def by_class(real: View, fake: View) -> list[float | None]:
    """Frechet distance within each class as the classifier assigns it, at as many samples of both; None where too
    few."""
    assert real.probabilities is not None and fake.probabilities is not None
    found: list[float | None] = []
    for label in range(real.probabilities.shape[1]):
        sets = [each.features[each.probabilities.argmax(1) == label] for each in (real, fake)]  # type: ignore[union-attr]
        count = min(len(each) for each in sets)
        enough = count > sets[0].shape[1]
        found.append(frechet.frechet_distance(sets[0][:count], sets[1][:count]) if enough else None)
    return found


GROUPS: Mapping[str, Score] = {
    "frechet": _frechet, "kernel": _kernel, "sliced": _sliced, "coverage": _coverage, "two-sample": _two_sample,
    "diversity": _diversity, "ms-ssim": _pairs, "ndb": _ndb, "support": _birthday, "copied": _copied,
    "memory": _memory, "likelihood": _likelihood, "classes": _classes,
}  # fmt: skip

METRICS: Mapping[str, Metric] = {
    "frechet": Metric("FD({})", "lower", 0.0),
    "kernel": Metric("KD({})", "lower", 0.0),
    "sliced": Metric("sliced Wasserstein({})", "lower", 0.0),
    "precision": Metric("precision", "higher"),
    "recall": Metric("recall", "higher"),
    "density": Metric("density", "near", 1.0),
    "coverage": Metric("coverage", "higher"),
    "two-sample": Metric("told from real", "lower", 0.5, "accuracy of a fresh classifier; 0.5 is a coin"),
    "diversity": Metric("diversity ratio", "near", 1.0, "mean distance between samples, over that of real ones"),
    "ms-ssim": Metric("MS-SSIM of pairs", "near", None, "likeness of samples to each other; the floor is the data's"),
    "ndb": Metric("NDB/K", "lower", 0.05, "share of clusters whose weight is wrong; 0.05 by chance alone"),
    "support": Metric("birthday support", "higher", None, "distinct samples at least, from how often two are alike"),
    "copied": Metric(
        "near copies",
        "lower",
        NEAR,
        "nearer to a training record, for its surroundings, than 1 % of held-out records are",
    ),
    "authenticity": Metric("authenticity", "higher", None, "farther from training than that record's own neighbour"),
    "copying": Metric("C_T", "near", 0.0, "far below 0: copying; far above: underfitting"),
    "likelihood": Metric("FLD", "lower", None),
    "likelihood-gap": Metric("FLD gap", "near", 0.0, "train minus test; strongly negative: memorised"),
    "classifier-score": Metric("classifier score", "higher"),
    "classes": Metric("classes found", "higher"),
    "classes-kl": Metric("KL of classes", "lower", 0.0, "histogram of classes against the held-out records'"),
}
