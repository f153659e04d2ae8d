"""One torch thread a process: the suite runs many small tests side by side."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from ganworks.cli import run

torch.set_num_threads(1)

NARROW = ["--set", "batch=8", "--set", "generator.width=4", "--set", "discriminator.width=4"]
SHORT = ["--samples", "16", "--no-evaluate", *NARROW]
"""A run of two steps on narrow networks."""
REAL_DATA = Path(__file__).parents[1] / "../shared/data"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Decoded data is cached in a folder of the test session's own."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("GANWORKS_CACHE", str(folder))
    return folder


@pytest.fixture
def real_data():
    """Path of a real data set beside the project; skips where it is absent."""

    def find(name: str) -> Path:
        path = REAL_DATA / name
        if not path.exists():
            pytest.skip(f"the real data set {name} is not beside the project")
        return path.resolve()

    return find


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANWORKS_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def good(place: Path) -> Path:
    """Thirty sound pictures of 8 x 8."""
    folder = place / "good"
    folder.mkdir()
    for i in range(30):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(
            folder / f"{i:03d}.png"
        )
    return folder


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]):
    """Run a command line that must be refused; returns its last line."""

    def refused(*words: str) -> str:
        capsys.readouterr()
        assert run(list(words)) == 1
        lines = capsys.readouterr().err.splitlines()
        assert lines and "Traceback" not in "".join(lines)
        return lines[-1]

    return refused
