"""One torch thread a process: the suite runs many small tests side by side."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

torch.set_num_threads(1)

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
