"""A service on a real socket, in a thread of the tests, and a client that sends any bytes at all."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from ganworks.launch import Words, launch, plan
from ganworks.server.app import build
from ganworks.server.running import bound, server_of
from ganworks.server.settings import Limits, Service

TOKEN = "a-token-of-the-tests-alone"
HOSTILE = "<img src=x onerror=alert(1)>"
"""Name of a class and of a run."""
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SMALL = (
    "batch=8", "previews=1", "checkpoints=1", "generator.width=4", "discriminator.width=4", "domain.condition=class",
)  # fmt: skip


class Heard(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self):
        return json.loads(self.body)

    @property
    def line(self) -> str:
        """The one line of a refusal, which carries an id and no internals."""
        assert set(self.tree) == {"error", "id"} and len(self.tree["id"]) == 8
        line = self.tree["error"]
        assert "\n" not in line and "Traceback" not in line and "/src/" not in line and "site-packages" not in line
        return line


class Running:
    """Where a service listens, and what it is."""

    def __init__(self, app, port: int, server=None):
        self.app, self.port, self.server = app, port, server

    def send(self, *parts: bytes, pause: float = 0.0, wait: float = 10.0) -> bytes:
        """Send bytes as they are, part by part, and return all that comes until the other side closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as line:
            try:
                for part in parts:
                    line.sendall(part)
                    time.sleep(pause)
            except OSError:
                pass  # it was closed meanwhile; what it said before is read
            heard = b""
            try:
                while piece := line.recv(1 << 16):
                    heard += piece
                    if _whole(heard):
                        break
            except OSError:
                pass
            return heard

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Heard:
        """One request, with the token unless `Authorization` is given; an empty header is left out."""
        merged = {"Host": f"127.0.0.1:{self.port}", **BEARER}
        merged |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            merged = {"Content-Length": str(len(body)), "Content-Type": "application/json"} | merged
        lines = "".join(f"{name}: {value}\r\n" for name, value in merged.items() if value)
        return parsed(self.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + (body or b"")))

    def post(self, path: str, tree: object, **headers: str) -> Heard:
        return self.ask(path, "POST", json.dumps(tree).encode(), **headers)


def parsed(heard: bytes) -> Heard:
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith("HTTP/1.1 "), heard[:200]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Heard(int(first.split()[1]), headers, body)


def trained(folder: Path, name: str = "digits") -> Path:
    """A run on twenty grey pictures of two classes, one of which has a hostile name."""
    for number, label in enumerate((HOSTILE, "plain")):
        (folder / "data" / label).mkdir(parents=True, exist_ok=True)
        for each in range(12):
            pixels = np.random.default_rng(100 * number + each).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "data" / label / f"{each}.png")
    run = folder / "runs" / name
    launch(plan(Words(str(folder / "data"), "lean-28", samples=16, folder=str(run), settings=SMALL)))
    return run


@contextmanager
def running(service: Service, runs: tuple[Path, ...] = ()) -> Iterator[Running]:
    """A service in a thread, stopped at the end as a signal would."""
    app = build(service, runs)
    listening = bound(service)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    made = Running(app, listening.getsockname()[1], server)
    try:
        while not server.started:
            time.sleep(0.01)
        made.loop = server.servers[0].get_loop()
        yield made
        made.loop.call_soon_threadsafe(server.stop)
    finally:
        thread.join(timeout=20)
        listening.close()
    assert not thread.is_alive()


def service(folder: Path, **limits: object) -> Service:
    return Service(token=TOKEN, port=0, runs=folder / "runs", data=folder, limits=Limits(**{"patience": 0, **limits}))


def _whole(heard: bytes) -> bool:
    head, found, body = heard.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n") if found else ():
        if line.startswith(b"content-length: "):
            return len(body) >= int(line[16:])
    return False


def on_loop(made: Running, work):
    """What a coroutine gives that runs on the service's own loop."""
    return asyncio.run_coroutine_threadsafe(work, made.loop).result(timeout=20)
