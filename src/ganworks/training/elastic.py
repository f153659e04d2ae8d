"""Elastic: torch's own launcher, started with the words of `ganworks train`, and what workers leave with it.

The launcher starts every process again when one of them dies. A mistake that a user has to correct would be met again
each time, so whoever meets one leaves a note in the launcher's store, and later attempts leave at once; a launcher of
ours is told to start nothing any more.
"""

import contextlib
import hashlib
import logging
import os
import secrets
import signal
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

NOTE, OURS = "ganworks/refused", "GANWORKS_LAUNCHER"
# Longest wait for a slower process, such as the first one writing or judging.
PATIENCE = timedelta(minutes=30)


def start(processes: int, restarts: int, words: Sequence[str]) -> int:
    """Run `ganworks WORDS` in so many processes on this machine; returns the exit code."""
    # torch's launcher reports what the workers have said already.
    os.environ.setdefault("LOGLEVEL", "CRITICAL")
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ[OURS] = str(os.getpid())
    from torch.distributed import run  # noqa: PLC0415  only where it is wanted
    from torch.distributed.elastic.multiprocessing.api import SignalException  # noqa: PLC0415
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415

    # torch's own default is one thread each, however many cores there are.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // processes)))
    options = ["--standalone", "--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    try:
        arguments = run.parse_args([*options, "-m", "--", "ganworks", *words])  # type: ignore[no-untyped-call]
        run.run(arguments)  # type: ignore[no-untyped-call]
    except ChildFailedError as failed:
        code = failed.get_first_failure()[1].exitcode
        return int(code) if code > 0 else 128 - int(code)
    except SignalException as stopped:
        return 1 if stopped.sigval == _GIVE_UP else 128 + int(stopped.sigval)
    return 0


def attempt() -> int:
    """How often the launcher has started this process group again."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def meeting() -> Any:
    """Where the processes of this attempt find each other: the launcher's store, None where it has none that lasts.

    torch uses one store for all attempts under the same names, which still holds the addresses of those who died; so
    the processes that are there agree on a name of their own first.
    """
    if not _outlives_the_workers():
        return None
    store = _store(PATIENCE)
    name = _name(store, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    return distributed.PrefixStore(f"ganworks/{name}", store)  # type: ignore[attr-defined]


def _name(store: Any, number: int, count: int) -> str:
    """A name that no earlier attempt had. The first process proposes one made of what each has written; what a dead
    process wrote is never confirmed, and a new proposal follows when its successor is there."""
    mine = secrets.token_hex(8)
    store.set(f"ganworks/confirmed/{number}", "nothing")
    store.set(f"ganworks/here/{number}", mine)
    while True:
        if number == 0:
            here = [each.decode() for each in store.multi_get([f"ganworks/here/{i}" for i in range(count)])]
            store.set("ganworks/proposed", " ".join(here))
        else:
            here = store.get("ganworks/proposed").decode().split()
        name = hashlib.sha256(" ".join(here).encode()).hexdigest()[:16]
        if len(here) == count and here[number] == mine:
            store.set(f"ganworks/confirmed/{number}", name)
            if number == 0:
                confirmed = store.multi_get([f"ganworks/confirmed/{i}" for i in range(count)])
                store.set("ganworks/agreed", name if {each.decode() for each in confirmed} == {name} else "nothing")
            if store.get("ganworks/agreed").decode() == name:
                return name
        time.sleep(0.05)


def refuse() -> None:
    """Leave the note; the first worker of a launcher of ours also tells it to give up."""
    with contextlib.suppress(RuntimeError, OSError, LookupError):
        if _outlives_the_workers():
            _store().set(NOTE, "1")
    launcher = os.getppid()
    if _GIVE_UP is not None and os.environ.get(OURS) == str(launcher):
        signal.signal(_GIVE_UP, signal.SIG_IGN)  # the launcher sends on to its workers what it got
        if os.environ.get("LOCAL_RANK") == "0":
            os.kill(launcher, _GIVE_UP)


def was_refused() -> bool:
    """Whether an earlier attempt left the note."""
    with contextlib.suppress(RuntimeError, OSError, LookupError):
        return bool(attempt()) and _outlives_the_workers() and bool(_store().check([NOTE]))
    return False


def _outlives_the_workers() -> bool:
    return os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"


def _store(patience: timedelta = timedelta(seconds=10)) -> Any:
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return distributed.TCPStore(address, port, is_master=False, timeout=patience, wait_for_workers=False)  # type: ignore[attr-defined]


_GIVE_UP: signal.Signals | None = getattr(signal, "SIGQUIT", None)
