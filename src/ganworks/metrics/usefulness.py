"""What generated samples are good for: a classifier trained on them, and one trained on real and generated together."""

import warnings
from typing import NamedTuple

import torch
from torch import Tensor

from ..settings import DataError
from .sets import checked


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
    real, fake, test = (_checked(*each) for each in ((real, "real"), (fake, "generated"), (test, "test")))
    widths = {each.x.shape[1] for each in (real, fake, test)}
    if len(widths) > 1:
        raise DataError(f"the three sets have {sorted(widths)} features; use one extractor for all")
    mean, deviation = real.x.mean(0), real.x.std(0).clamp(min=1e-12)
    real, fake, test = (Labelled((each.x - mean) / deviation, each.labels) for each in (real, fake, test))
    both = Labelled(torch.cat([real.x, fake.x]), torch.cat([real.labels, fake.labels]))
    scores = [_accuracy(each, test, seed) for each in (real, fake, both)]
    return Usefulness(*scores)


def train_on_fake(fake: Labelled, test: Labelled, seed: int = 0) -> float:
    """Accuracy on real test samples of a classifier that has seen generated ones alone."""
    fake, test = _checked(fake, "generated"), _checked(test, "test")
    mean, deviation = fake.x.mean(0), fake.x.std(0).clamp(min=1e-12)
    fake, test = (Labelled((each.x - mean) / deviation, each.labels) for each in (fake, test))
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


def _checked(given: Labelled, what: str) -> Labelled:
    x = checked(given.x, what)
    if len(given.labels) != len(x):
        raise DataError(f"{what} samples: {len(x)} with {len(given.labels)} labels; give one label a sample")
    return Labelled(x, given.labels.detach().cpu().long())
