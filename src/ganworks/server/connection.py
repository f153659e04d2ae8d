"""One connection: uvicorn's own, with an end to what a slow or hostile client may keep it waiting for.

uvicorn counts neither headers nor the time they take. Here headers, their number and bytes have limits, headers and
bodies have to arrive in time, and a connection too many is answered and closed at once.
"""

import json
from functools import lru_cache
from secrets import token_hex
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .errors import Refused, told
from .numbers import Numbers
from .settings import Limits
from .worker import Worker

GENERATE = b"/generate?"
MOST_HEADERS = 100
SMALL, MOST_SMALL = 64, 4096
"""Pieces of a body below so many bytes, and how many of them one request may have."""


class _TooMuch(Exception):
    """Raised into the parser, which stops."""


class Connection(HttpToolsProtocol):
    """Reads requests off one socket. `limits`, `worker` and `numbers` are those of the service that made this class."""

    limits: ClassVar[Limits]
    worker: ClassVar[Worker]
    numbers: ClassVar[Numbers]
    turned_away = False
    """Whether the request at hand was answered here."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.since = self.loop.time()
        """When it began to wait for what it waits for now."""
        self.heading, self.reading = True, True
        """Whether headers are still to come, and whether any of the request is."""
        self._bytes = self._fed = self._pieces = 0
        if len(self.connections) > self.limits.connections:
            self.refuse(Refused(503, "too many connections are open; try again in a moment", 1))

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.heading:
            self._fed += len(data)
            # What one read brings may hold a body as well, so only what leaves headers unfinished is too much.
        super().data_received(data)
        if self.heading and self._fed > self.limits.header_bytes and not self.transport.is_closing():
            self.refuse(Refused(431, f"an address and headers of at most {self.limits.header_bytes:,} bytes are read"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.since, self.heading, self.reading = self.loop.time(), True, True
        self._bytes = self._fed = self._pieces = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self.heading = False
        if not self.url.startswith(b"/"):
            raise _TooMuch("an address begins with /")
        if self._busy():
            return
        self.scope["ganworks.transport"] = self.transport  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def _busy(self) -> bool:
        """Turn a request for one sample away here when it would be at the door: in a flood that is most of the work.

        Whether its token was right is not said.
        """
        if GENERATE not in self.url or self.parser.get_method() != b"GET" or not self.parser.should_keep_alive():
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        try:
            self.worker.check(self.client[0] if self.client else "unknown")
        except Refused as refused:
            if self.worker.draining:
                return False
            self.turned_away = True
            self.transport.write(_written(refused, "keep-alive"))
            self.numbers.answers[refused.status, "generate"] += 1
            self.since = self.loop.time()
            return True
        return False

    def on_body(self, body: bytes) -> None:
        if self.turned_away:
            raise _TooMuch("a body that nothing was said of")
        if len(body) < SMALL:
            self._pieces += 1
            if self._pieces > MOST_SMALL:
                raise _TooMuch("a body in crumbs")
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.reading = False
        if self.turned_away:
            self.turned_away = False
            return
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed, in the words of all refusals."""
        self.refuse(Refused(400, "this is no request that can be read; nothing of it was used"))

    def overdue(self, now: float) -> None:
        """Close when headers or a body take too long."""
        most = self.limits.header_seconds if self.heading else self.limits.body_seconds
        if self.reading and now - self.since > most and not self.transport.is_closing():
            if self._fed or not self.heading:
                self.refuse(Refused(408, "the request did not arrive in time"))
            else:
                self.transport.close()

    def refuse(self, refused: Refused) -> None:
        """Answer without asking anyone, and close. In the midst of another answer, only close."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_written(refused, "close"))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _count(self, more: int) -> None:
        self._bytes += more
        if self._bytes > self.limits.header_bytes or len(self.headers) > MOST_HEADERS:
            raise _TooMuch("headers without end")


def _written(refused: Refused, then: str) -> bytes:
    return _words(refused.status, refused.line, refused.retry_after, then).replace(b"ID------", token_hex(4).encode())


@lru_cache(64)
def _words(status: int, line: str, after: float | None, then: str) -> bytes:
    """The bytes of a refusal but for its id; the same few come again and again in a flood."""
    refused = Refused(status, line, after)
    tree, extra = told(refused)
    body = json.dumps({**tree, "id": "ID------"})
    more = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
    return (
        f"HTTP/1.1 {refused.status} Refused\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"connection: {then}\r\nx-content-type-options: nosniff\r\n{more}\r\n{body}"
    ).encode()


def connection(limits: Limits, worker: Worker, numbers: Numbers) -> type[Connection]:
    """The class of connections with these limits, as uvicorn wants one."""
    return type("LimitedConnection", (Connection,), {"limits": limits, "worker": worker, "numbers": numbers})
