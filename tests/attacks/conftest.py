"""A watched sandbox: whatever is done in it must run no code, write nothing outside, and take little memory."""

import resource
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ganworks.settings import CheckpointError, ConfigError, DataError

REFUSALS = (CheckpointError, ConfigError, DataError)
MOST_MEMORY = 256 << 20
_RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.find_class"}
_WATCHES: dict[int, "Watch"] = {}
"""By thread; an audit hook can never be taken away, so one asks who is watched."""


class Watch:
    """What happened in this thread while it was watched."""

    def __init__(self, sandbox: Path):
        self.sandbox, self.seen = sandbox, []

    def note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _RUNS:
            self.seen.append(f"{event} {arguments[:1]}")
        if event == "open" and isinstance(arguments[0], str | bytes) and _writes(arguments):
            name = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode(errors="replace")
            if not Path(name).resolve().is_relative_to(self.sandbox):
                self.seen.append(f"wrote {name}")


def _writes(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(each in mode for each in "wax+")
    return isinstance(flags, int) and bool(flags & 3)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    watch = _WATCHES.get(threading.get_ident())
    if watch is not None:
        watch.note(event, arguments)


sys.addaudithook(_hook)


def most_memory() -> int:
    """The most that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.fixture
def sandbox(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder to be attacked in, beside which a canary sits that nobody may touch."""
    canary = tmp_path / "canary"
    canary.write_text("alive")
    folder = tmp_path / "sandbox"
    folder.mkdir()
    monkeypatch.setenv("GANWORKS_CACHE", str(folder / "cache"))
    monkeypatch.chdir(folder)
    yield folder
    assert canary.read_text() == "alive"
    assert {each.name for each in tmp_path.iterdir()} <= {"canary", "sandbox"}


@pytest.fixture
def attacked(sandbox: Path) -> Callable[..., str | None]:
    """Do something that a hostile file is in; returns the line of the refusal, or None where it was let be."""

    def attack(action: Callable[[], object]) -> str | None:
        watch, before = Watch(sandbox.resolve()), most_memory()
        _WATCHES[threading.get_ident()] = watch
        line = None
        try:
            action()
        except REFUSALS as error:
            line = str(error)
        finally:
            del _WATCHES[threading.get_ident()]
        assert watch.seen == []
        assert most_memory() - before <= MOST_MEMORY
        if line is not None:
            assert "\n" not in line and "\x1b" not in line and 0 < len(line) < 1000, line
        return line

    return attack
