"""Child processes: what a test must not do to itself."""

import os
from collections.abc import Callable

import pytest

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def forked(action: Callable[[], object]) -> int:
    """A child process that runs the action and leaves without pytest's clean-up: 0 done, 1 failed."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
