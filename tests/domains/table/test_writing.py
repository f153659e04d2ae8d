"""Rows as files: spelled as they were, typed in Parquet, harmless in a spreadsheet, identifiers made anew."""

import csv
import itertools

import numpy as np
import pandas
import pytest

from ganworks.domains.table.identifiers import identifiers
from ganworks.domains.table.schema import Seen
from ganworks.domains.table.writing import opened
from ganworks.settings import ConfigError

from .conftest import every


def test_cells_that_a_spreadsheet_would_compute_are_neutralised_when_asked(table, tmp_path) -> None:
    words = ["=cmd()", "+1 more", "-x", "@sum", " =sneaky", "plain"] * 10
    _, dataset, codec = table({"note": words, "delta": [-1.5, 2.25, -3.0] * 20})
    records = every(dataset)
    with opened(tmp_path / "safe.csv", codec, spreadsheet=True) as file:
        file.add(records, 0)
    rows = list(csv.DictReader((tmp_path / "safe.csv").open()))
    assert [row["note"] for row in rows[:6]] == ["'=cmd()", "'+1 more", "'-x", "'@sum", "' =sneaky", "plain"]
    assert [float(row["delta"]) for row in rows[:3]] == [-1.5, 2.25, -3.0]
    (path,) = codec.write(records, tmp_path)
    assert path.read_text() == (tmp_path / "t.csv").read_text()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_rows_in_pieces_are_one_file(suffix: str, people, tmp_path) -> None:
    dataset, codec = people
    records = every(dataset)[:200]
    for name, cuts in (("one", [0, 200]), ("some", [0, 64, 128, 200])):
        with opened(tmp_path / f"{name}{suffix}", codec) as file:
            for begin, end in itertools.pairwise(cuts):
                file.add(records[begin:end], begin)
    read = (
        pandas.read_parquet if suffix == ".parquet" else lambda path: pandas.read_csv(path, sep=None, engine="python")
    )
    one, some = (read(tmp_path / f"{name}{suffix}") for name in ("one", "some"))
    pandas.testing.assert_frame_equal(one, some)
    assert len(one) == 200 and one["height"].isna().sum() == np.isnan(records[:, 5]).sum()


def test_another_suffix_is_refused(people, tmp_path) -> None:
    with (
        pytest.raises(ConfigError, match=r"rows are written as .csv, .tsv, .parquet, got '.xlsx'"),
        opened(tmp_path / "t.xlsx", people[1]),
    ):
        pass


@pytest.mark.parametrize("pattern", ["A-99", "99", "xxxxxxxx-xxxx", "aA9"])
def test_identifiers_are_of_their_shape_and_differ_while_there_is_room(pattern: str) -> None:
    seen = Seen(name="code", kind="identifier", pattern=pattern)
    room = int(np.prod([{"9": 10, "a": 26, "A": 26, "x": 16}.get(each, 1) for each in pattern], dtype=float))
    made = identifiers(seen, 0, min(room, 3000))
    assert len(set(made)) == len(made) and made[7:20] == identifiers(seen, 7, 13)
    assert {len(each) for each in made} == {len(pattern)}
    assert identifiers(Seen(name="n", kind="identifier", start=5), 2, 3) == ["7", "8", "9"]
