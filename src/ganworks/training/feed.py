"""Feed: endless real batches in a shuffled order that a resumed run finds again."""

import hashlib
from collections.abc import Iterator

import numpy as np
import torch

from ..domains import Codec, Source
from ..domains.base import Indices, Raw
from ..spec import Batch


def derive(*parts: int | str) -> int:
    """A seed of 63 bits that depends on all parts; streams with other parts are unrelated."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Feed(Iterator[Batch]):
    """Each epoch is a permutation that depends on (seed, retry, epoch) alone; batches run on across epochs.

    `position`, the records drawn so far, is the whole state. An endless source is read from its first record on.
    """

    def __init__(self, source: Source, codec: Codec, batch: int, device: torch.device, seed: int):
        self.source, self.codec, self.batch, self.device, self.seed = source, codec, batch, device, seed
        self.position = 0
        self.retry = 0
        self._epoch: tuple[tuple[int, int], Indices] | None = None

    def __next__(self) -> Batch:
        return self.at(self._indices(self.position))

    def at(self, indices: Indices) -> Batch:
        """Encode these records of the source, and count them as drawn."""
        fetched = self.source.fetch(indices)
        self.position += len(indices)
        return encode(fetched.x, fetched.labels, self.codec, self.device)

    def not_finite(self, batches: int) -> list[int]:
        """Which records of the last so many batches hold a number that is not finite, by their number in the source."""
        found: set[int] = set()
        for i in range(min(batches, self.position // self.batch)):
            indices = self._indices(self.position - (i + 1) * self.batch)
            fetched = self.source.fetch(indices)
            x = encode(fetched.x, fetched.labels, self.codec, torch.device("cpu")).x
            found |= set(indices[~x.isfinite().flatten(1).all(1).numpy()].tolist())
        return sorted(found)

    def _indices(self, position: int) -> Indices:
        if self.source.endless:
            # A retry reads on from elsewhere, so that it does not meet the same records again.
            return np.arange(position, position + self.batch, dtype=np.int64) + self.retry * 2**40
        parts, wanted = [], self.batch
        while wanted:
            epoch, offset = divmod(position, len(self.source))
            part = self._order(epoch)[offset : offset + wanted]
            parts.append(part)
            position, wanted = position + len(part), wanted - len(part)
        return np.concatenate(parts)

    def _order(self, epoch: int) -> Indices:
        key = (self.retry, epoch)
        if self._epoch is None or self._epoch[0] != key:
            rng = np.random.default_rng(derive("order", self.seed, *key))
            self._epoch = (key, rng.permutation(len(self.source)))
        return self._epoch[1]


def encode(x: Raw, labels: Indices | None, codec: Codec, device: torch.device) -> Batch:
    """Raw records as stored -> a Batch on device. Sixteen-bit numbers travel as int32, which torch computes with."""
    raw = torch.from_numpy(x.astype(np.int32) if x.dtype == np.uint16 else np.ascontiguousarray(x)).to(device)
    batch = codec.encode(raw, None if labels is None else torch.from_numpy(labels).to(device))
    return Batch(batch.x.contiguous(memory_format=torch.channels_last), batch.c) if batch.x.ndim == 4 else batch
