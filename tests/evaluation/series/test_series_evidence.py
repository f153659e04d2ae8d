"""Evidence about series: every table is there, and says what it should of a good and of a bad model."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.series.windows import autoregressive
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.series import evidence
from ganworks.evaluation.series.rows import learned, statistics
from ganworks.evaluation.series.sets import Sets
from ganworks.evaluation.subject import load
from ganworks.launch import train
from ganworks.settings import ConfigError

QUICK = Ask(None, 3, "test", False, lambda line: None)
SLOW = Ask(200, 3, "test", True, lambda line: None)


def law(count: int, seed: int, channels: int = 2) -> np.ndarray:
    """Independent pairs of AR(1) windows, (count, channels, 12), scaled to about 0..1."""
    pairs = [autoregressive(count, 12, 100 * seed + i) for i in range(channels // 2)]
    return np.concatenate(pairs, axis=2).transpose(0, 2, 1) / 8 + 0.5


def sets(generated: np.ndarray) -> Sets:
    train = law(len(generated), 0)
    return Sets(generated, train, law(100, 2), law(100, 3), None, np.arange(len(train)) * 12)


@pytest.fixture(scope="module")
def prices(tmp_path_factory) -> Path:
    """A walk of a thousand prices, and a run of a few steps on it that is given the past."""
    place = tmp_path_factory.mktemp("prices")
    rng = np.random.default_rng(0)
    close = 50 * np.exp(np.cumsum(0.01 * rng.standard_t(4, 1000)))
    lines = [f"{a:.4f},{b}" for a, b in zip(close, rng.integers(100, 200, 1000), strict=True)]
    (place / "prices.csv").write_text("\n".join(["Close,Volume", *lines]), encoding="utf-8")
    words = [
        "domain.name=series",
        "domain.window=12",
        "domain.condition=past",
        "batch=8",
        "previews=1",
        "checkpoints=1",
    ]
    train(place / "prices.csv", samples=64, run=place / "run", settings=[*words, "generator.widths=[16]"])
    return place / "run"


def test_a_run_brings_tables_that_can_be_stored(prices: Path) -> None:
    found = evidence(load(prices), QUICK)
    titles = [table["title"] for table in found.record["tables"]]
    assert titles == ["Beside the training windows", "Beside held-out windows", "Forecasts", "Facts of finance"]
    for table in found.record["tables"]:
        assert all(len(row["values"]) == len(table["columns"]) and row["line"] for row in table["rows"])
    assert json.loads(json.dumps(found.record)) == found.record
    assert [each.kind for each in found.findings] == ["series", "series"]


def test_a_model_goes_on_from_the_past_in_a_file(prices: Path) -> None:
    model = load(prices).model
    asked = model.generate(3, condition=str(prices.parent / "prices.csv"))
    assert asked.shape == (3, 2, 6) and np.isfinite(asked).all()
    with pytest.raises(ConfigError, match="no past 'gone'"):
        model.generate(3, condition="gone")


def test_learning_brings_the_scores_of_every_row(prices: Path) -> None:
    found = evidence(load(prices), SLOW, tell=4, predict=4)
    table = found.record["tables"][0]
    assert [row["name"] for row in table["rows"]] == ["generated", "floor", "copycat", "one Gaussian"]
    assert all("±" in value for row in table["rows"] for value in row["values"])
    assert "accuracy" in found.findings[1].line and found.notes


def test_the_baseline_of_moves_is_a_sound_forecast_of_a_walk(prices: Path) -> None:
    table = evidence(load(prices), QUICK).record["tables"][2]
    rows = {row["name"]: dict(zip(table["columns"], row["values"], strict=True)) for row in table["rows"]}
    assert rows["moves of the past"]["CRPS of Close"] < rows["any window"]["CRPS of Close"]
    assert rows["moves of the past"]["within 90%"] == pytest.approx(0.9, abs=0.12)


def test_statistics_prefer_the_law_and_show_the_copycat() -> None:
    good, bad = (
        {row["name"]: row["values"] for row in statistics(sets(windows))[0]["rows"]}
        for windows in (law(600, 9), np.random.default_rng(0).permuted(law(600, 9), axis=2))
    )
    assert good["generated"][0] < 0.1 < bad["generated"][0] and bad["generated"][3] > 3 * good["generated"][3]
    assert "copycat" in {row["name"] for row in statistics(sets(law(600, 9)))[1]["rows"]}


def test_what_is_learnt_has_every_task_and_as_many_numbers_as_seeds() -> None:
    table, told = learned(sets(law(200, 9)), seeds=2, tell=3, predict=3)
    names, ways = ("generated", "floor", "copycat"), ("published", "blocks", "held out")
    assert told.keys() == {f"{name} {way}" for name in names for way in ways}
    assert all(len(each) == 2 and 0 <= min(each) <= max(each) <= 0.5 for each in told.values())
    assert len(table["rows"]) == 3 and "2 seeds, 3 and 3 steps" in table["lead"]
