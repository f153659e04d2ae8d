"""Files as people have them: encodings, delimiters, headers, and every kind of column found by its cells."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from ganworks.domains.table import Table
from ganworks.domains.table.codec import Coded
from ganworks.settings import override

WORDS = "abc"


def lines(count: int = 60) -> list[list[str]]:
    return [[str(20 + i * 7 % 50), f"{i * 0.37:.2f}", WORDS[i % 3], "yes" if i % 2 else "no"] for i in range(count)]


def written(folder: Path, mark: str = ",", names: str = "age,pay,town,member", encoding: str = "utf-8") -> Path:
    rows = [names.split(",")] if names else []
    text = "\n".join(mark.join(row) for row in [*rows, *lines()])
    (folder / "t.csv").write_bytes((text + "\n").encode(encoding))
    return folder / "t.csv"


def read(path: Path, *settings: str) -> tuple[Coded, np.ndarray, tuple[str, ...]]:
    tree = {"domain": {}}
    for each in settings:
        tree = override(tree, each)
    table = Table.from_tree(tree["domain"])
    dataset = table.read(str(path))
    return table.fit(dataset), dataset.train.array, dataset.notes


def kinds(codec: Coded) -> dict[str, str]:
    return {column.seen.name: column.seen.kind for column in codec.columns}


PLAIN = {"age": "integer", "pay": "rounded", "town": "category", "member": "boolean"}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_written_again(mark: str, tmp_path) -> None:
    codec, records, _ = read(written(tmp_path, mark))
    assert kinds(codec) == PLAIN and records.shape == (60, 4) and codec.delimiter == mark
    (path,) = codec.write(records, tmp_path)
    assert path.read_text() == (tmp_path / "t.csv").read_text()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_the_encoding_is_found_and_told(encoding: str, tmp_path) -> None:
    codec, _, notes = read(written(tmp_path, names="âge,pay,town,member", encoding=encoding))
    assert codec.names[0] == "âge"
    assert any("encoding" in note for note in notes) == (not encoding.startswith("utf-8"))
    assert read(tmp_path / "t.csv", f"domain.encoding={encoding}")[0].names[0] == "âge"


def test_a_header_that_is_missing_is_noticed_and_told(tmp_path) -> None:
    codec, records, notes = read(written(tmp_path, names=""))
    assert codec.names == ("column1", "column2", "column3", "column4") and len(records) == 60
    assert "the first line holds values, not names" in notes[0]
    (path,) = codec.write(records, tmp_path)
    assert path.read_text() == (tmp_path / "t.csv").read_text()
    assert len(read(written(tmp_path, names="10,11,12,13"), "domain.header=no")[1]) == 61


def test_names_that_are_numbers_are_names_where_others_are_not(tmp_path) -> None:
    rows = "\n".join(f"{WORDS[i % 3]},{i % 9},{i % 7}" for i in range(40))
    (tmp_path / "t.csv").write_text(f"town,2019,2020\n{rows}\n")
    assert kinds(read(tmp_path / "t.csv", "domain.header=yes")[0]) == {
        "town": "category", "2019": "integer", "2020": "integer",
    }  # fmt: skip


def test_every_kind_is_found_and_told(tmp_path) -> None:
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame({
        "id": np.arange(1000, 1200),
        "uuid": [f"{i:08x}-0000-4000-8000-{i * 7:012x}" for i in range(200)],
        "code": [f"AB-{i:04d}" for i in rng.permutation(200)],
        "zip": [f"0{i % 40:03d}" for i in range(200)],
        "share": rng.random(200).round(3),
        "weight": rng.normal(70, 9, 200),
        "pay": rng.normal(9, 2, 200).round(2),
        "flag": rng.integers(0, 2, 200),
        "day": pandas.date_range("2020-01-01", periods=200).astype(str),
        "when": [f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/2021 10:{i % 60:02d}" for i in range(200)],
        "same": ["x"] * 200,
    })  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    codec, records, notes = read(tmp_path / "t.csv")
    assert kinds(codec) == {
        "id": "identifier", "uuid": "identifier", "code": "identifier", "zip": "category", "share": "bounded",
        "weight": "number", "pay": "rounded", "flag": "boolean", "day": "datetime", "when": "datetime",
        "same": "constant",
    }  # fmt: skip
    assert "identifier: id, uuid, code" in notes[0] and records.shape == (200, 7)
    formats = {column.seen.name: column.seen.format for column in codec.columns if column.seen.format}
    assert formats == {"day": "%Y-%m-%d", "when": "%m/%d/%Y %H:%M"}
    (path,) = codec.write(records, tmp_path)
    again = pandas.read_csv(path, dtype={"zip": str})
    assert list(again.columns) == list(frame.columns) and (again["id"] == np.arange(1000, 1200)).all()
    for name in ("zip", "share", "pay", "flag", "day", "when", "same"):
        assert (again[name] == frame[name]).all(), name
    np.testing.assert_allclose(again["weight"], frame["weight"], rtol=1e-8)
    assert again["code"].str.fullmatch(r"[A-Z]{2}-\d{4}").all() and again["code"].is_unique
    assert again["uuid"].str.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").all() and again["uuid"].is_unique


def test_day_and_month_that_could_be_swapped_are_told(tmp_path) -> None:
    rows = "\n".join(f"{i % 12 + 1:02d}/{i % 9 + 1:02d}/2021,{i % 5}" for i in range(50))
    (tmp_path / "t.csv").write_text(f"day,n\n{rows}\n")
    codec, _, notes = read(tmp_path / "t.csv")
    assert codec.columns[0].seen.format == "%d/%m/%Y"
    assert any("read as %d/%m/%Y, could be %m/%d/%Y; say it by domain.columns.day.format" in note for note in notes)
    codec, _, notes = read(tmp_path / "t.csv", "domain.columns.day.format=%m/%d/%Y")
    assert codec.columns[0].seen.format == "%m/%d/%Y" and not any("could be" in note for note in notes)


def test_decimal_commas_are_numbers_and_come_back_so(tmp_path) -> None:
    rows = "\n".join(f"{i},5;{WORDS[i % 3]}" for i in range(50))
    (tmp_path / "t.csv").write_text(f"pay;town\n{rows}\n")
    codec, records, _ = read(tmp_path / "t.csv")
    assert codec.columns[0].seen.comma and records[3, 0] == 3.5
    assert codec.write(records, tmp_path)[0].read_text() == (tmp_path / "t.csv").read_text()


def test_missing_values_are_gaps_in_every_kind_and_come_back_as_they_were_spelled(tmp_path) -> None:
    rows = [[*row] for row in lines()]
    for i, row in enumerate(rows):
        row[i % 4] = " ?" if i % 3 == 0 else row[i % 4]
    (tmp_path / "t.csv").write_text("age,pay,town,member\n" + "\n".join(map(",".join, rows)) + "\n")
    codec, records, notes = read(tmp_path / "t.csv")
    assert kinds(codec) == PLAIN and np.isnan(records).sum() == 20
    assert all(column.seen.missing and column.seen.missing_word == " ?" for column in codec.columns)
    assert "values are missing in age, pay, town, member" in notes
    assert codec.write(records, tmp_path)[0].read_text() == (tmp_path / "t.csv").read_text()
    kept, records, _ = read(tmp_path / "t.csv", 'domain.missing=[""]', "domain.columns.town.kind=category",
                            "domain.columns.age.kind=category", "domain.columns.pay.kind=category")  # fmt: skip
    assert " ?" in kept.columns[2].seen.words and not np.isnan(records).any()


def test_a_user_overrules_kinds_by_name_and_by_place(tmp_path) -> None:
    path = written(tmp_path, names="a.b,pay,town of birth,member")
    codec, records, _ = read(
        path, 'domain.columns={"a.b"={kind="category"}}', "domain.columns.column2.decimals=1",
        "domain.columns.town of birth.kind=drop", "domain.columns.column2.maximum=9",
    )  # fmt: skip
    assert kinds(codec) == {"a.b": "category", "pay": "rounded", "member": "boolean"}
    assert records[:, 1].max() == 9 and set(np.round(records[:, 1] * 10) - records[:, 1] * 10) == {0}


def test_splits_follow_from_rows_alone_and_copies_stay_together(tmp_path) -> None:
    rows = [",".join(row) for row in lines(400)]
    (tmp_path / "t.csv").write_text("age,pay,town,member\n" + "\n".join([*rows, *rows[:200]]) + "\n")
    dataset = Table().read(str(tmp_path / "t.csv"))
    splits = [{row.tobytes() for row in each.fetch(np.arange(len(each))).x}
              for each in (dataset.train, dataset.validation, dataset.test)]  # fmt: skip
    assert not splits[0] & splits[1] and not splits[0] & splits[2] and not splits[1] & splits[2]
    assert 20 <= len(splits[2]) <= 60 and "200 of 600 rows are copies of others" in dataset.notes
    (tmp_path / "t.csv").write_text("age,pay,town,member\n" + "\n".join([*rows[::-1], "33,1.1,new,no"]) + "\n")
    after = Table().read(str(tmp_path / "t.csv"))
    test = {row.tobytes() for row in after.test.fetch(np.arange(len(after.test))).x}
    assert {row[:16] for row in splits[2]} <= {row[:16] for row in test}


def test_parquet_and_data_frames_are_read_as_their_csv_is(tmp_path) -> None:
    frame = pandas.DataFrame({
        "age": [20 + i % 50 for i in range(80)],
        "pay": [None if i % 9 == 0 else i / 4 for i in range(80)],
        "town": pandas.Categorical([WORDS[i % 3] for i in range(80)]),
        "member": [i % 2 == 0 for i in range(80)],
        "day": pandas.date_range("2020-01-01", periods=80),
    })  # fmt: skip
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    datasets = [Table().read(str(tmp_path / "t.parquet")), Table().read(str(tmp_path / "t.csv")), Table().of(frame)]
    for each in datasets[1:]:
        np.testing.assert_array_equal(each.train.array, datasets[0].train.array)
    codec = Table().fit(datasets[0])
    (path,) = codec.write(datasets[0].train.array, tmp_path)
    again = pandas.read_parquet(path)
    assert path.suffix == ".parquet" and str(again["day"].dtype).startswith("datetime64")
    assert again["member"].dtype == bool and again["age"].dtype == "int64" and again["pay"].isna().sum() == 9
    assert (again["town"].astype(str) == frame["town"].astype(str)).all()


def test_a_table_is_told_from_a_manifest_of_pictures(tmp_path) -> None:
    assert Table.recognises(written(tmp_path))
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "m.csv").write_text("path,label\na.png,cat\n")
    assert not Table.recognises(tmp_path / "m.csv") and not Table.recognises(tmp_path)


@pytest.mark.parametrize("name", ["adult/adult.csv", "penguins/penguins.csv", "diamonds/diamonds.csv"])
def test_real_tables_come_back_to_the_letter(name: str, real_data, tmp_path) -> None:
    path = real_data(name.partition("/")[0]) / name.partition("/")[2]
    dataset = Table().read(str(path))
    schema = Table(test=0, validation=0, normaliser="quantile")
    head = "".join(path.read_text().splitlines(keepends=True)[:400])
    (tmp_path / "t.csv").write_text(head)
    small = schema.read(str(tmp_path / "t.csv"))
    written = schema.fit(small).write(small.train.array, tmp_path)[0].read_text()
    assert written.replace('"', "") == head.replace('"', "") and len(dataset.train) > 250
