"""Several processes of one run, forked: nothing has to be imported again."""

import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ganworks.training import processes

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def environment(rank: int, world: int, port: int) -> dict[str, str]:
    """What torch's launcher gives a worker."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world),
        "LOCAL_WORLD_SIZE": str(world),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def side_by_side(
    world: int, action: Callable[[int], object], folder: Path, port: int | None = None
) -> list[tuple[int, str]]:
    """Run `action(rank)` in so many processes that know of each other; returns the exit code and the last line each
    wrote to stderr, by rank. port: of a store that is there already."""
    port, children = port or free_port(), []
    for rank in range(world):
        child = os.fork()
        if child == 0:
            _play(rank, environment(rank, world, port), action, folder / f"{rank}.stderr")
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    lines = [(folder / f"{rank}.stderr").read_text().splitlines() for rank in range(world)]
    return [(code, said[-1] if said else "") for code, said in zip(codes, lines, strict=True)]


def _play(rank: int, worker: dict[str, str], action: Callable[[int], object], told: Path) -> None:
    code = 1
    try:
        os.environ.update(worker)
        torch.set_num_threads(1)
        with told.open("w") as file:
            os.dup2(file.fileno(), 2)
            sys.stderr = file
            try:
                with processes.joined():
                    action(rank)
                code = 0
            except SystemExit as left:
                code = int(left.code or 0)
            except BaseException:
                traceback.print_exc()
                code = 70
    finally:
        os._exit(code)
