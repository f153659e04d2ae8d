"""A light load client: plain sockets, one process, one thread. Told what to do by JSON on its command line.

A client with a library of its own costs more than the service that it is to measure. This one sends bytes that were
made before, looks for a status and a length in what comes back, and says how much of a core it took itself.
"""

import contextlib
import hashlib
import json
import select
import socket
import sys
import time
from collections import Counter, deque

MOST = 1500
"""Connections of an open loop."""


class Line:
    """One connection and the request on it."""

    __slots__ = ("begun", "number", "received", "socket", "wanted")

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.begun, self.number, self.received, self.wanted = 0.0, -1, b"", 0


class Load:
    """Sends requests and times their answers."""

    def __init__(self, told: dict):
        self.told, self.port = told, told["port"]
        self.before = f"GET {told['path']}seed=".encode()
        self.after = f" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {told['token']}\r\n\r\n".replace(
            "Host: x", f"Host: 127.0.0.1:{self.port}"
        ).encode()
        self.poll, self.lines = select.epoll(), {}
        self.codes, self.good, self.refused = Counter(), [], []
        self.done_at: list[tuple[float, float]] = []
        self.hashes: dict[int, str] = {}
        self.sent = self.unanswered = self.unsent = 0

    def open(self) -> Line:
        line = Line(self.port)
        self.lines[line.socket.fileno()] = line
        self.poll.register(line.socket.fileno(), select.EPOLLIN)
        return line

    def close(self, line: Line) -> None:
        if self.lines.pop(line.socket.fileno(), None) is not None:
            self.poll.unregister(line.socket.fileno())
            line.socket.close()

    def send(self, line: Line, number: int, begun: float) -> None:
        line.begun, line.number, line.received, line.wanted = begun, number, b"", 0
        self.sent += 1
        with contextlib.suppress(OSError):  # a closed one is found by reading
            line.socket.send(self.before + str(number).encode() + self.after)

    def read(self, line: Line) -> bool | None:
        """True: an answer is whole. False: it was, or had to be, the last. None: there is more to come."""
        try:
            data = line.socket.recv(1 << 18)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.unanswered += line.number >= 0
            self.close(line)
            return False
        received = line.received = line.received + data if line.received else data
        if not line.wanted:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return None
            place = received.find(b"content-length: ", 0, end) + 16
            line.wanted = end + 4 + int(received[place : received.find(b"\r", place)])
        if len(received) < line.wanted:
            return None
        now = time.perf_counter()
        code, took = int(received[9:12]), now - line.begun
        self.codes[code] += 1
        (self.good if code == 200 else self.refused).append(took)
        if code == 200 and self.told.get("when"):
            self.done_at.append((now, took))
        if self.told.get("hash") and code == 200:
            self.hashes[line.number] = hashlib.sha256(received[received.find(b"\r\n\r\n") + 4 :]).hexdigest()
        line.number = -1
        if b"connection: close" in received[: received.find(b"\r\n\r\n")]:
            self.close(line)
            return False
        return True

    def closed(self, clients: int, seconds: float, count: int, again: bool = True) -> None:
        """So many clients that each wait for their answer, for so many seconds or requests."""
        begun = time.perf_counter()
        end, number = begun + seconds, 0
        for _ in range(clients):
            self.send(self.open(), number, time.perf_counter())
            number += 1
        waiting = clients
        while waiting:
            for descriptor, _ in self.poll.poll(1.0):
                line = self.lines.get(descriptor)
                whole = None if line is None else self.read(line)
                if whole is None:
                    continue
                now = time.perf_counter()
                go_on = now < end and (not count or number < count)
                if whole is False and go_on and again:
                    line, whole = self.open(), True
                if go_on and whole:
                    self.send(line, number, now)
                    number += 1
                else:
                    waiting -= 1
            if time.perf_counter() > end + 15:
                self.unanswered += waiting
                break

    def open_loop(self, rate: float, seconds: float) -> None:
        """Requests at a rate that heeds no answer; latencies count from when each was due."""
        idle: deque[Line] = deque()
        begun = time.perf_counter()
        due, number, step, end = begun, 0, 1 / rate, begun + seconds
        busy = 0
        while True:
            now = time.perf_counter()
            while due <= now and due < end:
                if idle:
                    line = idle.pop()
                elif len(self.lines) < MOST:
                    line = self.open()
                else:
                    self.unsent += 1
                    due += step
                    continue
                self.send(line, number, due)
                busy, number, due = busy + 1, number + 1, due + step
            if due >= end and (not busy or now > end + 10):
                self.unanswered += busy
                return
            for descriptor, _ in self.poll.poll(max(0.0, min(due - now, 0.002)) if due < end else 0.1):
                line = self.lines.get(descriptor)
                whole = None if line is None else self.read(line)
                if whole is None:
                    continue
                busy -= 1
                if whole:
                    idle.append(line)

    def result(self, begun: float, spent: float) -> dict:
        took = time.perf_counter() - begun
        return {
            "seconds": took, "sent": self.sent, "codes": dict(self.codes), "unanswered": self.unanswered,
            "unsent": self.unsent, "rate": self.codes[200] / took, "good": spread(self.good),
            "refused": spread(self.refused), "client": (time.process_time() - spent) / took, "hashes": self.hashes,
        }  # fmt: skip


def spread(values: list[float]) -> dict[str, float]:
    """Quantiles in milliseconds."""
    ordered = sorted(values)
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))
        if ordered
    }


def main() -> None:
    told = json.loads(sys.argv[1])
    load, begun, spent = Load(told), time.perf_counter(), time.process_time()
    if "rate" in told:
        load.open_loop(told["rate"], told["seconds"])
    else:
        load.closed(told["clients"], told.get("seconds", 1e9), told.get("count", 0), told.get("again", True))
    print(json.dumps(load.result(begun, spent)))


if __name__ == "__main__":
    main()
