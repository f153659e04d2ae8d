"""Evidence about tables, from generators whose faults are known."""

import json

import numpy as np
import pytest

from ganworks.evaluation.own_kind import Ask, Evidence
from ganworks.evaluation.tables import judged
from ganworks.evaluation.tables.rivals import Draw, Held, target_of
from ganworks.metrics.tables import IndependentColumns
from ganworks.settings import DataError

NAMES, KINDS = ("x", "y", "sign", "coin"), ("number", "number", "category", "category")


def law(count: int, seed: int) -> np.ndarray:
    """y follows x, sign says where x is high, coin knows nothing and has gaps."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(count)
    coin = np.where(rng.random(count) < 0.1, np.nan, rng.integers(0, 2, count))
    return np.stack([x, x + 0.3 * rng.standard_normal(count), (x > 0.7) * 1.0, coin], 1)


@pytest.fixture(scope="module")
def held() -> Held:
    rows = law(300, 100)
    return Held(NAMES, KINDS, rows[:220], rows[220:])


def asked(held: Held, draw: Draw, learn: bool = True, target: str = "sign", repeats: int = 1) -> Evidence:
    return judged(held, draw, Ask(None, repeats, "test", learn, lambda line: None), target)


def levels(found: Evidence) -> list[tuple[str, str]]:
    return [(each.kind, each.level) for each in found.findings]


def test_a_generator_that_is_right_is_called_good_beside_everything_it_is_held_against(held: Held) -> None:
    found = asked(held, law, repeats=3)
    assert levels(found) == [("table", "good"), ("table", "good"), ("copying", "good")]
    close, useful, columns, pairs = found.record["tables"]
    names = ["generated", "floor", "copycat", "independent columns", "Gaussian copula"]
    assert [row["name"] for row in close["rows"]] == names
    assert close["columns"] == [
        "column shapes", "pair trends", "missing values", "logistic detection", "boosted detection", "exact copies",
        "near copies",
    ]  # fmt: skip
    assert [row["name"] for row in useful["rows"]] == [name for name in names if name != "floor"]
    assert useful["title"] == "What is learnt from the rows: F1 of sign" and len(useful["columns"]) == 6
    assert sorted(row["name"] for row in columns["rows"]) == sorted(NAMES)
    assert columns["rows"][0]["values"][0] <= columns["rows"][-1]["values"][0]
    assert all(
        len(row["values"]) == len(table["columns"])
        for table in (close, useful, columns, pairs)
        for row in table["rows"]
    )
    numbers = found.record["numbers"]
    assert numbers["copycat"]["exact copies"]["value"] == 1.0
    assert numbers["generated"]["published mean"]["low"] < numbers["generated"]["published mean"]["high"]
    json.dumps(found.record, allow_nan=False)


def test_columns_without_ties_are_called_broken(held: Held) -> None:
    model = IndependentColumns.fit(held.train, KINDS)
    found = asked(held, lambda count, seed: model.draw(count, seed + 50))
    assert found.findings[1].level == "alarm" and "broken" in found.findings[1].line
    assert "sign" in found.findings[1].line and "real rows" in found.findings[1].line


def test_columns_that_are_off_as_well_are_called_broken_without_learning_anything(held: Held) -> None:
    model = IndependentColumns.fit(held.train, KINDS)
    found = asked(held, lambda count, seed: model.draw(count, seed) * 0.7 + 0.4, learn=False)
    assert levels(found) == [("table", "alarm")]
    assert "broken" in found.findings[0].line
    assert [table["title"] for table in found.record["tables"]][:2] == [
        "How close the rows are", "Each column alone, the worst first",
    ]  # fmt: skip


def test_training_rows_handed_out_again_are_called_copies(held: Held) -> None:
    def copy(count: int, seed: int) -> np.ndarray:
        return held.train[np.random.default_rng(seed).integers(0, len(held.train), count)]

    found = asked(held, copy)
    assert ("copying", "alarm") in levels(found)
    assert "100.00% of generated rows are training rows" in found.findings[-1].line


def test_few_columns_repeat_without_anybody_copying() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (120, 2)).astype(float)
    held = Held(("a", "b"), ("category", "category"), rows[:90], rows[90:])
    found = asked(held, lambda count, seed: np.random.default_rng(seed).integers(0, 2, (count, 2)), target="a")
    assert ("copying", "good") in levels(found)
    assert "not even real rows teach it" in found.findings[1].line


def test_the_target_is_the_one_named_or_the_last_with_few_categories(held: Held) -> None:
    assert target_of(held, "").target == 3
    assert target_of(held, "x").problem == "number"
    numbers = Held(NAMES[:2], KINDS[:2], held.train[:, :2], held.held_out[:, :2])
    assert target_of(numbers, "").target == 1
    with pytest.raises(DataError, match=r"no column 'income' to predict; choose domain.target among x, y"):
        target_of(numbers, "income")


def test_a_target_that_cannot_be_predicted_leaves_the_rest_and_a_note(held: Held) -> None:
    flat = held._replace(held_out=np.where(np.arange(4) == 2, 0.0, held.held_out))
    found = asked(flat, law)
    assert len(found.record["tables"]) == 3 and "usefulness is not measured: column 3" in found.notes[0]


def test_one_column_and_hardly_any_rows_are_measured_as_far_as_they_go() -> None:
    one = np.arange(30.0)[:, None]
    found = asked(Held(("x",), ("number",), one[:26], one[26:]), lambda count, seed: one[:count], target="")
    assert found.record["tables"][0]["columns"] == ["column shapes", "exact copies", "near copies"]
    none = asked(Held(("x",), ("number",), one, one[:1]), lambda count, seed: one[:count])
    assert none == ({}, (), ("1 held-out rows are too few to measure a table against; 2 are needed",))
