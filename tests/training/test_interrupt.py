"""One signal: finish and save. Two: leave at once."""

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from ganworks.training.interrupt import Interrupt, Stopped

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def trainer(work: Callable[[Interrupt], object]) -> tuple[int, int]:
    """A child that works under Interrupt and exits as a command does; and what it writes while it works."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        assert os.read(reading, 1) == b"."  # The handlers are installed.
        return child, reading
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reading)
        try:
            with Interrupt(lambda line: os.write(writing, f"[{line}]".encode()) and None) as interrupt:
                os.write(writing, b".")
                work(interrupt)
        except Stopped as stopped:
            os.write(writing, b"saved")
            os._exit(stopped.exit_code)
        os._exit(0)
    finally:
        os._exit(1)


def end(child: int, reading: int) -> tuple[int, str]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = b"".join(iter(lambda: os.read(reading, 1000), b"")).decode()
    os.close(reading)
    return code, said


def train(interrupt: Interrupt) -> None:
    while True:
        time.sleep(0.01)
        interrupt.check()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_one_signal_lets_the_run_finish_and_save(signum, code):
    child, reading = trainer(train)
    os.kill(child, signum)
    assert end(child, reading) == (code, "[finishing the step, saving; once more to leave at once]saved")


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_leaves_at_once(signum, code):
    child, reading = trainer(lambda interrupt: [time.sleep(0.01) for _ in range(10_000)])
    os.kill(child, signal.SIGTERM)
    assert os.read(reading, 1000) == b"[finishing the step, saving; once more to leave at once]"
    os.kill(child, signum)
    assert end(child, reading) == (code, "")


def test_a_data_worker_leaves_on_sigterm_and_works_on_through_ctrl_c():
    def work(interrupt: Interrupt) -> None:
        worker = os.fork()
        if worker == 0:
            time.sleep(60)
        time.sleep(0.05)
        os.kill(worker, signal.SIGINT)
        time.sleep(0.05)
        assert os.waitpid(worker, os.WNOHANG) == (0, 0)
        os.kill(worker, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGTERM
        assert interrupt.signal is None

    assert end(*trainer(work)) == (0, "")


def test_the_previous_handlers_are_restored_also_after_an_error():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), Interrupt():
        assert signal.getsignal(signal.SIGTERM) != before[1]
        raise ZeroDivisionError
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            interrupt.check()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_outside_the_main_thread_nothing_is_installed():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def enter() -> None:
        with Interrupt() as interrupt:
            interrupt.check()
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_notice_that_fails_does_not_reach_the_training_step(capfd):
    def fail(line: str) -> None:
        raise RuntimeError("reentrant call")

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with Interrupt(fail) as interrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupt.signal == signal.SIGTERM
        with Interrupt() as interrupt:
            assert interrupt.signal is None
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(Stopped, match="stopped by SIGTERM"):
                interrupt.check()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capfd.readouterr().err == "finishing the step, saving; once more to leave at once\n"
