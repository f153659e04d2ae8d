"""Evidence about a run of the table domain, from its file to its page."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganworks.cli import run
from ganworks.evaluation.own_kind import Ask, evidence
from ganworks.evaluation.subject import load
from ganworks.settings import DataError

QUIETLY = ["--samples", "128", "--no-evaluate", "--set", "batch=64", "--set", "domain.test=0.3"]


@pytest.fixture
def people(place: Path) -> Path:
    """A file of 120 rows: an identifier, a number, a category with gaps, a target."""
    rng = np.random.default_rng(0)
    lines = ["id,height,town,grown"]
    for i in range(120):
        height, town = rng.normal(160, 20), ["north", "south", ""][rng.integers(0, 3)]
        lines.append(f"{i},{height:.1f},{town},{'yes' if height > 165 else 'no'}")
    Path("people.csv").write_text("\n".join(lines), encoding="utf-8")
    return Path("people.csv")


def test_a_run_is_measured_by_the_columns_that_are_learnt(people: Path) -> None:
    assert run(["train", str(people), "--run", "a", *QUIETLY, "--set", "domain.target=town"]) == 0
    found = evidence(load("a"), Ask(None, 1, "test", True, lambda line: None))
    assert found is not None
    assert found.record["name"] == "table" and found.record["target"] == "town"
    columns = {row["name"]: row["line"] for row in found.record["tables"][2]["rows"]}
    assert columns == {"height": "number", "town": "category", "grown": "category"}
    json.dumps(found.record, allow_nan=False)


def test_the_same_run_gives_the_same_numbers_and_the_short_way_learns_nothing(people: Path) -> None:
    assert run(["train", str(people), "--run", "a", *QUIETLY]) == 0
    first, second = (evidence(load("a"), Ask(None, 3, "validation", False, lambda line: None)) for _ in range(2))
    assert first == second and first is not None
    assert first.record["target"] is None
    assert "boosted detection" not in first.record["numbers"]["generated"]


def test_a_run_of_something_else_has_no_such_evidence(place: Path) -> None:
    from ganworks.evaluation.tables import evidence as tables  # noqa: PLC0415

    words = ["train", "ring", "--run", "r", "--samples", "128", "--no-evaluate", "--set", "domain.count=200"]
    assert run([*words, "--set", "batch=64"]) == 0
    with pytest.raises(DataError, match="wanted a run of a table, got samples of Plane"):
        tables(load("r"), Ask(None, 3, "test", False, lambda line: None))
