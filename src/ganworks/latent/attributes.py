"""Does a generator of attributes draw the numbers it is asked for? Read back from its samples, as from real records."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ..domains import Dataset, Source
from ..domains.base import Indices, Notify
from ..domains.image import Pictures
from ..metrics.features import Extractor, pick
from ..model import Model
from ..settings import ConfigError, DataError
from ..training import sampling
from ..training.feed import derive, held
from .classifier import PART, drawn

LEARN_FROM, COUNT, LEAST = 10_000, 2_000, 20
"""Training records that the reader learns from at most, samples that are judged, and the fewest of either."""
PENALTIES = tuple(10.0**power for power in range(-2, 6))
Rows = npt.NDArray[np.float64]


class Read(NamedTuple):
    """Correlation of each attribute, as asked, with what a reader finds in the sample."""

    names: tuple[str, ...]
    drawn: tuple[float, ...]
    real: tuple[float, ...]
    """The same of held-out records: what the reader can see at all."""
    samples: int
    reader: str

    def record(self) -> dict[str, Any]:
        """Plain values, as evaluation.json has them."""
        return self._asdict()

    def lines(self) -> list[str]:
        """What was found, a sentence each attribute."""
        return [
            f"{name}: asked and drawn agree at r = {drawn:.2f}, held-out records at {real:.2f}, read by {self.reader} "
            f"from {self.samples:,} samples"
            for name, drawn, real in zip(self.names, self.drawn, self.real, strict=True)
        ]


def measure(
    model: Model, dataset: Dataset, count: int = COUNT, seed: int = 0, notify: Notify = lambda line: None
) -> Read:
    """Judge a model of attributes by a ridge regression on features of training records; asked is what held-out
    records have.

    Raises ConfigError when the model has no attributes, DataError when there are too few records.
    """
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415  slow to import

    codec = model.codec
    if not isinstance(codec, Pictures) or codec.attributes is None:
        raise ConfigError("this run was not trained on attributes; train with --set domain.condition=attributes")
    for name, source in (("train", dataset.train), ("test", dataset.test)):
        if len(source) < LEAST:
            raise DataError(f"the {name} split has {len(source)} records, {LEAST} are needed to read attributes")
    notify(f"learning to read {', '.join(codec.attributes.names)}")
    eye = pick("auto", codec.spec.shape, model.run.data)
    reader = RidgeCV(PENALTIES).fit(*_seen(dataset.train, LEARN_FROM, codec, eye, "train"))
    features, truth = _seen(dataset.test, count, codec, eye, "test")
    asked = torch.from_numpy(np.resize(truth, (max(count, len(truth)), truth.shape[1]))[:count])
    z = sampling.latents(model.run.latents, model.run.generator.latent, len(asked), seed)
    fakes = drawn(model, sampling.joined(z, asked.float()))
    found = reader.predict(_features(eye, fakes))
    return Read(
        codec.attributes.names, _agreement(asked.numpy(), found), _agreement(truth, reader.predict(features)),
        len(asked), f"a ridge regression on {eye.name}",
    )  # fmt: skip


def _seen(source: Source, count: int, codec: Pictures, eye: Extractor, name: str) -> tuple[Rows, Rows]:
    """Features (N, F) and attributes (N, A), in deviations, of at most so many records of a split."""
    rows: Indices = source.some(count, derive("attributes", name))
    batches = [held(source, rows[start : start + PART], codec) for start in range(0, len(rows), PART)]
    given = [batch.c for batch in batches if batch.c is not None]
    return np.concatenate([_features(eye, batch.x) for batch in batches]), torch.cat(given).double().numpy()


def _features(eye: Extractor, x: torch.Tensor) -> Rows:
    parts = [eye(part).double().cpu().numpy() for part in torch.split(x, PART)]
    return np.concatenate(parts)


def _agreement(asked: Rows, found: Rows) -> tuple[float, ...]:
    """Pearson's correlation of each column; 0 where one never changes."""
    found = found.reshape(asked.shape)
    pairs = ((a, b) for a, b in zip(asked.T, found.T, strict=True))
    return tuple(float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0 for a, b in pairs)
