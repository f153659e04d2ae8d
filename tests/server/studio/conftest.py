"""Two small runs, the service over them as an application and as a process, and a browser that hears complaints."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from ganworks.cli import run

TOKEN = "a-token-for-tests-0123456789"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
NARROW = [
    "batch=16",
    "generator.width=4",
    "discriminator.width=4",
    "previews=3",
    "checkpoints=3",
    "health.judgements=4",
]


class Place(NamedTuple):
    """Where a service looks."""

    runs: Path
    data: Path


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Runs `first` and `second` on digits, the same weights under another seed, and a data folder with a file."""
    pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")
    root = tmp_path_factory.mktemp("studio")
    made = Place(root / "runs", root / "data")
    made.data.mkdir()
    (made.data / "pets").mkdir()
    (made.data / "pets" / "readme.txt").write_text("no pictures yet")
    (made.data / ".hidden").write_text("")
    before = os.environ.get("GANWORKS_CACHE")
    os.environ["GANWORKS_CACHE"] = str(root / "cache")
    sets = [word for each in NARROW for word in ("--set", each)]
    try:
        words = ["digits", "--recipe", "lean-28", "--samples", "640", "--run", str(made.runs / "first")]
        assert run(["train", *words, *sets]) == 0
        shutil.copytree(made.runs / "first", made.runs / "second")
        settings = made.runs / "second" / "run.toml"
        settings.write_text(settings.read_text().replace("\nseed = 0", "\nseed = 1"))
        yield made
    finally:
        os.environ.pop("GANWORKS_CACHE", None)
        if before is not None:
            os.environ["GANWORKS_CACHE"] = before


@pytest.fixture(scope="module")
def client(place: Place):
    """The application over a copy of the runs, asked as a program would."""
    testing = pytest.importorskip("starlette.testclient")
    from ganworks.server.app import build  # noqa: PLC0415  needs the packages of a service
    from ganworks.server.settings import Service  # noqa: PLC0415

    app = build(Service(token=TOKEN, runs=place.runs, data=place.data))
    with testing.TestClient(app, base_url="http://localhost", headers=WITH_TOKEN) as made:
        yield made


@contextmanager
def serving(*words: str, **environment: str) -> Iterator[str]:
    """A service of its own process on a free port; its address with the token."""
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "ganworks", "serve", "--port", "0", "--token", TOKEN, *words],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    said: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: said.put(child.stdout.readline()), daemon=True).start()
    try:
        yield said.get(timeout=240).strip()
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0


@pytest.fixture(scope="session")
def address(place: Place) -> Iterator[str]:
    """A service over the two runs; its address with the token."""
    cache = str(place.runs.parent / "cache")
    with serving("--runs", str(place.runs), "--data", str(place.data), GANWORKS_CACHE=cache) as found:
        yield found


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as found:
        opened = found.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, address: str):
    """Open a room as a person would: `visit("#/runs")`."""
    with visiting(browser, address) as open_room:
        yield open_room


@contextmanager
def visiting(browser, address: str):
    """What opens a room of the service at an address. No page may have complained by the end.

    What a browser logs itself about an answer of 4xx is no complaint of the page's.
    """
    complaints: list[str] = []
    contexts = []

    def open_room(room: str = "#/runs", width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _complains(said) else None)
        page.goto(address)
        page.goto(f"{address.partition('?')[0]}{room}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    yield open_room
    for each in contexts:
        each.close()
    assert not complaints


def _complains(said) -> bool:
    return said.type in ("error", "warning") and "Failed to load resource" not in said.text


def unnamed(page) -> list[str]:
    """Controls and pictures that a screen reader has no name for."""
    return page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, img, progress, summary, [role=img]")]
            .filter((each) => each.checkVisibility())
            .filter((each) => !(each.labels?.length || each.getAttribute("aria-label") || each.textContent.trim()
                || each.getAttribute("alt") !== null))
            .map((each) => each.outerHTML.slice(0, 120))"""
    )


def too_wide(page) -> int:
    """Pixels by which a page has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
