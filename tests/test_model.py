"""What a user keeps: the same seed gives the same bytes."""

import json
from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.settings import CheckpointError, ConfigError
from tests.training.conftest import pictures, planned, trained  # noqa: F401  fixtures


@pytest.fixture
def folder(trained) -> Path:  # noqa: F811
    return trained(samples=24)


def test_the_same_seed_gives_the_same_bytes_however_many(folder) -> None:
    model = ganworks.load(folder)
    whole = model.generate(100, seed=3)
    assert whole.shape == (100, 8, 8, 1) and whole.dtype == np.uint8
    assert np.array_equal(whole[:7], ganworks.load(folder).generate(7, seed=3))
    assert np.array_equal(whole[60:80], model.generate(20, seed=3, first=60))
    assert not np.array_equal(whole[:7], model.generate(7, seed=4))


def test_an_interpolation_begins_and_ends_where_its_pair_lies(folder) -> None:
    model = ganworks.load(folder)
    way = model.interpolate(steps=5, seed=1, pairs=2)
    ends = model.generate(4, seed=1)
    assert len(way) == 10
    assert np.abs(way[[0, 4, 5, 9]].astype(int) - ends.astype(int)).max() <= 1


def test_a_saved_model_is_loaded_without_its_run(folder, tmp_path) -> None:
    model = ganworks.load(folder)
    model.save(tmp_path / "kept")
    assert np.array_equal(ganworks.load(tmp_path / "kept").generate(5), model.generate(5))


def test_samples_are_written_as_files(folder, tmp_path) -> None:
    model = ganworks.load(folder)
    paths = model.write(model.generate(3), tmp_path / "out")
    assert [path.exists() for path in paths] == [True] * 3
    assert model.grid(model.generate(9), tmp_path / "grid.png").stat().st_size > 0


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 1, "seed": -1}, {"count": 1, "first": -2}])
def test_impossible_requests_get_one_line(folder, wrong) -> None:
    with pytest.raises(ConfigError, match="must be at least"):
        ganworks.load(folder).generate(**wrong)


def test_altered_and_foreign_models_are_refused(folder, tmp_path) -> None:
    weights = folder / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(CheckpointError, match="altered since it was written"):
        ganworks.load(folder)
    data[-1] ^= 1
    weights.write_bytes(data)
    page = folder / "model" / "model.json"
    tree = json.loads(page.read_text())
    page.write_text(json.dumps(tree | {"schema": 99}))
    with pytest.raises(CheckpointError, match="written with schema 99"):
        ganworks.load(folder)
    page.write_text("{")
    with pytest.raises(CheckpointError, match="not a page this version can read"):
        ganworks.load(folder)
    with pytest.raises(CheckpointError, match="wanted a run or a model directory"):
        ganworks.load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="neither a model nor a whole checkpoint"):
        ganworks.load(tmp_path / "empty")
