"""Rows as somebody asks: every one that is returned holds, and what is wanting is counted."""

import csv
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch

from ganworks.adversarial.objectives import Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.cli import run as command
from ganworks.domains.table import Coded, Table
from ganworks.latent.where import Search, draw
from ganworks.model import Model
from ganworks.networks import MlpDiscriminator, MlpGenerator
from ganworks.networks.tabular import TabularGenerator
from ganworks.settings import ConfigError
from ganworks.training.run import Budget, Run


def untrained(codec: Coded, domain: Table, keeps: bool) -> Model:
    network = TabularGenerator(latent=8, widths=(16,)) if keeps else MlpGenerator(latent=8, widths=(16,))
    run = Run(
        recipe="table", data="toy", domain=domain, generator=network, discriminator=MlpDiscriminator(widths=(16,)),
        objective=Relativistic(), generator_optimiser=Adam(), discriminator_optimiser=Adam(), budget=Budget(samples=1),
    )  # fmt: skip
    torch.manual_seed(0)
    return Model(run, codec, network.build(codec.spec), 0)


@pytest.fixture(scope="module")
def codec() -> Coded:
    return Table().fit(Table().toy(1))


@pytest.fixture(params=[True, False], ids=["keeps", "ignores"])
def model(request: pytest.FixtureRequest, codec: Coded) -> Model:
    return untrained(codec, Table(), request.param)


ASKED = ["town in (north, west)", "age>=40", "age<60", "member!=no", "joined>2020-03-01", "height>150"]


def test_all_that_is_returned_holds_whatever_the_generator_makes_of_it(model) -> None:
    found = draw(model, 50, 3, ASKED)
    town, age, _, member, _, height, joined = found.records.T
    assert len(found.records) == 50 and found.short == 0 and 50 <= found.drawn <= 10_000
    assert np.isin(town, [model.codec.learnt[0].seen.words.index(each) for each in ("north", "west")]).all()
    assert (age >= 40).all() and (age < 60).all() and (member == 1).all() and (height > 150).all()
    assert (joined > 1583020800).all()
    assert np.array_equal(found.records, draw(model, 50, 3, ASKED).records)
    assert not np.array_equal(found.records, draw(model, 50, 4, ASKED).records)


def test_a_generator_that_keeps_to_what_is_asked_wastes_next_to_nothing(codec) -> None:
    model = untrained(codec, Table(), keeps=True)
    assert draw(model, 1000, 0, ASKED).drawn <= 1100
    values = draw(model, 1000, 0, ["age>=40", "age<60"]).records[:, 1]
    assert len(np.unique(values)) >= 18  # all of the range, not its middle alone
    exactly = draw(model, 20, 0, ["income=44.5", "height=?"]).records
    assert (exactly[:, 2] == 44.5).all() and np.isnan(exactly[:, 5]).all()


def test_a_model_without_conditions_is_asked_by_rejection_alone(codec) -> None:
    plain = codec.model_copy(update={"conditional": False})
    model = untrained(Coded.from_tree(plain.tree()), Table(condition="none"), keeps=False)
    found = draw(model, 20, 0, ["town=north", "height>160"])
    assert len(found.records) == 20 and (found.records[:, 5] > 160).all() and found.drawn > 20


def test_what_is_wanting_is_counted_exactly(codec) -> None:
    model = untrained(codec, Table(), keeps=False)
    found = draw(model, 400, 0, ["income=44.51", "savings=3.3"], most=5000)
    assert len(found.records) + found.short == 400 and found.drawn == 5000 and found.short > 0
    assert found.line == f"{len(found.records):,} of 400 rows hold; 5,000 drawn"


def test_without_anything_asked_the_rows_are_those_of_the_model(model) -> None:
    rows = list(Search(model, 150, 5))
    assert np.array_equal(np.concatenate(rows), model.generate(150, 5), equal_nan=True)


def test_constraints_that_reject_leave_only_rows_that_keep_them(codec) -> None:
    told = codec.model_copy(update={"constraints": ("income<=age",), "enforce": "reject"})
    model = untrained(Coded.from_tree(told.tree()), Table(), keeps=False)
    found = draw(model, 30, 0)
    assert len(found.records) == 30 < found.drawn and (found.records[:, 2] <= found.records[:, 1]).all()
    assert (model.generate(200)[:, 2] > model.generate(200)[:, 1]).any()


@pytest.mark.parametrize(
    ("wheres", "line"),
    [
        (["twon=north"], "did you mean 'town'"),
        (["age>60", "age<20"], "no number is age>60 and age<20; ask for less"),
        (["age~3"], "rows are asked for as column=value"),
    ],
)
def test_words_that_ask_for_nothing_get_one_line(wheres, line, model) -> None:
    with pytest.raises(ConfigError, match=line):
        draw(model, 5, 0, wheres)


@pytest.fixture
def saved(codec, tmp_path: Path) -> Path:
    return untrained(codec, Table(), keeps=True).save(tmp_path / "run")


def test_the_command_writes_one_file_of_rows_that_hold(saved, tmp_path, capsys) -> None:
    assert command(["sample", str(saved), "-n", "70", "--where", "town=north", "--where", "age>60"]) == 0
    said = capsys.readouterr().out
    assert "70 rows in" in said and "70 of 70 rows hold;" in said
    rows = list(csv.DictReader((saved / "generated" / "seed0.csv").open()))
    assert len(rows) == 70 and all(row["town"] == "north" and int(row["age"]) > 60 for row in rows)
    out = tmp_path / "some" / "rows.parquet"
    assert command(["sample", str(saved), "-n", "70", "--out", str(out)]) == 0
    assert len(pandas.read_parquet(out)) == 70 and [each.name for each in out.parent.iterdir()] == ["rows.parquet"]
    assert command(["sample", str(saved), "-n", "5", "--format", "tsv", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "seed0.tsv").read_text().startswith("town\tage\t")
    assert command(["sample", str(saved), "-n", "100", "--grid", "--out", str(tmp_path / "a.png")]) == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--where", "town=south", "--grid"], "--where, --format and --spreadsheet write rows"),
        (["--class", "town=north"], 'asked for by --where, as in --where "age>60"'),
        (["--where", "town=nroth"], "no value of column 'town' 'nroth'; did you mean 'north'?"),
        (["--format", "csv", "--out", "a.parquet"], "say different things"),
        (["--where", "savings=1.1", "--where", "savings!=1.1", "--out", "a.csv"], "none is as asked for; ask for less"),
    ],
)
def test_the_command_refuses_in_one_line(words, line, saved, told, monkeypatch) -> None:
    monkeypatch.chdir(saved)
    assert line in told("sample", str(saved), "-n", "5", *words)
    assert not (saved / "a.csv").exists()
