"""The records an examination looks at: some of every split, the same ones each time, as a codec encodes them."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..domains import Codec, Dataset
from ..domains.base import Indices
from ..domains.translations import Translations
from ..training.feed import derive, encode

MOST = 20_000
"""Records that are compared pair by pair; of more, a random part."""
NUMBERS = 200_000_000
"""Of all records looked at together: a clip has as many as a thousand small pictures."""
SIDE = 16
"""Of the thumbnails that pictures are compared by."""
SPLITS = ("train", "validation", "test")


class Looked(NamedTuple):
    """x (N, *shape) encoded, the label of each (N,) or None, its split (N,) and its row in that split (N,)."""

    x: Tensor
    c: Tensor | None
    """What each is made from (N, *shape), where that is a picture."""
    labels: Indices | None
    splits: Indices
    rows: Indices
    total: int
    """Records there are."""

    def thumbnails(self) -> Tensor:
        """(N, C, SIDE, SIDE): every picture averaged to a small square."""
        return interpolate(self.x.float(), (SIDE, SIDE), mode="bilinear", antialias=True)


def look(dataset: Dataset, codec: Codec) -> Looked:
    """At most MOST records, of each split in proportion."""
    sources = [getattr(dataset, split) for split in SPLITS]
    total = sum(len(source) for source in sources)
    most = min(MOST, max(64, NUMBERS // math.prod(codec.spec.shape)))
    kept = min(1.0, most / max(total, 1))
    parts, inputs, labels, splits, rows = [], [], [], [], []
    translates = isinstance(codec, Translations)
    for number, source in enumerate(sources):
        if not len(source):
            continue
        chosen = np.sort(source.some(max(1, int(kept * len(source))), derive("doctor", number))).astype(np.int64)
        for some in np.array_split(chosen, -(-len(chosen) // 1_024)):
            fetched = source.fetch(some)
            batch = encode(fetched.x, fetched.labels, codec, torch.device("cpu"), fixed=True)
            parts.append(batch.x)
            if translates and batch.c is not None:
                inputs.append(batch.c)
            labels.append(fetched.labels)
        splits.append(np.full(len(chosen), number))
        rows.append(chosen)
    known = [each for each in labels if each is not None]
    together = np.concatenate(known) if known and len(known) == len(labels) else None
    c = torch.cat(inputs) if inputs else None
    return Looked(torch.cat(parts), c, together, np.concatenate(splits), np.concatenate(rows), total)
