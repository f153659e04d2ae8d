"""How a run is watched while it grows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")

from ganworks.server.studio.watched import holder, journal, last_lines, summary
from ganworks.training.folder import RunFolder
from ganworks.training.journal import Journal


def test_a_journal_is_read_on_from_where_it_was_left(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal.jsonl")
    assert journal(tmp_path, "") == {"entries": [], "cursor": "", "anew": False}
    written.write("step", samples=1)
    first = journal(tmp_path, "")
    assert [each["samples"] for each in first["entries"]] == [1] and first["anew"]
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"kind": "step", "sam')  # a line that is being written
    assert journal(tmp_path, first["cursor"]) == {"entries": [], "cursor": first["cursor"], "anew": False}
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'ples": 2}\n')
    second = journal(tmp_path, first["cursor"])
    assert [each["samples"] for each in second["entries"]] == [2] and not second["anew"]


def test_a_journal_that_was_rewound_begins_anew(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal.jsonl")
    for samples in (1, 2, 3):
        written.write("step", samples=samples)
    cursor = journal(tmp_path, "")["cursor"]
    written.rewind(1)
    written.write("step", samples=2)
    written.write("step", samples=3)
    again = journal(tmp_path, cursor)
    assert again["anew"] and [each["samples"] for each in again["entries"]] == [1, 2, 3]


@pytest.mark.parametrize("cursor", ["x", "-", "1-", "1-999999999999999999999", "-5", "é-²"])
def test_a_cursor_that_is_none_begins_anew(tmp_path: Path, cursor: str) -> None:
    Journal(tmp_path / "journal.jsonl").write("step", samples=1)
    assert journal(tmp_path, cursor)["anew"]


def test_a_lock_tells_who_trains_and_a_dead_process_holds_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert holder(folder.path) is None
    code = (
        "import sys, pathlib; from ganworks.training.folder import RunFolder\n"
        "with RunFolder(pathlib.Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    found = holder(folder.path)
    assert found is not None and found.process == child.pid and found.here
    child.kill()
    child.communicate()
    assert holder(folder.path) is None
    (folder.path / ".lock").write_text(json.dumps({"pid": os.getpid(), "host": os.uname().nodename, "started": 0}))
    assert holder(folder.path) is None  # alive, but it holds nothing


def test_a_log_ends_in_printable_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 40_000 + b"\n\x1b[31mred\xff\nlast\n")
    assert list(last_lines(tmp_path / "log", 2)) == ["\\x1b[31mred�", "last"]
    assert list(last_lines(tmp_path / "none")) == []


def test_a_run_directory_of_any_state_has_a_summary(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("recipe = 3\ndata = [1]\ndomain = 'x'\n")
    (tmp_path / "journal.jsonl").write_bytes(b'{"kind": "step"}\n[1]\nnonsense\n{"kind": "judged", "verdict": 5}\n')
    found = summary(tmp_path, None)
    assert found["state"] == "stopped" and found["samples"] == 0
    (tmp_path / "run.toml").write_bytes(b"\xff\xfe")
    assert summary(tmp_path, None)["state"] == "failed"
