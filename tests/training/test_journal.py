"""A journal loses at most the line that was being written, and never stops a run."""

import json
import os
import resource
import signal
from datetime import datetime, timedelta

import pytest
import torch

from ganworks.settings import CheckpointError
from ganworks.training.journal import Journal, read


def test_what_is_written_is_read_in_order(tmp_path):
    path = tmp_path / "journal.jsonl"
    assert read(path) == []
    journal = Journal(path)
    journal.write("step", samples=64, loss=0.25, ok=True, none=None, nested={"a": [1, 2.5]})
    journal.write("resume", file="a\udcff\n.png", reason="ünïcode")
    first, second = read(path)
    assert first.items() >= {"kind": "step", "samples": 64, "loss": 0.25, "ok": True, "none": None}.items()
    assert first["nested"] == {"a": [1, 2.5]}
    assert (second["file"], second["reason"]) == ("a\udcff\n.png", "ünïcode")
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)


def test_every_line_is_strict_json_also_with_numbers_that_are_not_finite(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path).write("step", a=float("nan"), b=[float("inf")], c={"d": -float("inf")})

    def refuse(constant):
        raise AssertionError(constant)

    entry = json.loads(path.read_text(), parse_constant=refuse)
    assert (entry["a"], entry["b"], entry["c"]) == ("nan", ["inf"], {"d": "-inf"})


def test_a_tensor_is_refused_by_name(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(TypeError, match=r"losses\[1\] must be a plain value to be written to the journal, got Tensor"):
        journal.write("step", losses=[1.0, torch.tensor(1.0)])
    with pytest.raises(TypeError, match="the journal writes kind and time itself"):
        journal.write("step", time=1)
    assert not journal.path.exists()


def test_a_journal_cut_at_any_byte_of_its_last_line_can_be_read_and_appended_to(tmp_path):
    path, said = tmp_path / "journal.jsonl", []
    journal = Journal(path)
    journal.write("step", samples=1)
    start = path.stat().st_size
    journal.write("step", samples=2, loss=0.5)
    whole = path.read_bytes()
    for end in range(start, len(whole) + 1):
        path.write_bytes(whole[:end])
        complete = end >= len(whole) - 1  # The line end itself may be missing.
        assert [entry["samples"] for entry in read(path, said.append)] == [1, 2][: 1 + complete]
        assert not said
        Journal(path).write("step", samples=3)
        assert [entry["samples"] for entry in read(path, said.append)] == [1, *[2][:complete], 3], end
        assert len(said) == (start < end < len(whole) - 1)
        said.clear()


def test_damaged_lines_are_skipped_and_counted(tmp_path):
    path, said = tmp_path / "journal.jsonl", []
    path.write_bytes(
        b'{"kind": "a"}\n\xff\xfe\n[1]\n{"no": "kind"}\n{"kind": 3}\n' + b"[" * 9999 + b'\n{"kind": "b"}\n'
    )
    assert [entry["kind"] for entry in read(path, said.append)] == ["a", "b"]
    assert said == [f"{path}: 5 of 7 lines are cut or damaged and were skipped"]
    with pytest.raises(CheckpointError, match="wanted a journal, Is a directory; check the path"):
        read(tmp_path)


def test_rewinding_forgets_the_steps_to_be_lived_again_and_keeps_the_events(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.rewind(0)
    for samples in (64, 128, 192):
        journal.write("step", samples=samples)
        journal.write("preview", samples=samples)
        journal.write("rollback", samples=samples)
    with path.open("ab") as file:
        file.write(b'{"kind": "st')
    journal = Journal(path)
    journal.rewind(128)
    journal.write("resume", samples=128)
    kept = [(entry["kind"], entry["samples"]) for entry in read(path, pytest.fail)]
    steps = [(kind, samples) for samples in (64, 128) for kind in ("step", "preview", "rollback")]
    assert kept == [*steps, ("rollback", 192), ("resume", 128)]
    before = path.stat().st_ino
    journal.rewind(128)
    assert path.stat().st_ino == before, "nothing to forget, nothing to rewrite"
    assert [each.name for each in tmp_path.iterdir()] == ["journal.jsonl"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_line_cut_by_a_full_disk_is_reported_once_and_spoils_no_later_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            said: list[str] = []
            journal = Journal(path, said.append)
            journal.write("step", samples=1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, most))
            journal.write("step", samples=2)
            journal.write("step", samples=3)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            journal.write("step", samples=4)
            os._exit(len(said))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    said = []
    assert [entry["samples"] for entry in read(path, said.append)] == [1, 4]
    assert said == [f"{path}: 1 of 3 lines are cut or damaged and were skipped"]


def test_a_journal_that_cannot_be_written_is_reported_once_and_does_not_stop_the_run(tmp_path):
    folder, said = tmp_path / "run", []
    journal = Journal(folder / "journal.jsonl", said.append)
    for _ in range(3):
        journal.write("step", samples=1)
        journal.rewind(0)
    assert said == [f"{journal.path} cannot be written: No such file or directory; training goes on without it"]
    folder.mkdir()
    journal.write("step", samples=2)
    assert [entry["samples"] for entry in read(journal.path, pytest.fail)] == [2]
    said.clear()
    Journal(tmp_path, said.append).write("step", samples=1)
    assert len(said) == 1 and "Is a directory" in said[0]
