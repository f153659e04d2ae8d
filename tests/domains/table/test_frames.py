"""Data frames in, data frames out; the run keeps what it was given."""

from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.domains import Points
from ganworks.settings import ConfigError, DataError

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")


def people(count: int = 200, seed: int = 0):
    chance = np.random.default_rng(seed)
    age = chance.integers(18, 90, count).astype(float)
    age[:10] = np.nan
    job = pandas.Categorical(chance.choice(["cook", "smith"], count))
    return pandas.DataFrame({"age": age, "job": job, "tall": chance.random(count) > 0.5}, index=range(5, count + 5))


def train(frame, run: Path | None):
    return ganworks.train(frame, run=run, samples=64, settings=("threads=1",))


def test_a_run_on_a_data_frame_keeps_it_and_gives_frames_back(tmp_path: Path) -> None:
    frame = people()
    model = train(frame, tmp_path / "run")
    drawn = model.frame(50, seed=3)
    assert list(drawn.columns) == ["age", "job", "tall"] and len(drawn) == 50
    assert drawn["tall"].dtype.kind in "bO" and set(drawn["job"].dropna()) <= {"cook", "smith"}
    assert drawn.equals(model.frame(50, seed=3))
    stored = pandas.read_parquet(tmp_path / "run" / "data.parquet")
    assert list(stored["job"]) == list(frame["job"]) and len(stored) == len(frame)
    again = train(frame, tmp_path / "run")
    assert again.sha256 == model.sha256, "the same frame is the same run"
    assert ganworks.load(tmp_path / "run").frame(5, seed=1).equals(model.frame(5, seed=1))


def test_another_frame_is_refused_and_the_first_one_stays(tmp_path: Path) -> None:
    train(people(), tmp_path / "run")
    before = (tmp_path / "run" / "data.parquet").read_bytes()
    with pytest.raises(ConfigError, match="holds another data frame; choose another run="):
        train(people(seed=1), tmp_path / "run")
    assert (tmp_path / "run" / "data.parquet").read_bytes() == before


def test_bad_frames_get_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="say where it shall live, run="):
        train(people(), None)
    mixed = pandas.DataFrame({"a": [1, "two", 3.0] * 20})
    with pytest.raises(DataError, match="mixes types in a column"):
        train(mixed, tmp_path / "mixed")
    assert not (tmp_path / "mixed").exists()


def test_only_rows_become_frames() -> None:
    domain = Points()
    codec = domain.fit(domain.read("ring"))
    with pytest.raises(ConfigError, match="no rows of a table"):
        codec.frame(np.zeros((3, 2)))
