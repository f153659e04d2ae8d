"""The one thread that computes on a device, the bounded queue before it, and a thread that packs what was computed.

All counting happens on the event loop's thread, so nothing here is locked: the loop hands jobs over through a queue
written in C, and gets what became of a whole batch back in one call. While samples are made into files, the next batch
is computed already. Requests that draw from the same model are
joined into one batch. A request that asks for many samples goes back to the end of the queue after each batch, so that
it cannot keep small ones waiting.
"""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from .errors import LOG, Refused
from .numbers import Numbers
from .settings import Limits

FEW = 4
"""Samples that are worth a batch of their own."""
EXPIRED = "nobody waits for this any more: its deadline passed in the queue; ask again"


class Gone(Protocol):
    """What knows whether a client has left: a transport."""

    def is_closing(self) -> bool: ...


class Job:
    """Work for the device: `run` once, or as a piece of a batch, `rows` of which are still to be drawn."""

    __slots__ = (
        "answer", "begun", "client", "cost", "deadline", "done", "error", "gone", "group", "piece", "run", "value",
    )  # fmt: skip

    def __init__(
        self,
        run: Callable[[], Any] | None,
        cost: int,
        client: str,
        seconds: float,
        gone: Gone | None = None,
        group: "Group | None" = None,
        piece: "Piece | None" = None,
    ):
        self.run, self.cost, self.client, self.gone, self.group, self.piece = run, cost, client, gone, group, piece
        self.begun = time.monotonic()
        self.deadline = self.begun + seconds
        self.done = 0
        """Rows that are drawn already."""
        self.value: Any = None
        self.error: BaseException | None = None
        self.answer: asyncio.Future[Any] | None = None

    @property
    def unwanted(self) -> bool:
        """Whether nobody waits for it."""
        return time.monotonic() > self.deadline or (self.gone is not None and self.gone.is_closing())


class Group(Protocol):
    """What requests can share a batch of: a model's engine."""

    def compute(self, pieces: list[tuple["Piece", int, int]]) -> Callable[[], None]:
        """Draw rows first..last of each piece in one batch; what is returned decodes them and hands them out."""

    @property
    def most(self) -> int:
        """Rows of a batch."""


class Piece(Protocol):
    """A request's part in batches."""

    def take(self, records: Any) -> None: ...

    def value(self) -> Any: ...


