"""What every row keeps to: understood, checked against the data, repaired."""

import numpy as np
import pytest
import torch

from ganworks.domains.table.constraints import kept, rule
from ganworks.settings import ConfigError

from .conftest import every

RULES = ("begin<=end", "total = net + tax-rate - rebate", "if sex=Male and begin>5 then pregnant=no", "net > 2")


@pytest.fixture
def bills(table):
    rng = np.random.default_rng(0)
    begin = rng.integers(0, 50, 300)
    net, tax, rebate = rng.integers(3, 90, 300), rng.integers(0, 20, 300), rng.integers(0, 5, 300)
    sex = rng.choice(["Male", "Female"], 300)
    columns = {
        "begin": begin, "end": begin + rng.integers(0, 30, 300), "net": net, "tax-rate": tax, "rebate": rebate,
        "total": net + tax - rebate, "sex": sex,
        "pregnant": np.where((sex == "Female") & (rng.random(300) < 0.3), "yes", "no"),
    }  # fmt: skip
    return lambda **settings: table(columns, constraints=RULES, **settings)


def test_constraints_that_the_data_keeps_are_kept_by_all_that_is_drawn(bills) -> None:
    _, dataset, codec = bills()
    assert kept(every(dataset), codec).all() and not any("constraint" in note for note in dataset.notes)
    torch.manual_seed(0)
    x = torch.randn(2000, codec.spec.channels)
    drawn = codec.decode(x)
    assert kept(drawn, codec).all()
    assert np.array_equal(codec.decode(x[100:130]), drawn[100:130])
    loose = codec.model_copy(update={"enforce": "off"}).decode(x)
    assert kept(loose, codec).mean() < 0.1 and (loose != drawn).any()
    ordered = loose[:, 0] <= loose[:, 1]
    assert np.array_equal(loose[ordered, :2], drawn[ordered, :2])  # what is right is left alone
    bound = codec.learnt[1].numbers
    assert drawn[:, 1].max() <= max(bound.maximum, codec.learnt[0].numbers.maximum)


def test_constraints_that_the_data_breaks_are_told_with_the_first_line(table) -> None:
    rows = {"a": [*range(30), 9, *range(30)], "b": [*range(1, 31), 3, *range(1, 31)], "c": ["x", "y"] * 30 + ["x"]}
    _, dataset, _ = table(rows, constraints=["a<b"])
    assert "constraint 'a<b': 1 of 61 rows of the data break it, first at line 32" in dataset.notes


@pytest.mark.parametrize(
    ("text", "row", "repaired"),
    [
        ("a<=b", [9, 4, 1], [4, 9, 1]),
        ("a<b", [4, 4, 1], [4, 5, 1]),
        ("a>=b", [2, 6, 1], [6, 2, 1]),
        ("a<=7", [9, 4, 1], [7, 4, 1]),
        ("3.5<a", [2, 4, 1], [4, 4, 1]),
        ("c=a+b-2", [9, 4, 1], [9, 4, 11]),
        ("if a>5 then b<=3", [9, 4, 1], [9, 3, 1]),
        ("if a=9 and b=4 then c!=1", [9, 4, 1], [9, 4, 0]),
        ("a<=b", [np.nan, 4, 1], [np.nan, 4, 1]),
    ],
)
def test_repairs_by_hand(text: str, row: list[float], repaired: list[float], table) -> None:
    rng = np.random.default_rng(0)
    columns = {name: np.array([0, 90, *rng.integers(0, 90, 58)]) for name in "abc"}
    columns["c"] = np.where(rng.random(60) < 0.9, "0", "1") if "c!" in text else columns["c"]
    _, _, codec = table(columns, **({"columns": {"c": {"kind": "category"}}} if "c!" in text else {}))
    records = np.array([row], np.float64)
    rule(text, codec).repair(records, codec)
    np.testing.assert_array_equal(records, [repaired])
    assert not rule(text, codec).broken(records).any()


NONSENSE = {
    "3<4": "'3<4' names no column",
    "3=age": "begins with a number",
    "age=income+texas": "no column 'texas'",
    "if age then town=north": "rows are asked for as column=value",
    "": "wanted a<=b",
}


@pytest.mark.parametrize("text", NONSENSE)
def test_constraints_that_mean_nothing_get_one_line(text: str, people) -> None:
    with pytest.raises(ConfigError, match=NONSENSE[text]):
        rule(text, people[1])
