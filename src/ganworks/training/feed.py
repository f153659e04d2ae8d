"""Feed: endless real batches in a shuffled order that a resumed run finds again."""

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..adversarial.collective import own
from ..domains import Codec, Source
from ..domains.base import Indices, Order, Raw, Stored
from ..spec import Batch
from .processes import together

RESIDENT = 0.25
"""Share of a device's free memory that the data may take."""


def derive(*parts: int | str) -> int:
    """A seed of 63 bits that depends on all parts; streams with other parts are unrelated."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Feed(Iterator[Batch]):
    """Each epoch is an order that depends on (seed, retry, epoch) alone; batches run on across epochs.

    `position`, the records drawn so far, is the whole state. An endless source is read from its first record on.
    """

    def __init__(
        self, source: Source, codec: Codec, batch: int, device: torch.device, seed: int, part: int | None = None
    ):
        self.source, self.codec, self.batch, self.device, self.seed = source, codec, batch, device, seed
        self.part = part
        self.position = 0
        self.retry = 0
        self._epoch: tuple[tuple[int, int], Order] | None = None
        self._resident = resident(source, device)

    def __next__(self) -> Batch:
        return self.at(self._indices(self.position))

    def at(self, indices: Indices) -> Batch:
        """Encode these records of the source, and count them as drawn; of several processes each encodes its slice."""
        mine = own(indices, self.part)
        if self._resident is not None:
            batch = self._resident.fetch(mine, self.codec)
        else:
            fetched = self.source.fetch(mine)
            batch = encode(fetched.x, fetched.labels, self.codec, self.device)
        self.position += len(indices)
        return batch

    def prepare(self, batches: int) -> None:
        """Wait until the records of the next batches are at hand, so that what fails does so before anything moved.

        Raises DataError, in all processes where it fails in one.
        """
        if isinstance(self.source, Stored):
            return

        def wait() -> None:
            for i in range(batches):
                self.source.prepare(self._indices(self.position + i * self.batch))

        together(wait)

    def not_finite(self, batches: int) -> list[int]:
        """Which records of the last so many batches hold a number that is not finite, by their number in the source."""
        found: set[int] = set()
        for i in range(min(batches, self.position // self.batch)):
            indices = self._indices(self.position - (i + 1) * self.batch)
            x = held(self.source, indices, self.codec).x
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

    def _order(self, epoch: int) -> Order:
        key = (self.retry, epoch)
        if self._epoch is None or self._epoch[0] != key:
            self._epoch = (key, self.source.order(derive("order", self.seed, *key)))
        return self._epoch[1]


class Resident:
    """Stored records on the device of training, so that a batch travels as its indices alone."""

    def __init__(self, source: Stored, device: torch.device):
        labels = None if source.labels is None else torch.from_numpy(source.labels[source.rows]).to(device)
        self.x, self.labels, self.device = _tensor(source.array[source.rows]).to(device), labels, device

    def fetch(self, indices: Indices, codec: Codec) -> Batch:
        rows = torch.from_numpy(indices).to(self.device, non_blocking=True)
        return _last(codec.encode(self.x[rows], None if self.labels is None else self.labels[rows]))


def resident(source: Source, device: torch.device) -> Resident | None:
    """The records on a CUDA device, where they are stored and take at most RESIDENT of its free memory."""
    if device.type != "cuda" or not isinstance(source, Stored):
        return None
    wide = 2 if source.array.dtype == np.uint16 else 1
    needed = wide * source.array[:1].nbytes * len(source.rows)
    return Resident(source, device) if needed <= RESIDENT * torch.cuda.mem_get_info(device)[0] else None


def encode(x: Raw, labels: Raw | None, codec: Codec, device: torch.device, fixed: bool = False) -> Batch:
    """Raw records as stored -> a Batch on device. Sixteen-bit numbers travel as int32, which torch computes with."""
    raw = _tensor(x).to(device)
    return _last(codec.encode(raw, None if labels is None else torch.from_numpy(labels).to(device), fixed))


def held(source: Source, indices: Indices, codec: Codec) -> Batch:
    """Records to judge or show, encoded on the CPU with nothing left to chance."""
    fetched = source.fetch(indices)
    return encode(fetched.x, fetched.labels, codec, torch.device("cpu"), fixed=True)


def again(x: Tensor, codec: Codec) -> Tensor:
    """Samples as a user gets them: decoded, and encoded again to be looked at."""
    # Both halves of a cycle come out together; the first is what a run is looked at for.
    seen = encode(codec.decode(x), None, codec.output, torch.device("cpu"), fixed=True).x
    return seen[:, : codec.output.spec.channels]


def _tensor(x: Raw) -> Tensor:
    return torch.from_numpy(x.astype(np.int32) if x.dtype == np.uint16 else np.ascontiguousarray(x))


def _last(batch: Batch) -> Batch:
    return Batch(_laid(batch.x), None if batch.c is None else _laid(batch.c))


def _laid(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
