"""Small runs that train in a second."""

from pathlib import Path

import numpy as np
import pytest

from ganworks.launch import Plan, Words, launch, plan


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Forty 8 x 8 grey pictures, an array file."""
    path = tmp_path / "pictures.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
    return path


@pytest.fixture
def planned(pictures: Path, tmp_path: Path):
    """Plan a short run on the pictures."""

    def make(name: str = "run", samples: int = 96, settings: tuple[str, ...] = (), recipe: str = "lean-28") -> Plan:
        small = ("batch=8", "previews=2", "checkpoints=4", *settings)
        return plan(Words(str(pictures), recipe, samples=samples, folder=str(tmp_path / name), settings=small))

    return make


@pytest.fixture
def trained(planned):
    """Train a short run and return its folder."""

    def make(*arguments, **settings) -> Path:
        each = planned(*arguments, **settings)
        launch(each)
        return each.folder

    return make
