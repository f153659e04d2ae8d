"""Ctrl-C and SIGTERM: the first asks the run to finish its step and save, the second leaves at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any, Self


class Stopped(Exception):
    """The run was asked to stop by a signal and has saved; the process should exit with `exit_code`."""

    def __init__(self, signum: int):
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.signal = signum
        self.exit_code = 128 + signum  # What a shell reports for a process that died of the signal: 130, 143.


class Halted(BaseException):
    """A signal came while there was nothing to save. No Exception: what guards against broken files must let it by."""

    def __init__(self, signum: int):
        super().__init__(f"halted by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum


@contextlib.contextmanager
def halting() -> Iterator[None]:
    """While entered, the first SIGINT or SIGTERM raises Halted, the second leaves at once; in the main thread only."""
    signals = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        signals = []
    came: list[int] = []

    def handle(signum: int, frame: FrameType | None) -> None:
        if came:
            os._exit(128 + signum)
        came.append(signum)
        raise Halted(signum)

    previous = {each: signal.signal(each, handle) for each in signals}
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)


def say(line: str) -> None:
    """Straight to the descriptor: a handler may interrupt a `print`, and Python's streams are not reentrant."""
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode())


class Interrupt:
    """While entered, SIGINT and SIGTERM are noted in `signal` instead of ending the process.

    Handlers can be installed in the main thread only; elsewhere entering does nothing. A signal that was ignored
    before (`nohup`, a background job) stays ignored.
    """

    def __init__(self, notify: Callable[[str], None] = say):
        self.signal: int | None = None
        self._notify = notify
        self._previous: dict[int, Any] = {}
        self._process = os.getpid()

    def __enter__(self) -> Self:
        self.signal, self._process = None, os.getpid()
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(each) is not signal.SIG_IGN:
                    self._previous[each] = signal.signal(each, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._previous:
            signum, handler = self._previous.popitem()
            # None means the handler was not installed by Python and cannot be put back.
            signal.signal(signum, signal.SIG_DFL if handler is None else handler)

    def check(self) -> None:
        """Raises Stopped once a signal came: for the long phases that have nothing of their own to save."""
        if self.signal is not None:
            raise Stopped(self.signal)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            self._handle_in_child(signum)
        elif self.signal is not None:
            os._exit(128 + signum)  # Safe at any moment, since every file is written aside and renamed.
        else:
            self.signal = signum
            # An error raised here would surface in the middle of a training step.
            with contextlib.suppress(Exception):
                self._notify("finishing the step, saving; once more to leave at once")

    def _handle_in_child(self, signum: int) -> None:
        """A forked data worker inherits the handler. Ctrl-C reaches it too, but the trainer still needs its data."""
        if signum == signal.SIGTERM:
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)
