"""One run, one directory, one process; what is refused is refused in one line."""

import json
import os
import re
import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ganworks.settings import CheckpointError
from ganworks.training.folder import RunFolder, free_bytes, size, write_atomic
from tests.training.children import exit_code, forked, posix


def holding(path: Path, then: Callable[[], object] = signal.pause) -> int:
    """A child that holds the lock of a run until it is killed."""
    reading, writing = os.pipe()

    def hold() -> None:
        with RunFolder(path).lock():
            os.write(writing, b"x")
            then()

    child = forked(hold)
    assert os.read(reading, 1) == b"x"
    os.close(reading), os.close(writing)
    return child


def test_the_places_of_a_run_are_made_and_an_old_run_is_let_be(tmp_path):
    for _ in range(2):
        run = RunFolder(tmp_path / "runs" / "a")
        for folder in (run.samples, run.checkpoints, run.model):
            assert folder.is_dir()
        run.journal.touch()
    assert run.journal.exists() and run.settings.name == "run.toml" and run.report.name == "report.html"


def test_a_file_in_the_way_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "run", file / "deeper" / "run"):
        with pytest.raises(
            CheckpointError, match=f"wanted a directory, {re.escape(str(file))} is a file; choose another"
        ):
            RunFolder(path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.toml").touch()
    (tmp_path / "run" / "samples").touch()
    with pytest.raises(CheckpointError, match=r"run/samples is a file; choose another --run$"):
        RunFolder(tmp_path / "run")


@posix
def test_a_read_only_place_is_one_line(tmp_path):
    run = RunFolder(tmp_path / "run")
    tmp_path.chmod(0o555)
    run.path.chmod(0o555)

    def try_both() -> None:
        os.chdir(tmp_path)  # The way here is closed to the user that root becomes, whom permissions bind.
        if os.geteuid() == 0:
            os.setuid(65534)
        with pytest.raises(CheckpointError, match=r"^other cannot be written: permission denied; choose another --run"):
            RunFolder(Path("other"))
        locked = RunFolder(Path("run")).lock()
        with pytest.raises(CheckpointError, match=r"^run/\.lock cannot be written: permission denied; "), locked:
            pass

    assert exit_code(forked(try_both)) == 0


def test_a_directory_removed_in_the_middle_of_a_run_is_one_line(tmp_path):
    run = RunFolder(tmp_path / "run")
    with run.lock():
        shutil.rmtree(run.path)
        with pytest.raises(CheckpointError, match=r"run.toml cannot be written: .*run was removed; "):
            write_atomic(run.settings, "x")
    with pytest.raises(CheckpointError, match=r"\.lock cannot be written: .*run was removed; "), run.lock():
        pass


@posix
def test_a_second_process_is_told_who_holds_the_run_and_a_kill_frees_it(tmp_path):
    run = RunFolder(tmp_path / "run")
    child = holding(run.path)
    try:
        with pytest.raises(CheckpointError) as error, run.lock():
            pass
    finally:
        os.kill(child, signal.SIGKILL)
    assert exit_code(child) == -signal.SIGKILL
    pattern = rf"{re.escape(str(run.path))} is in use by process {child} on \S+ since \d{{4}}-\d\d-\d\d \d\d:\d\d; "
    assert re.fullmatch(pattern + "choose another --run or stop that one", str(error.value))
    with run.lock():
        assert json.loads((run.path / ".lock").read_text())["pid"] == os.getpid()
        with pytest.raises(CheckpointError, match=f"in use by process {os.getpid()}"), RunFolder(run.path).lock():
            pass
    with run.lock():
        pass


@posix
def test_a_data_worker_that_outlives_its_killed_trainer_does_not_hold_the_run(tmp_path):
    run = RunFolder(tmp_path / "run")
    reading, writing = os.pipe()

    def start_worker() -> None:
        if os.fork() == 0:
            os.write(writing, f"{os.getpid()}".encode())
        signal.pause()

    trainer = holding(run.path, start_worker)
    worker = int(os.read(reading, 20))
    os.close(reading), os.close(writing)
    os.kill(trainer, signal.SIGKILL)
    exit_code(trainer)
    try:
        os.kill(worker, 0)
        with run.lock():
            pass
    finally:
        os.kill(worker, signal.SIGKILL)


@posix
def test_a_lock_file_removed_while_it_is_being_locked_is_locked_anew(tmp_path, monkeypatch):
    import fcntl  # noqa: PLC0415  exists on POSIX only

    run, flock, removed = RunFolder(tmp_path / "run"), fcntl.flock, []

    def remove_first(handle: int, flags: int) -> None:
        if not removed:
            removed.append((run.path / ".lock").unlink())
        flock(handle, flags)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with run.lock(), pytest.raises(CheckpointError, match=f"in use by process {os.getpid()}"), run.lock():
        pass


@posix
def test_a_lock_file_that_was_removed_is_made_anew(tmp_path):
    run = RunFolder(tmp_path / "run")
    with run.lock():
        (run.path / ".lock").unlink()
        # The first holder's file is gone, so nothing can tell of it, but the new file counts.
        with run.lock(), pytest.raises(CheckpointError), run.lock():
            pass


def test_locking_clears_what_a_killed_write_left(tmp_path):
    run = RunFolder(tmp_path / "run")
    left = [run.path / ".partial-1-0", run.samples / ".partial-7-3"]
    for path in left:
        path.touch()
    with run.lock():
        assert not any(path.exists() for path in left)


def test_space_is_compared_on_the_volume_of_the_run(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.check_space(1)
    with pytest.raises(CheckpointError, match=r"run needs 1000000000\.0 GB, its volume has \d+\.\d .B free; make room"):
        run.check_space(10**18)
    shutil.rmtree(run.path)
    run.check_space(1)
    if Path("/dev/shm").is_dir():
        assert free_bytes(Path("/dev/shm/not/yet")) == pytest.approx(shutil.disk_usage("/dev/shm").free, rel=0.2)
    assert (size(400_000), size(12_340_000), size(2_000_000_000)) == ("0.4 MB", "12.3 MB", "2.0 GB")


def test_a_file_is_written_whole_under_any_name_and_through_links(tmp_path):
    for name in ("a", "x" * 255, "日" * 80, "with space\n"):
        write_atomic(tmp_path / name, "old")
        write_atomic(tmp_path / name, "né")
        assert (tmp_path / name).read_bytes() == "né".encode()
        (tmp_path / name).unlink()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "file")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "elsewhere" / "file").read_bytes() == b"new"
    with pytest.raises(CheckpointError, match="a directory or device is there"):
        write_atomic(tmp_path, "x")
    assert not list(tmp_path.rglob(".partial*"))


@posix
def test_a_write_that_fails_or_dies_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, "old")
    reading, writing = os.pipe()

    def write_too_much() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_atomic(path, b"x" * 100_000)
        except CheckpointError as error:
            os.write(writing, str(error).encode())

    assert exit_code(forked(write_too_much)) == 0
    message = os.read(reading, 1000).decode()
    os.close(reading), os.close(writing)
    assert message.startswith("no space left") and f"on {path}: needs 0.1 MB, " in message
    assert path.read_text() == "old" and [each.name for each in tmp_path.iterdir()] == ["file"]

    def die_before_the_rename() -> None:
        os.replace = lambda source, target: os._exit(9)
        write_atomic(path, "new")

    assert exit_code(forked(die_before_the_rename)) == 9
    assert path.read_text() == "old"
