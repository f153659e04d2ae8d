"""Who may ask: names the service answers to, pages it hears, the token, and a header that no other page knows.

A browser will send a page's requests to any address, so being on loopback protects nothing. `Host` is checked against
names (rebinding of names), `Origin` and `Sec-Fetch-Site` against the service's own, and a call that changes something
and came by cookie has to bring a header. No answer ever allows another origin.
"""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from typing import Any, NamedTuple

from .errors import Refused
from .settings import LOOPBACK, Service

WRONG, WINDOW = 20, 60.0
"""Wrong tokens of one address in so many seconds, after which it is not heard for as long."""
REMEMBERED = 4096
"""Addresses whose wrong tokens are counted."""
COOKIE = "ganworks"
CHANGES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
METHODS = CHANGES | {"GET", "HEAD"}
OPEN = frozenset(("/health/live", "/health/ready"))
"""Paths that need no token."""


class Asking(NamedTuple):
    """What the headers of a request say that matters here."""

    client: str
    length: int | None
    """Bytes of the body as announced; None where it comes in chunks."""
    by_cookie: bool = False


class Guard:
    """Lets a request in, or raises Refused before its body is read."""

    def __init__(self, service: Service):
        self._service = service
        self.token = service.token or secrets.token_urlsafe(24)
        self._bearer = f"Bearer {self.token}".encode()
        session = secrets.token_bytes(32)
        self.cookie = hmac.new(session, b"cookie", hashlib.sha256).hexdigest()
        self.csrf = hmac.new(session, b"csrf", hashlib.sha256).hexdigest()
        self._names = {name.lower() for name in (*LOOPBACK, *service.names, service.host)}
        self._fine_hosts: set[bytes] = set()
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def admit(self, scope: Any) -> Asking:
        """What a request is, once it may come in. Raises Refused."""
        method, path = scope["method"], scope["path"]
        client = scope["client"][0] if scope["client"] else "unknown"
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in ONCE and name in headers:
                raise Refused(400, f"the header {name.decode('ascii')} came twice")
            headers[name] = value
        self._check_place(method, path, headers)
        length = _length(headers)
        if path in OPEN:
            return Asking(client, length)
        by_cookie = self._check_token(client, headers, scope["query_string"] if path == "/" else b"")
        if by_cookie and method in CHANGES and not _same(headers.get(b"x-ganworks", b""), self.csrf.encode()):
            raise Refused(403, "a call that changes something needs the header X-Ganworks; GET /api/session has it")
        return Asking(client, length, by_cookie)

    def token_fits(self, token: str) -> bool:
        return _same(token.encode("utf-8", "surrogateescape"), self.token.encode())

    def _check_place(self, method: str, path: str, headers: dict[bytes, bytes]) -> None:
        host = headers.get(b"host")
        if host is None or not self._answers_to(host):
            raise Refused(421, "this service does not answer to that host name; --name adds one")
        if method not in METHODS:
            raise Refused(405, "this method is not for this address")
        if b"upgrade" in headers and b"websocket" in headers[b"upgrade"].lower():
            raise Refused(400, "there are no websockets here")
        origin = headers.get(b"origin")
        if origin is not None and origin not in (b"http://" + host, b"https://" + host):
            raise Refused(403, "another page asked; only the studio's own page is heard")
        site = headers.get(b"sec-fetch-site", b"none")
        if site not in (b"none", b"same-origin") and not (path == "/" and method == "GET"):
            raise Refused(403, "another page asked; only the studio's own page is heard")

    def _answers_to(self, host: bytes) -> bool:
        if host in self._fine_hosts:
            return True
        name, known = _name(host.decode("latin-1").lower()), False
        if name is not None:
            known = name in self._names or (self._service.remote and _is_address(name))
        if known and len(self._fine_hosts) < 64:
            self._fine_hosts.add(host)
        return known

    def _check_token(self, client: str, headers: dict[bytes, bytes], query: bytes) -> bool:
        """Whether it was the cookie that let it in. Raises Refused."""
        brought = headers.get(b"authorization")
        if brought is None and query.startswith(b"token="):
            return False  # the page itself compares it, and counts
        if brought is not None:
            self.count_wrong(client, _same(brought, self._bearer))
            return False
        cookies = headers.get(b"cookie", b"").split(b";")
        value = next((each.strip()[9:] for each in cookies if each.strip().startswith(b"ganworks=")), b"")
        if _same(value, self.cookie.encode()):
            return True
        raise Refused(401, "a token is needed: open the address that ganworks serve printed, or send Authorization")

    def count_wrong(self, client: str, right: bool) -> None:
        """Raises Refused for a wrong token, and for any token from an address that guessed too often."""
        now, wrong = time.monotonic(), self._wrong.get(client)
        if wrong is not None:
            wrong[:] = [each for each in wrong if now - each < WINDOW]
            if len(wrong) >= WRONG:
                raise Refused(429, "too many wrong tokens came from there; wait a minute", WINDOW)
        if right:
            return
        self._wrong.setdefault(client, []).append(now)
        self._wrong.move_to_end(client)
        if len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)
        raise Refused(401, "the token is wrong; ganworks serve printed the right one when it started")


def _same(brought: bytes, wanted: bytes) -> bool:
    return hmac.compare_digest(brought, wanted)


def _length(headers: dict[bytes, bytes]) -> int | None:
    if b"transfer-encoding" in headers:
        if b"content-length" in headers:
            raise Refused(400, "Content-Length and Transfer-Encoding came together")
        return None
    text = headers.get(b"content-length", b"0")
    if not text.isdigit() or len(text) > 15:
        raise Refused(400, "Content-Length must be a whole number")
    return int(text)


def _name(host: str) -> str | None:
    """The name in `name:port` or `[address]:port`; None for what is neither."""
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    if (port and not port.isdecimal()) or not name or any(each in name for each in "@/\\ ,;"):
        return None
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


ONCE = frozenset((b"host", b"origin", b"authorization", b"content-length", b"transfer-encoding", b"x-ganworks"))
"""Headers of which a second one is a trick."""
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        b"media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
"""Of every answer."""
LEAN: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), HEADERS[1], HEADERS[3],
)  # fmt: skip
"""Of samples, which are no pages."""
