"""What is no table, or an awkward one: refused in one line that names the column or the line, with the way out."""

import gzip
from collections.abc import Sequence

import pytest

from ganworks.domains.table import Table
from ganworks.settings import ConfigError, DataError, override


def csv(header: str, rows: Sequence[str]) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def ages(count: int = 60) -> list[str]:
    return [f"{20 + 7 * i % 50},{'abc'[i % 3]}" for i in range(count)]


def names(count: int = 60) -> list[str]:
    """Words that are each of another shape and have nothing in common."""
    return [
        "".join(chr(97 + (i * 7 + k * k) % 26) for k in range(3 + i % 9)) + " jones" * (i % 3) for i in range(count)
    ]


def odd(rows: list[str], at: int, row: str) -> list[str]:
    return [*rows[:at], row, *rows[at + 1 :]]


BAD = {
    "empty.csv": (b"", "empty file"),
    "blank.csv": (b"\n\n\n", "empty file"),
    "only_names.csv": (b"age,town\n", "wanted rows below the names"),
    "one_row.csv": (b"age,town\n3,a\n", "at least 20 rows to learn from, got 1"),
    "twice.csv": (csv("age,age", ages()), "columns 1 and 2 are both called 'age'; rename one"),
    "unnamed.csv": (csv(",town", ages()), "column 1 of 2 has no name in the first line; name it there"),
    "long.csv": (csv("age,town", odd(ages(), 8, "30,a,b")), "line 10 has 3 cells where the first has 2; mend the line"),
    "short.csv": (csv("age,town", odd(ages(), 8, "30")), "line 10 has 1 cells where the first has 2; mend the line"),
    "quote.csv": (
        csv("age,town", odd(ages(), 8, '30,"a')),
        "line 10 cannot be read: unexpected end of data; is a quote left open",
    ),
    "infinite.csv": (
        csv("age,town", odd(ages(), 15, "inf,a")),
        "column 'age': 1 values are infinite, first 'inf' at line 17; mend",
    ),
    "overflow.csv": (csv("age,town", odd(ages(), 15, "1e999,a")), "column 'age': 1 values are infinite, first '1e999'"),
    "mixed.csv": (
        csv("age,town", odd([f"{i}.5,a" for i in range(60)], 15, "many,a")),
        "column 'age': 1 of 60 values are no numbers, first 'many' at line 17; clean them, add the word to "
        "domain.missing, or set domain.columns.age.kind=category",
    ),
    "half.csv": (
        csv("v,t", [f"{i if i % 5 else 'x' + str(i)},a" for i in range(90)]),
        "18 of 90 values are no numbers",
    ),
    "constant.csv": (csv("a,b", ["1,x"] * 30), r"no column holds anything to learn \(a: constant, b: constant\)"),
    "ids.csv": (csv("id", [str(i) for i in range(30)]), r"no column holds anything to learn \(id: identifier"),
    "text.csv": (
        csv("age,note", [f"3,{word}" for word in names()]),
        "column 'note' holds free text or names: 60 different values in 60 rows; set domain.columns.note.kind to drop",
    ),
    "workbook.csv": (b"PK\x03\x04" + bytes(50), "a workbook or an archive; save the sheet as CSV"),
    "packed.csv": (gzip.compress(b"a,b\n1,2\n"), "compressed; unpack it first"),
    "zero.csv": (csv("age,town", odd(ages(), 3, "30,a\0b")), "line 5 holds a zero byte"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n", "wanted text, got a picture"),
    "parquet.csv": (b"PAR1" + bytes(9), "name it .parquet"),
    "no.parquet": (b"age,town\n1,2\n", "not a Parquet file that can be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_gets_one_line(name: str, tmp_path) -> None:
    content, line = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=line) as told:
        Table().read(str(tmp_path / name))
    assert "\n" not in str(told.value) and len(str(told.value)) < 500


SAID = {
    "domain.columns.age.kind=datetime": "column 'age': no known way to write a date fits",
    "domain.columns.town.kind=number": "column 'town': 60 of 60 values are no numbers, first 'a' at line 2",
    "domain.columns.town.kind=boolean": "column 'town' has 3 different values, a boolean two",
    "domain.columns.town.kind=constant": "column 'town' is not constant: it holds 3 values",
    "domain.columns.twon.kind=category": "no column 'twon'; did you mean 'town'",
    "domain.columns.age.kind=words": "domain.columns.age.kind must be",
    "domain.delimiter=;": "';' finds one column, comma 2",
    "domain.delimiter=ab": "a delimiter is one character",
    "domain.encoding=utf-61": "no encoding 'utf-61'",
    'domain.columns={age={kind="drop"},town={kind="drop"}}': "every column is dropped",
    "domain.columns.age={minimum=4,maximum=3}": "minimum must be below maximum, got 4 and 3",
    "domain.target=twon": "domain.target: no column 'twon'; did you mean 'town'",
    'domain.constraints=["age<=heigth"]': "domain.constraints: no column 'heigth'",
    'domain.constraints=["town<=3"]': "'town<=3' wants numbers, column 'town' has none",
    'domain.constraints=["age"]': "wanted a<=b, total=x\\+y or if a=x then b=y, got 'age'",
    'domain.constraints=["if town=z then age=3"]': "no value of column 'town' 'z'; known: a, b, c",
    "domain.validation=0.95": "validation and test must leave something to train on",
}


@pytest.mark.parametrize("setting", SAID)
def test_settings_that_do_not_fit_the_table_get_one_line(setting: str, tmp_path) -> None:
    (tmp_path / "t.csv").write_bytes(csv("age,town", ages()))
    with pytest.raises((DataError, ConfigError), match=SAID[setting]):
        table = Table.from_tree(override({"domain": {}}, setting)["domain"], "domain")
        table.fit(table.read(str(tmp_path / "t.csv")))


def test_a_million_categories_are_named_with_the_ways_out(tmp_path) -> None:
    rows = "\n".join(f"{i % 7},{'abcdefgh'[i % 8] * (i % 5)}{i * 7919:x}" for i in range(101_000))
    (tmp_path / "t.csv").write_text("a,code\n" + rows)
    with pytest.raises(DataError, match="column 'code' holds free text or names: 101,000 different values"):
        Table().read(str(tmp_path / "t.csv"))
    with pytest.raises(DataError, match="'code' has 101,000 categories, and a model would have to carry them all"):
        Table.from_tree({"columns": {"code": {"kind": "category"}}}).read(str(tmp_path / "t.csv"))


@pytest.mark.parametrize(("name", "line"), [("missing.csv", "there is none"), (".", "got a folder")])
def test_what_is_not_there_is_said_so(name: str, line: str, tmp_path) -> None:
    with pytest.raises(DataError, match=line):
        Table().read(str(tmp_path / name))


def test_fractions_are_not_taken_for_whole_numbers(tmp_path) -> None:
    (tmp_path / "t.csv").write_bytes(csv("age,town", odd(ages(), 15, "3.5,a")))
    with pytest.raises(DataError, match=r"'age': 1 values are not whole, first '3.5' at line 17; set .*kind=rounded"):
        Table.from_tree({"columns": {"age": {"kind": "integer"}}}).read(str(tmp_path / "t.csv"))
