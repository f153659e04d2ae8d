"""The door: the outermost layer, which decides whether a request is heard before any of its body is.

Turning away has to cost little, or a flood would be answered by nothing but refusals. What is asked for most, one
sample by GET, is answered here as well: behind the door the same answer would cost twice as much again.
"""

import json
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .asked import Generate, query
from .drawing import generate
from .errors import LOG, Refused, refusal, told
from .guard import HEADERS, LEAN, Asking, Guard
from .hosted import Client, Hosted, client
from .numbers import Numbers
from .settings import Limits, Service

MODELS, GENERATE = "/v1/models/", "/generate"
WORK = frozenset(("generate", "interpolate", "latents", "apply"))
"""What the device computes: refused while its queue is full."""
TYPES = (b"application/json", b"multipart/form-data")


class Door:
    """Pure ASGI: checks, counts, and passes on.

    It is a middleware of the application; a server puts another one around all of it, which is cheaper still.
    """

    def __init__(self, app: ASGIApp, service: Service, hosted: Hosted, guard: Guard, numbers: Numbers):
        self.app, self.hosted, self.guard, self.numbers = app, hosted, guard, numbers
        self.limits: Limits = service.limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "ganworks.asking" in scope:  # let in already, by a door further out
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, kind = time.perf_counter(), _kind(scope["path"])
        answer = _Answer(send)
        asking: Asking | None = None
        try:
            asking = self.guard.admit(scope)
            self._check(scope, asking, kind)
            scope["ganworks.asking"] = asking
            client.set(Client(asking.client, scope.get("ganworks.transport")))
            if kind == "generate" and scope["method"] == "GET":
                await self._generate(scope, answer)
            else:
                await self.app(scope, self._counted(scope, asking, receive), answer)
        except Exception as error:  # one bad request never ends the process
            if answer.status:
                raise
            unread = asking is None or asking.length != 0
            await _refuse(answer, error, unread or self.hosted.worker.draining)
        self.numbers.answers[answer.status, kind] += 1
        self.numbers.latency.add(time.perf_counter() - begun)

    def _check(self, scope: Scope, asking: Asking, kind: str) -> None:
        """Raises Refused for what is too much, before it is read."""
        if self.hosted.worker.draining and kind != "health":
            raise Refused(503, "the service is stopping; ask again in a few seconds", 5)
        if kind in WORK:
            self.hosted.worker.check(asking.client)
        if asking.length:
            self._check_length(asking.length, scope)

    def _check_length(self, length: int, scope: Scope) -> None:
        most = self._most(scope)
        if length > most:
            raise Refused(413, f"a body of at most {most:,} bytes is taken here, got {length:,}; send less")

    def _most(self, scope: Scope) -> int:
        """Bytes of a body that are taken. Raises Refused for a kind of body that is not."""
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"").partition(b";")[0]
        kind = kind.strip().lower()
        if kind not in TYPES:
            raise Refused(415, "a body is application/json, or multipart/form-data where a file is uploaded")
        return self.limits.json_bytes if kind == TYPES[0] else self.limits.body_bytes

    def _counted(self, scope: Scope, asking: Asking, receive: Receive) -> Receive:
        """Bodies that come in chunks are counted as they come."""
        if asking.length is not None:
            return receive
        most, so_far = self._most(scope), 0

        async def counted() -> Message:
            nonlocal so_far
            message = await receive()
            so_far += len(message.get("body", b""))
            if so_far > most:
                raise Refused(413, f"a body of at most {most:,} bytes is taken here, more came; send less")
            return message

        return counted

    async def _generate(self, scope: Scope, send: "_Answer") -> None:
        name = scope["path"][len(MODELS) : -len(GENERATE)]
        asked = Generate.from_tree(query(scope["query_string"], many=("where",)))
        served = await self.hosted.open(name)
        done = await generate(served, asked)
        headers = [
            (b"content-type", done.media.encode()),
            (b"content-length", str(len(done.body)).encode()),
            (b"cache-control", b"private, no-cache"),
        ]
        if not done.media.startswith("image/"):
            headers.append((b"x-ganworks-mark", done.mark.text().encode()))
        send.status = 200
        await send.send({"type": "http.response.start", "status": 200, "headers": [*headers, *LEAN]})
        await send.send({"type": "http.response.body", "body": done.body})


POLICY = b"content-security-policy"


class _Answer:
    """Sends on, with the headers that every answer has, and remembers the status."""

    __slots__ = ("send", "status")

    def __init__(self, send: Send):
        self.send, self.status = send, 0

    async def __call__(self, message: Message) -> None:
        """Every other answer than those of the door itself."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = message.get("headers", ())
            # A stored report comes under a policy of its own; of two, the stricter of each part would hold.
            own = any(name == POLICY for name, _ in given)
            message["headers"] = [*given, *(each for each in HEADERS if not (own and each[0] == POLICY))]
        await self.send(message)


async def _refuse(send: _Answer, error: Exception, close: bool) -> None:
    refused = refusal(error)
    tree, extra = told(refused)
    if refused.status == 500:
        LOG.error("%s: %s", tree["id"], error, exc_info=error)
    body = json.dumps(tree).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode()) for name, value in extra.items()),
    ]
    if close:  # what is still to come is not read
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _kind(path: str) -> str:
    """The kind of work a path asks for, of few, so that counts of them stay few."""
    if path.startswith(MODELS):
        last = path.rpartition("/")[2]
        return last if last in WORK and path.count("/") == 4 else "models"
    first = path[1:].partition("/")[0]
    return first if first in ("v1", "api", "health", "metrics") else "page"
