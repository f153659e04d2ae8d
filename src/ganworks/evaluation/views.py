"""Views: what an extractor sees of records and of generated samples, in sets of equal size."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..domains import Codec, Source
from ..domains.base import Indices, Raw
from ..metrics.features import Extractor
from ..model import Model
from ..settings import DataError
from ..training.feed import again, derive, encode, held

PART = 512
"""Samples that are drawn, encoded and seen at once; whole batches of the generator."""
SHOWN, LEAST_SHOWN, SHOWN_BYTES = 256, 32, 1 << 24
"""Encoded samples that are kept for metrics of the pictures themselves: fewer of large ones."""
CPU = torch.device("cpu")


class View(NamedTuple):
    """One set of samples as an extractor sees it."""

    features: Tensor
    """(N, F) float32."""
    probabilities: Tensor | None
    """(N, classes), where the extractor is a classifier."""
    samples: Tensor
    """The first few as encoded, (SHOWN or fewer, *shape)."""


def rows_of(source: Source, count: int, name: str) -> Indices:
    """The same `count` records of a split each time, in an order that only depends on the split's name and size."""
    return source.some(count, derive("evaluate", name))


def of_records(extractor: Extractor, codec: Codec, source: Source, rows: Indices, classified: bool = True) -> View:
    """Records of the data as the extractor sees them; with probabilities only where they are wanted."""
    return _seen(extractor, parts_of(codec, source, rows), classified)


def parts_of(codec: Codec, source: Source, rows: Indices) -> Iterator[Tensor]:
    """Records as encoded, PART at a time."""
    for start in range(0, len(rows), PART):
        batch = held(source, rows[start : start + PART], codec)
        yield batch.x if codec.output is codec else again(batch.x, codec)


def labels_of(source: Source, rows: Indices) -> Tensor | None:
    """Labels (N,) of the records, where they have any."""
    found = [source.fetch(rows[start : start + PART]).labels for start in range(0, len(rows), PART)]
    known = [torch.from_numpy(each) for each in found if each is not None]
    return torch.cat(known) if known else None


def of_generated(extractor: Extractor, model: Model, count: int, seed: int) -> View:
    """Samples of one seed, decoded to records as a user gets them and encoded again."""

    def parts() -> Iterator[Tensor]:
        for start in range(0, count, PART):
            yield encoded(model.generate(min(PART, count - start), seed, start), model.codec)

    return _seen(extractor, parts(), True)


def encoded(records: Raw, codec: Codec) -> Tensor:
    return encode(records, None, codec.output, CPU).x


@torch.no_grad()
def _seen(extractor: Extractor, parts: Iterator[Tensor], classified: bool) -> View:
    features: list[Tensor] = []
    probabilities: list[Tensor] = []
    shown: list[Tensor] = []  # PART is enough for all of them
    for x in parts:
        if not shown:
            shown.append(x[: min(SHOWN, max(LEAST_SHOWN, SHOWN_BYTES // max(1, x[0].nbytes)))].clone())
        if not x.isfinite().all():
            raise DataError(
                f"{int((~x.flatten(1).isfinite().all(1)).sum())} of {len(x)} samples hold numbers that are not finite; "
                "the generator has diverged, judge an earlier checkpoint"
            )
        features.append(extractor(x).float())
        if extractor.classes and classified:
            probabilities.append(extractor.probabilities(x).float())
    return View(torch.cat(features), torch.cat(probabilities) if probabilities else None, shown[0])
