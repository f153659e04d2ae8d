"""One model behind the service: what its samples cost, its place in the queue, and how requests share its batches."""

import contextvars
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from ..domains.base import Raw
from ..domains.image import Pictures
from ..latent.truncate import check as check_truncation
from ..latent.truncate import generate as truncated
from ..model import Model
from ..provenance import Mark
from ..settings import ConfigError
from ..training import sampling
from ..training.artefact import PAGE
from ..training.feed import derive
from .conditions import asked
from .engine import Engine
from .errors import Refused
from .settings import Service
from .worker import Gone, Job, Worker

T = TypeVar("T")


class Client(NamedTuple):
    """Who asked: an address, and what knows whether it has left."""

    name: str = "here"
    gone: Gone | None = None


HERE = Client()
client: contextvars.ContextVar[Client] = contextvars.ContextVar("client", default=HERE)
"""Of the request that is being answered; the door sets it."""


class Served:
    """A model on its device. What computes goes through its queue, never straight to the network."""

    def __init__(self, name: str, folder: Path, model: Model, worker: Worker, service: Service, patience: float = 0.0):
        self.name, self.folder, self.model, self.sha256 = name, folder, model, model.sha256
        self._worker, self._limits = worker, service.limits
        self.unfinished = not (folder / "model" / PAGE).exists() and not (folder / PAGE).exists()
        """Whether the run is still training, or was stopped: then this is its newest checkpoint."""
        self.mark: Mark = model.mark(0, 0)
        """What every sample's mark has in common."""
        self.plain = isinstance(model.codec, Pictures)
        """Whether requests are joined into batches: pictures from latents."""
        self.numbers = int(torch.Size(model.codec.spec.shape).numel())
        """Numbers in a sample."""
        self.engine: Engine | None = None
        self._lead = 0
        if self.plain:
            self.engine = Engine.of(model.network, lambda count: model.inputs(count, 0), self.most, patience)
            self._lead = _leading(model)

    @property
    def most(self) -> int:
        """Rows of a batch."""
        return self._limits.batch

    @property
    def most_samples(self) -> int:
        """Of one request."""
        return min(self._limits.count, max(1, self._limits.numbers // self.numbers))

    def check(self, count: int) -> None:
        """Raises Refused for more samples than one request may have."""
        most = self.most_samples
        if not 1 <= count <= most:
            raise Refused(422, f"count must be from 1 to {most:,} for this model, got {count:,}; ask several times")

    async def run(self, work: Callable[[Model], T], cost: int = 1, deadline: float | None = None) -> T:
        """What `work` makes of the model, on the device's thread, after everything that was queued before.

        `cost` is about how many samples it draws; `deadline` are seconds from now. Raises Refused when the queue is
        full, or whatever `work` raises.
        """
        job = Job(lambda: work(self.model), cost, *self._for(deadline))
        done: T = await self._worker.submit(job)
        return done

    async def draw(
        self,
        count: int,
        seed: int = 0,
        first: int = 0,
        condition: str | None = None,
        truncation: float | None = None,
        finish: Callable[[Raw], Any] | None = None,
    ) -> Any:
        """Records (count, ...), the same bytes for the same model and seed whatever else is asked for meanwhile.

        `finish` makes something else of them, on the device's thread. Raises Refused or ConfigError.
        """
        self.check(count)
        if seed < 0 or first < 0 or max(seed, first) >= 1 << 63:
            raise ConfigError(f"seed and first must be from 0 to 2^63, got {seed} and {first}")
        if truncation is not None:
            check_truncation(truncation)
        condition = asked(self.model.codec, condition)
        if self.plain and (truncation is None or not hasattr(self.model.network, "mapping")):
            piece = Drawing(self, count, seed, first, condition, truncation, finish)
            return await self._worker.submit(Job(None, count, *self._for(None), group=self, piece=piece))

        def work(model: Model) -> Any:
            if truncation is not None:
                records = truncated(model, count, truncation, seed, first, condition)
            else:
                records = model.generate(count, seed, first, condition=condition)
            return records if finish is None else finish(records)

        return await self.run(work, count)

    def compute(self, pieces: Sequence[tuple[Any, int, int]]) -> Callable[[], None]:
        """One batch of rows first..last of each piece. Every sample has the bits it has alone.

        What is returned decodes them and hands them to the pieces.
        """
        assert self.engine is not None
        good = []
        for piece, first, last in pieces:
            try:
                good.append((piece, piece.inputs(first, last)))
            except Exception as error:  # a class that nobody knows spoils no other request
                piece.error = error
        if not good:
            return lambda: None
        samples = self.engine.draw(torch.cat([rows for _, rows in good]) if len(good) > 1 else good[0][1])

        def hand_out() -> None:
            records, place = self.model.codec.decode(samples), 0
            for piece, rows in good:
                piece.take(records[place : place + len(rows)])
                place += len(rows)

        return hand_out

    def lone(self, seed: int, first: int) -> Tensor:
        """The latent (1, L) of one sample, as `Model.inputs` has it, without drawing the 63 beside it."""
        chunk, place = divmod(first, sampling.BATCH)
        if place >= self._lead:
            return self.model.inputs(1, seed, first)
        generator = torch.Generator().manual_seed(derive("latents", seed, chunk))
        run = self.model.run
        rows = run.latents.draw(self._lead, run.generator.latent, torch.device("cpu"), generator)
        return rows[place : place + 1]

    def _for(self, deadline: float | None) -> tuple[str, float, Gone | None]:
        asking, most = client.get(), self._limits.deadline
        return asking.name, min(most, deadline) if deadline is not None else most, asking.gone


class Drawing:
    """One request's part in batches."""

    def __init__(
        self,
        served: Served,
        count: int,
        seed: int,
        first: int,
        condition: str | None,
        truncation: float | None,
        finish: Callable[[Raw], Any] | None,
    ):
        self.served, self.count, self.seed, self.first, self.condition = served, count, seed, first, condition
        self.truncation, self.finish = truncation, finish
        self.error: Exception | None = None
        self._records: list[Raw] = []

    def inputs(self, first: int, last: int) -> Tensor:
        model, count = self.served.model, last - first
        if count == 1 and self.condition is None:
            z = self.served.lone(self.seed, self.first + first)
        else:
            z = model.inputs(count, self.seed, self.first + first, self.condition)
        if self.truncation is not None and self.truncation != 1:
            codes = model.run.latents.codes
            z = z.clone()
            z[:, : model.run.generator.latent - (codes.channels if codes else 0)] *= self.truncation
        return z

    def take(self, records: Raw) -> None:
        self._records.append(records)

    def value(self) -> Any:
        if self.error is not None:
            raise self.error
        records = self._records[0] if len(self._records) == 1 else np.concatenate(self._records)
        return records if self.finish is None else self.finish(records)


def _leading(model: Model) -> int:
    """How many first latents of a chunk can be drawn without the rest of it, to the bit; 0 where none can."""
    if model.codec.spec.condition is not None:
        return 0
    for rows in (1, 2, 4, 8, 16):
        if all(
            torch.equal(*(_drawn(model, seed, count)[:rows] for count in (rows, sampling.BATCH))) for seed in range(3)
        ):
            return rows
    return 0


def _drawn(model: Model, seed: int, count: int) -> Tensor:
    generator = torch.Generator().manual_seed(derive("latents", seed, 0))
    return model.run.latents.draw(count, model.run.generator.latent, torch.device("cpu"), generator)
