"""Does a conditional generator draw what it is asked for, and does what it draws teach as real records do?"""

from typing import Any, NamedTuple

import torch

from ..domains import Dataset
from ..domains.base import Notify
from ..domains.image import Pictures
from ..metrics.features import Extractor
from ..model import Model
from ..settings import ConfigError
from ..training import sampling
from .classifier import LEARN_FROM, Labelled, classifier, drawn, learnt, named, some

COUNT = 5000
RARE = 1e-6
"""Share of the training records below which a class is only a name."""


class Asked(NamedTuple):
    """Shares of samples that a classifier names as they were asked for, as many of each class."""

    share: float
    worst: float
    worst_class: str
    by_class: dict[str, float]
    real: float | None
    """Held-out records that the classifier names rightly: what there is to reach."""
    fakes_only: float | None
    """Accuracy on held-out records of a classifier that learnt from samples alone. Ravuri & Vinyals (2019)."""
    reals_only: float | None
    """The same of one that learnt from as many training records."""
    samples: int
    judge: str

    def record(self) -> dict[str, Any]:
        """Plain values, as evaluation.json has them."""
        return self._asdict()

    def lines(self) -> list[str]:
        """What was found, a sentence each."""
        real = "" if self.real is None else f" (of held-out records {self.real:.1%})"
        said = [
            f"{self.share:.1%} of {self.samples:,} samples are what was asked for{real}, by {self.judge}; "
            f"the worst class is {self.worst_class}: {self.worst:.1%}"
        ]
        if self.fakes_only is not None:
            beside = (
                "" if self.reals_only is None else f", one that learnt from as many real records {self.reals_only:.1%}"
            )
            said.append(
                f"a classifier that learnt from generated samples alone names {self.fakes_only:.1%} of held-out "
                f"records rightly{beside}"
            )
        return said


def measure(
    model: Model,
    dataset: Dataset,
    count: int = COUNT,
    seed: int = 0,
    learn: bool = True,
    notify: Notify = lambda line: None,
) -> Asked:
    """Judge a model of classes. With `learn`, a classifier is trained on samples too, and one on real records.

    Raises ConfigError when the model has no classes, DataError when the records have none, or too few.
    """
    codec = model.codec
    if not isinstance(codec, Pictures) or not codec.shares:
        raise ConfigError("this model was not trained on classes; train with --set domain.condition=class")
    if count < len(codec.shares):
        raise ConfigError(f"wanted at least a sample of each of {len(codec.shares)} classes, got count {count}")
    judge = classifier(model, dataset, notify)
    notify(f"drawing {count:,} samples of {len(codec.shares)} classes")
    samples = _drawn(model, codec, count, seed)
    right = (named(judge, samples.x, codec.classes) == samples.labels).double()
    there = torch.unique(samples.labels).tolist()
    by_class = {codec.classes[each]: float(right[samples.labels == each].mean()) for each in there}
    worst = min(by_class, key=lambda name: by_class[name])
    held_out = some(dataset.test, COUNT, codec, "test") if len(dataset.test) else None
    real = None if held_out is None else _rate(judge, held_out, codec)
    fakes_only = reals_only = None
    if learn and held_out is not None:
        size = min(LEARN_FROM, len(dataset.train))
        notify(f"training a classifier on {size:,} samples, and one on as many training records")
        fakes = _drawn(model, codec, size, seed + 1)
        reals = some(dataset.train, size, codec, "train")
        fakes_only, reals_only = (
            _rate(learnt(each, codec.classes, seed=seed, kept=each is reals), held_out, codec)
            for each in (fakes, reals)
        )
    return Asked(float(right.mean()), by_class[worst], worst, by_class, real, fakes_only, reals_only, count, judge.name)


def _drawn(model: Model, codec: Pictures, count: int, seed: int) -> Labelled:
    """Samples, as many of each class that the training records have, and what was asked for."""
    there = torch.tensor([number for number, share in enumerate(codec.shares) if share > RARE])
    labels = there[torch.arange(count) % len(there)]
    z = sampling.latents(model.run.latents, model.run.generator.latent, count, seed)
    return Labelled(drawn(model, sampling.joined(z, torch.eye(len(codec.shares))[labels])), labels)


def _rate(judge: Extractor, given: Labelled, codec: Pictures) -> float:
    """Share of records that are named rightly."""
    return float((named(judge, given.x, codec.classes) == given.labels).double().mean())
