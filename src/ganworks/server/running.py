"""A service as a process: uvicorn on one socket, told to stop by a signal, and stopping without losing anything."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import uvicorn
from fastapi import FastAPI

from ..settings import ConfigError
from .app import build
from .connection import Connection, connection
from .door import Door
from .settings import Service
from .worker import Worker

LINGER = 0.3
"""Seconds for which new requests hear 503 before the socket is closed, so that nobody is cut off unheard."""
SWITCH = 0.0005
"""Seconds after which a thread that computes in Python lets another one; Python's own 5 ms are ten requests."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn's, but on a signal it turns new requests away with 503 until accepted work is done."""

    def __init__(self, config: uvicorn.Config, worker: Worker, drain: float):
        super().__init__(config)
        self._worker, self._drain, self._told = worker, drain, 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the service with exit code 0; the second one at once."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for each in signals:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(each, self.stop)
        yield

    def stop(self) -> None:
        """Not ready from now on; ends when all that was accepted is answered."""
        if self._worker.draining:
            self.force_exit = self.should_exit = True
            return
        self._worker.draining, self._told = True, asyncio.get_running_loop().time()

    async def on_tick(self, counter: int) -> bool:
        now = asyncio.get_running_loop().time()
        for each in list(self.server_state.connections):
            if isinstance(each, Connection):
                each.overdue(now)
        if self._worker.draining and now - self._told > LINGER:
            busy = self._worker.held or self.server_state.tasks
            self.should_exit = self.should_exit or not busy or now - self._told > self._drain
        return await super().on_tick(counter)


def serve(service: Service, runs: Sequence[str | Path] = (), say: Callable[[str], None] = print) -> None:
    """Serve until a signal comes. `say` hears the address, in one line, once requests are taken.

    Raises ConfigError when nothing can listen there, or a run cannot be served.
    """
    threads()
    listening = bound(service)
    try:
        app = build(service, runs)
        run(app, listening, say)
    finally:
        listening.close()


def run(app: FastAPI, listening: socket.socket, say: Callable[[str], None] = print) -> None:
    """Serve an application on a socket that listens, until a signal comes."""
    service: Service = app.state.service
    server = server_of(app)
    port = listening.getsockname()[1]
    host = f"[{service.host}]" if ":" in service.host else service.host
    say(f"http://{host}:{port}/?token={app.state.guard.token}")
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()  # what is there now stays; collecting need not look through torch again
    server.run(sockets=[listening])


def server_of(app: FastAPI) -> Server:
    """uvicorn set up for an application."""
    limits = app.state.service.limits
    state = app.state
    config = uvicorn.Config(
        Door(app, state.service, state.hosted, state.guard, state.numbers),
        http=connection(limits, app.state.hosted.worker, app.state.numbers),
        ws="none",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        lifespan="on",
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=round(limits.header_seconds),
        timeout_graceful_shutdown=max(1, round(limits.drain)),
    )
    return Server(config, app.state.hosted.worker, limits.drain)


def bound(service: Service) -> socket.socket:
    """A socket that listens where the service is to be. Raises ConfigError, with what to do, when none can."""
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((service.host, service.port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {service.port} is in use; choose another --port, or 0 for any that is free"
            ) from None
        raise ConfigError(
            f"cannot listen at {service.host} port {service.port}: {(error.strerror or str(error)).lower()}; "
            "choose another --host or --port"
        ) from None
    return listening


def threads() -> None:
    """Leave a core to those who talk: a device's thread computes with the others, unless the user decided."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, cores - 1))