class Worker:
    """Computes jobs one after the other; refuses those that it could not get to."""

    def __init__(self, limits: Limits, numbers: Numbers):
        self._limits, self._numbers = limits, numbers
        self._share = max(1, int(limits.queue * limits.share))
        self.held, self.waiting, self.draining = 0, 0, False
        """Jobs, and samples of them, that were accepted and are not answered yet; whether new ones are."""
        self._clients: Counter[str] = Counter()
        self._incoming: SimpleQueue[Job | None] = SimpleQueue()
        self._pending: deque[Job] = deque()
        self._computed: SimpleQueue[tuple[list[Job], list[Job], Callable[[], None] | None, int] | None] = SimpleQueue()
        self._seconds = 0.001
        self._threads = [
            threading.Thread(target=each, name=f"ganworks-{name}", daemon=True)
            for name, each in (("device", self._live), ("packing", self._pack))
        ]
        for thread in self._threads:
            thread.start()

    def check(self, client: str, cost: int = 1) -> None:
        """Raises Refused when a job would not be taken now; costs a microsecond."""
        if self.draining:
            raise Refused(503, "the service is stopping; ask again in a few seconds", 5)
        if self._clients[client] >= self._share:
            raise Refused(429, "too many requests of yours wait already; ask again in a moment", self._patience())
        if self.held >= self._limits.queue or (self.held and self.waiting + cost > self._limits.waiting):
            raise Refused(503, "too many requests wait already; ask again in a moment", self._patience())

    def submit(self, job: Job) -> "asyncio.Future[Any]":
        """Queue a job; called on the event loop's thread. Raises Refused when there is no room for it."""
        self.check(job.client, job.cost)
        self.held += 1
        self.waiting += job.cost
        self._clients[job.client] += 1
        job.answer = asyncio.get_running_loop().create_future()
        self._incoming.put(job)
        return job.answer

    def close(self) -> None:
        """End the thread once what it is computing is done."""
        self.draining = True
        self._incoming.put(None)
        for thread in self._threads:
            thread.join(timeout=2)

    def _patience(self) -> float:
        return float(max(1, round(self.waiting * self._seconds)))

    def _live(self) -> None:
        while self._gather():
            job = self._pending.popleft()
            if job.unwanted:
                job.error = Refused(503, EXPIRED, 1)
                self._computed.put(([job], [], None, 0))
            elif job.group is None:
                self._alone(job)
            else:
                self._together(job)
        self._computed.put(None)

    def _gather(self) -> bool:
        """Take in what has come; waits when there is nothing to do. False when the thread is to end."""
        try:
            while True:
                job = self._incoming.get(block=not self._pending)
                if job is None:
                    return False
                self._pending.append(job)
        except Empty:
            return True

    def _alone(self, job: Job) -> None:
        assert job.run is not None
        try:
            job.value = job.run()
        except BaseException as error:  # one bad request never ends the thread
            job.error = error
        self._computed.put(([job], [], None, 0))

    def _together(self, first: Job) -> None:
        """One batch of as many rows as it holds, from the first job and those like it."""
        group, jobs = first.group, list[tuple[Job, int]]()
        assert group is not None
        # Half of what waits, so that the answers to one half are written while the other is computed.
        room = most = min(group.most, max(FEW, -(-self.waiting // 2)))
        others = deque[Job]()
        self._pending.appendleft(first)
        while room and self._pending:
            job = self._pending.popleft()
            if job.group is not group or job.unwanted:
                others.append(job)
                continue
            rows = min(room, job.cost - job.done)
            jobs.append((job, rows))
            room -= rows
        self._pending.extendleft(reversed(others))
        begun, handing = time.perf_counter(), None
        parts = [job for job, _ in jobs]
        try:
            handing = group.compute([(job.piece, job.done, job.done + rows) for job, rows in jobs if job.piece])
        except BaseException as error:  # that of the whole batch, such as memory that did not suffice
            for job in parts:
                job.error = error
        ready = []
        for job, rows in jobs:
            job.done += rows
            if job.error is not None or job.done >= job.cost:
                ready.append(job)
            else:
                self._pending.append(job)
        drawn = most - room
        self._seconds = 0.9 * self._seconds + 0.1 * (time.perf_counter() - begun) / drawn
        self._computed.put((ready, parts, handing, drawn))

    def _pack(self) -> None:
        """Decode, encode and hand over, batch after batch, in the order they were computed."""
        while (computed := self._computed.get()) is not None:
            ready, parts, handing, drawn = computed
            try:
                if handing is not None:
                    handing()
            except BaseException as error:
                for job in parts:
                    job.error = error
            for job in ready:
                if job.error is None and job.piece is not None:
                    try:
                        job.value = job.piece.value()
                    except BaseException as error:
                        job.error = error
            if not ready:
                continue
            assert ready[0].answer is not None
            try:
                ready[0].answer.get_loop().call_soon_threadsafe(self._deliver, ready, drawn)
            except RuntimeError:  # the loop has ended meanwhile
                LOG.debug("an answer came after the end of the loop")

    def _deliver(self, jobs: list[Job], drawn: int) -> None:
        """On the loop's thread: count, and hand each waiting request what became of it."""
        now, numbers = time.monotonic(), self._numbers
        if drawn:
            numbers.batch.add(drawn)
            numbers.samples += drawn
        for job in jobs:
            self.held -= 1
            self.waiting -= job.cost
            self._clients[job.client] -= 1
            if not self._clients[job.client]:
                del self._clients[job.client]
            numbers.wait.add(now - job.begun)
            answer = job.answer
            if isinstance(job.error, Refused) and job.error.line == EXPIRED:
                numbers.expired += 1
            if answer is None or answer.done():
                continue
            if job.error is not None:
                answer.set_exception(job.error)
            else:
                answer.set_result(job.value)
