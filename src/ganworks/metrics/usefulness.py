"""What generated samples are good for: a classifier trained on them, and one trained on real and generated together."""

import warnings
from typing import NamedTuple

import torch
from torch import Tensor

from ..settings import DataError
from .sets import checked, like, varying


class Labelled(NamedTuple):
    x: Tensor
    """Features (N, F)."""
    labels: Tensor
    """Whole numbers (N,)."""


class Usefulness(NamedTuple):
    """Accuracy on real test samples of a classifier trained on ..."""

    real: float
    fake: float
    both: float

    @property
    def gain(self) -> float:
        """What generated samples add to real ones."""
        return self.both - self.real


def usefulness(real: Labelled, fake: Labelled, test: Labelled, seed: int = 0) -> Usefulness:
    """Train the same classifier three times and test each on real samples it has not seen.

    Features are standardised by the real training set. Raises DataError when a set is empty, features differ in number
    or are not finite, or training labels are all one class. Source: train on synthetic, test on real: Esteban et al.
    (2017); gain: the "augmentation" use of class-conditional samples, Ravuri & Vinyals (2019).
    """
    test = _checked(test, "test")
    real, fake = _checked(real, "training", test), _checked(fake, "generated", test)
    real, fake, test = _standard(real, fake, test)
    both = Labelled(torch.cat([real.x, fake.x]), torch.cat([real.labels, fake.labels]))
    scores = [_accuracy(each, test, seed) for each in (real, fake, both)]
    return Usefulness(*scores)


def train_on_fake(fake: Labelled, test: Labelled, seed: int = 0) -> float:
    """Accuracy on real test samples of a classifier that has seen generated ones alone."""
    test = _checked(test, "test")
    fake, test = _standard(_checked(fake, "generated", test), test)
    return _accuracy(fake, test, seed)


def augmentation_gain(real: Labelled, fake: Labelled, test: Labelled, seed: int = 0) -> float:
    """Accuracy with real and generated samples minus accuracy with real ones alone; above 0 they help."""
    return usefulness(real, fake, test, seed).gain


def _accuracy(learnt: Labelled, test: Labelled, seed: int) -> float:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if int(learnt.labels.min()) == int(learnt.labels.max()):
        raise DataError("a classifier needs two classes to learn from, the labels given are all one")
    model = LogisticRegression(max_iter=300, random_state=seed % (1 << 32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a little short of the optimum ranks the sets as well
        model.fit(learnt.x.numpy(), learnt.labels.numpy())
    return float(model.score(test.x.numpy(), test.labels.numpy()))


def _standard(first: Labelled, *others: Labelled) -> list[Labelled]:
    """All as multiples of the first one's deviation from its mean. What is constant there stays out of all."""
    used, mean, deviation = varying(first.x), first.x.mean(0), first.x.std(0)
    return [Labelled(((each.x - mean) / deviation)[:, used], each.labels) for each in (first, *others)]


def _checked(given: Labelled, what: str, test: Labelled | None = None) -> Labelled:
    x = checked(given.x, what) if test is None else like(test.x, given.x, what)
    if given.labels.shape != (len(x),) or (given.labels != given.labels.long()).any():
        shape = tuple(given.labels.shape)
        raise DataError(f"{what} samples: {len(x)} with labels of shape {shape}; give one whole number a sample")
    return Labelled(x, given.labels.detach().cpu().long())
