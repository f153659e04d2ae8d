"""Very many samples: shards that any number of processes make alike, and that are gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ganworks.cli import run as command
from ganworks.domains import Image
from ganworks.model import load

from .conftest import SHORT

COUNT = 300


@pytest.fixture
def trained(good: Path) -> Path:
    assert command(["train", str(good), "--run", "run", *SHORT]) == 0
    return good.parent / "run"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_shards_hold_the_samples_that_generate_gives_and_can_be_trained_on(trained: Path) -> None:
    model = load(trained)
    index = model.shards("out", COUNT + 20, seed=3, per_shard=100)
    assert [shard.records for shard in index.shards] == [100, 100, 100, 20] and index.complete
    wanted = {each.tobytes() for each in model.generate(COUNT + 20, seed=3)}
    dataset = Image(workers=0).read("out")
    splits = (dataset.train, dataset.validation, dataset.test)
    assert {row.tobytes() for each in splits for row in each.fetch(np.arange(len(each))).x} == wanted
    assert sum(map(len, splits)) == COUNT + 20


def test_several_processes_write_the_same_bytes_and_go_on_with_what_is_there(trained: Path) -> None:
    load(trained).shards("one", COUNT, per_shard=100)
    whole = content(Path("one"))
    load(trained).shards("two", COUNT, processes=2, per_shard=100)
    assert content(Path("two")) == whole
    tree = json.loads(whole["index.json"])
    Path("two/index.json").write_text(json.dumps({**tree, "complete": False, "shards": tree["shards"][:1]}))
    Path("two/000002.tar").unlink()
    Path("two/.partial-1-000002.tar").write_bytes(b"half")
    first = Path("two/000000.tar").stat().st_mtime_ns
    load(trained).shards("two", COUNT, per_shard=100)
    assert content(Path("two")) == whole and Path("two/000000.tar").stat().st_mtime_ns == first
    load(trained).shards("two", COUNT + 50, per_shard=100)
    load(trained).shards("three", COUNT + 50, per_shard=100)
    assert content(Path("two")) == content(Path("three"))


def test_a_killed_command_goes_on_to_the_same_shards(trained: Path) -> None:
    draws = "from ganworks import load; load('run').shards('killed', 4000, per_shard=500)"
    child = subprocess.Popen([sys.executable, "-c", draws])
    while not Path("killed/000000.tar").exists() and child.poll() is None:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not json.loads(Path("killed/index.json").read_text())["complete"]
    load(trained).shards("killed", 4000, per_shard=500)
    load(trained).shards("whole", 4000, per_shard=500)
    assert content(Path("killed")) == content(Path("whole"))


def test_what_cannot_be_done_is_said_in_one_line(trained: Path, told) -> None:
    sample = ["sample", "run", "--shards"]
    assert told(*sample, "-n", "-5") == "count must be at least 1, got -5"
    assert told(*sample, "--seed", "-1") == "seed must be at least 0, got -1"
    assert told(*sample, "--processes", "0") == "processes must be at least 1, got 0"
    assert "choose one" in told(*sample, "--grid")
    assert told("sample", "run", "--processes", "2") == "--processes goes with --shards"
    assert command([*sample, "-n", "20", "--out", "out"]) == 0
    assert "holds other shards (samples of the model" in told(*sample, "-n", "20", "--seed", "1", "--out", "out")
    assert "fewer were asked for (10); choose another --out" in told(*sample, "-n", "10", "--out", "out")
    Path("tars").mkdir()
    Path("tars/0.tar").write_bytes(b"")
    assert "no index.json that tells what it is" in told(*sample, "-n", "10", "--out", "tars")
    Path("file").write_text("")
    assert "cannot be written" in told(*sample, "-n", "10", "--out", "file")
    assert command(["train", "ring", "--run", "ring", "--samples", "64", "--no-evaluate"]) == 0
    assert "shards hold pictures, this run draws points" in told("sample", "ring", "--shards")


def test_packing_and_training_on_shards_from_the_command_line(good: Path, told) -> None:
    assert command(["pack", "good", "shards", "--shard-bytes", "10000"]) == 0
    assert command(["train", "shards", "--run", "run", *SHORT, "--set", "domain.workers=0"]) == 0
    assert "takes settings of domain" in told("pack", "good", "more", "--set", "batch=3")
    assert "domain must be image" in told("pack", "good", "more", "--set", "domain=points")
    assert "holds shards of other data" in told("pack", "good", "shards")
