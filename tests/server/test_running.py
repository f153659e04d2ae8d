"""The process: one line at its start, one line for what it cannot do, and an end that loses nothing."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.server.service import TOKEN, Running, on_loop, parsed, running, service

AT = "/v1/models/digits"


def test_a_port_in_use_gets_one_line(told) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert (
            told("serve", "--port", str(port))
            == f"port {port} is in use; choose another --port, or 0 for any that is free"
        )


def test_other_commands_that_cannot_be_get_one_line(told, tmp_path) -> None:
    assert "add --remote" in told("serve", "--host", "0.0.0.0")
    assert "at least 16 characters" in told("serve", "--host", "0.0.0.0", "--remote", "--token", "short")
    assert "did you mean 'queue'" in told("serve", "--set", "quue=3")
    assert "there is none" in told("serve", str(tmp_path / "nowhere"), "--port", "0")
    assert "must be at most 65535" in told("serve", "--port", "70000")
    assert "device must be auto" in told("serve", "--device", "toaster", str(tmp_path), "--port", "0")


def test_a_signal_ends_it_with_all_that_was_accepted_answered(folder: Path) -> None:
    words = ["serve", str(folder / "runs/digits"), "--port", "0", "--token", TOKEN, "--no-studio"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GANWORKS_CACHE": str(folder / "cache")}
    child = subprocess.Popen(
        [sys.executable, "-m", "ganworks", *words], stdout=subprocess.PIPE, text=True, env=environment
    )
    line = child.stdout.readline().strip()
    assert line.endswith(f"/?token={TOKEN}") and line.startswith("http://127.0.0.1:")
    made, heard = Running(None, int(line.split(":")[2].split("/")[0])), queue.SimpleQueue()
    assert made.ask(f"{AT}/generate").status == 200

    def hammer() -> None:
        while True:
            try:
                answer = made.ask(f"{AT}/generate?count=4")
            except (OSError, AssertionError):  # nobody listens there any more
                return
            heard.put(answer.status)

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    begun = time.monotonic()
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=30) == 0
    took = time.monotonic() - begun
    for thread in threads:
        thread.join(timeout=20)
    codes = {heard.get() for _ in range(heard.qsize())}
    assert 200 in codes and codes <= {200, 503} and took < 20


def test_one_that_is_stopping_finishes_what_it_took_and_takes_no_more(folder: Path) -> None:
    with running(service(folder), (folder / "runs/digits",)) as made:
        held, served = threading.Event(), made.app.state.hosted.get("digits")
        answers: list[bytes] = []

        async def occupy() -> None:
            made.task = made.loop.create_task(served.run(lambda model: held.wait(20)))

        on_loop(made, occupy())
        request = f"GET {AT}/generate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        accepted = threading.Thread(target=lambda: answers.append(made.send(request, wait=30)))
        accepted.start()
        while made.app.state.hosted.worker.held < 2:
            time.sleep(0.01)
        made.loop.call_soon_threadsafe(made.server.stop)
        while not made.app.state.hosted.worker.draining:
            time.sleep(0.01)
        assert made.ask("/health/ready").status == 503 and made.ask("/health/live").status == 200
        late = made.ask(f"{AT}/generate")
        assert late.status == 503 and late.headers["retry-after"] == "5" and late.headers["connection"] == "close"
        held.set()
        accepted.join(timeout=30)
        assert parsed(answers[0]).status == 200


@pytest.mark.parametrize("kind", ["connections"])
def test_a_connection_too_many_is_told_and_closed(folder: Path, kind: str) -> None:
    with running(service(folder, **{kind: 3})) as made:
        lines = [socket.create_connection(("127.0.0.1", made.port)) for _ in range(3)]
        time.sleep(0.2)
        assert b" 503 " in made.send(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for line in lines:
            line.close()
        time.sleep(0.2)
        assert made.ask("/health/live").status == 200
