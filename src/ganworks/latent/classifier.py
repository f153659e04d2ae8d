"""Who says what a generated sample is: a classifier of the data's own classes, trained on real records."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..domains import Codec, Dataset, Source
from ..domains.base import Indices, Notify
from ..domains.image.cache import cache_folder
from ..metrics.features import Extractor, chosen, own
from ..metrics.features.digits import Digits
from ..model import Model
from ..settings import DataError
from ..training.feed import derive, encode, held

PART = 512
LEARN_FROM, STEPS = 10_000, 400
"""Real records that a classifier learns from, at most, and for how many steps: half a minute of a core."""


class Labelled(NamedTuple):
    """Encoded samples x (N, *shape), and the class of each (N,)."""

    x: Tensor
    labels: Tensor


def classifier(model: Model, dataset: Dataset, notify: Notify = lambda line: None) -> Extractor:
    """The digits' own where the data is that, else one learnt from the training records and kept in the cache.

    Raises DataError when the records have no classes to learn.
    """
    if at_hand(model, dataset):
        return Digits(model.codec.spec.channels)
    if len(dataset.classes) < 2:
        raise DataError("these records have no classes, so nobody can say what a sample is; label some to measure it")
    notify(f"learning to tell {len(dataset.classes)} classes apart")
    return learnt(some(dataset.train, LEARN_FROM, model.codec, "train"), dataset.classes, notify, kept=True)


def at_hand(model: Model, dataset: Dataset) -> bool:
    """Whether a classifier of these classes needs no learning."""
    shape = model.codec.spec.shape
    return chosen(shape, model.run.data) == "digits" and set(dataset.classes) <= set(Digits(shape[0]).classes)


def learnt(
    given: Labelled, classes: Sequence[str], notify: Notify = lambda line: None, seed: int = 0, kept: bool = False
) -> Extractor:
    """A classifier of samples, real or generated. Raises DataError where there are too few."""
    parts, shape = torch.split(given.x, PART), tuple(given.x.shape[1:])
    folder = cache_folder() if kept else None
    return own.train(parts, shape, given.labels, tuple(classes), STEPS, seed, folder, notify)


def some(source: Source, count: int, codec: Codec, name: str) -> Labelled:
    """At most so many records of a split, the same each time. Raises DataError where they have no classes."""
    rows: Indices = source.some(count, derive("asked", name))
    parts = [rows[start : start + PART] for start in range(0, len(rows), PART)]
    labels = [source.fetch(part).labels for part in parts]
    if not parts or any(each is None for each in labels):
        raise DataError(f"the {name} split has no records with classes")
    x = torch.cat([held(source, part, codec).x for part in parts])
    return Labelled(x, torch.from_numpy(np.concatenate([each for each in labels if each is not None])).long())


def drawn(model: Model, inputs: Tensor) -> Tensor:
    """Samples (N, *shape) for inputs (N, L + R), decoded to what a user gets and encoded again."""
    parts = (model.decode(part) for part in torch.split(inputs, PART))
    return torch.cat([encode(each, None, model.codec.output, torch.device("cpu")).x for each in parts])


def named(judge: Extractor, x: Tensor, classes: Sequence[str] = ()) -> Tensor:
    """The class that each sample most likely is, (N,): its number in `classes`, or in the classifier's own."""
    likeliest = torch.cat([judge.probabilities(part).argmax(1).cpu() for part in torch.split(x, PART)])
    if not classes:
        return likeliest
    places = {name: number for number, name in enumerate(classes)}
    return torch.tensor([places.get(name, -1) for name in judge.classes])[likeliest]
