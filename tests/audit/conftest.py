"""Runs to audit: one that learnt its few pictures by heart, and one that saw each of many points once or twice."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ganworks.cli import run

QUICK = ["--no-evaluate", "--set", "checkpoints=2", "--set", "previews=1", "--set", "health.judgements=0"]


@pytest.fixture(scope="session")
def runs_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("audited")
    noise = np.random.default_rng(0).integers(0, 256, (120, 6, 6), dtype=np.uint8)
    np.save(place / "noise.npy", noise)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        held_out = ["--set", "domain.test=0.3", "--set", "domain.validation=0.3"]
        rates = [
            "--set",
            "generator_optimiser.learning_rate=0.002",
            "--set",
            "discriminator_optimiser.learning_rate=0.002",
        ]
        words = ["noise.npy", "--recipe", "mlp", "--samples", "24000", "--set", "batch=32", *held_out, *rates]
        assert run(["train", *words, *QUICK, "--run", "overfit"]) == 0
        words = ["ring", "--samples", "6400", "--set", "domain.count=4000", "--set", "batch=64"]
        assert run(["train", *words, *QUICK, "--run", "private"]) == 0
    return place


@pytest.fixture
def runs(runs_once: Path, place: Path) -> Path:
    """A folder of its own with the runs `overfit` and `private`, and the data of the first."""
    shutil.copytree(runs_once, place, dirs_exist_ok=True)
    return place
