"""Files of series: what is read, and what is refused in one line that says where."""

from pathlib import Path

import numpy as np
import pytest

from ganworks.domains.series import Series
from ganworks.settings import ConfigError, DataError

HEADER = "date,load,kind"


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def hourly(count: int, first: int = 0) -> list[str]:
    kinds = ("calm", "calm", "storm")
    return [
        f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00,{np.sin(i / 5):.3f},{kinds[i % 3]}"
        for i in range(first, first + count)
    ]


@pytest.fixture
def week(tmp_path: Path) -> str:
    return write(tmp_path / "week.csv", HEADER, *hourly(168))


def read(path: str, **settings: object):
    return Series.from_tree({"window": 12, **settings}).read(path)


def told(path: str, **settings: object) -> str:
    with pytest.raises((DataError, ConfigError)) as refusal:
        read(path, **settings)
    line = str(refusal.value)
    assert "\n" not in line
    return line


def test_a_long_file_becomes_windows_by_time_with_a_gap_between(week: str) -> None:
    dataset = read(week)
    first = dataset.train.fetch(np.array([0])).x[0]
    assert first.shape == (2, 12) and first.dtype == np.float64
    np.testing.assert_allclose(first[0], [round(np.sin(i / 5), 3) for i in range(12)])
    assert first[1].tolist() == [0, 0, 1] * 4  # calm, storm
    ends = [split.rows.max() + 12 for split in (dataset.train, dataset.validation)]
    begins = [split.rows.min() for split in (dataset.validation, dataset.test)]
    assert [b - e for b, e in zip(begins, ends, strict=True)] == [12, 12]
    assert dataset.test.rows.max() + 12 == 168


def test_the_same_numbers_wide_long_parquet_and_npz_are_the_same_series(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    values = np.random.default_rng(0).random((12, 20)).round(4)
    rows = [(f"s{i}", t, values[i, t]) for i in range(12) for t in range(20)]
    long = write(tmp_path / "long.tsv", "who\tstep\tvalue", *(f"{a}\t{b}\t{c}" for a, b, c in rows))
    wide = write(tmp_path / "wide.csv", "who," + ",".join(f"t{t}" for t in range(20)),
                 *(",".join([f"s{i}", *map(str, values[i])]) for i in range(12)))  # fmt: skip
    pandas.DataFrame(rows, columns=["who", "step", "value"]).to_parquet(tmp_path / "long.parquet")
    np.savez(tmp_path / "long.npz", series=values[:, :, None])
    found = [
        read(long, entity="who", window=0), read(wide, entity="who", window=0, layout="wide"),
        read(str(tmp_path / "long.parquet"), entity="who", window=0), read(str(tmp_path / "long.npz"), window=0),
    ]  # fmt: skip
    for dataset in found:
        np.testing.assert_allclose(dataset.train.array[:, 0], values)
    assert Series.recognises(tmp_path / "long.npz") and not Series.recognises(Path(long))


def test_several_series_are_split_by_series(tmp_path: Path) -> None:
    lines = [f"{who},{t},{t * who}" for t in range(15) for who in range(30)]
    dataset = read(write(tmp_path / "many.csv", "who,time,value", *lines), entity="who")
    sizes = [len(each) for each in (dataset.train, dataset.validation, dataset.test)]
    assert sizes == [24 * 4, 3 * 4, 3 * 4]


def test_series_end_where_their_row_does(tmp_path: Path) -> None:
    rows = [",".join([f"a{i}", *map(str, range(i + 1)), *[""] * (9 - i)]) for i in range(3, 10)]
    path = write(tmp_path / "wide.csv", "who," + ",".join(f"t{t}" for t in range(10)), *rows)
    dataset = read(path, layout="wide", entity="who", window=0)
    known = (~np.isnan(dataset.train.array[:, 0])).sum(1)
    assert known.tolist() == list(range(4, 11))


def test_lines_that_all_run_backwards_are_turned_round(tmp_path: Path, week: str) -> None:
    path = write(tmp_path / "back.csv", HEADER, *reversed(hourly(168)))
    np.testing.assert_array_equal(read(path).train.array, read(week).train.array)


def test_times_out_of_order_are_named_by_line_and_sorted_when_asked(tmp_path: Path, week: str) -> None:
    lines = hourly(168)
    lines[40], lines[41] = lines[41], lines[40]
    path = write(tmp_path / "mixed.csv", HEADER, *lines)
    line = told(path)
    assert "line 43" in line and "later time in line 42" in line and "domain.times=sort" in line
    np.testing.assert_array_equal(read(path, times="sort").train.array, read(week).train.array)


def test_a_time_that_comes_twice_is_named_by_line_and_merged_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "twice.csv", HEADER, *hourly(168), "2024-01-07 23:00,3.0,calm")
    line = told(path)
    assert "line 170" in line and "stands in line 169 already" in line and "domain.times=merge" in line
    last = read(path, times="merge").train.array[-1, 0, -1]
    assert last == pytest.approx((round(np.sin(167 / 5), 3) + 3) / 2)


@pytest.mark.parametrize(
    ("lines", "settings", "words"),
    [
        ([], {}, "the file is empty"),
        ([HEADER], {}, "wanted a line of column names and rows under it, got 1 lines"),
        (["1,2,3", "4,5,6"], {}, "line 1: wanted names of columns, got numbers; add a line of names"),
        (["a,a", "1,2"], {}, "two columns are called 'a'"),
        (["a,,b", "1,2,3"], {}, "column 2 has no name"),
        (["a,b", "1,2", "3"], {}, "line 3: wanted 2 cells as the first line has, got 1"),
        (["a", "1", "2", "x"], {}, "line 4, column 'a': 'x' is no number"),
        (["a", "1", "inf", "3"], {}, "line 3, column 'a': the number is infinite"),
        (["a,b", "1,", "2,"], {}, "column 'b' is empty"),
        (["a", *map(str, range(8))], {}, "wanted a window of 12 steps, the longest series has 8; set domain.window=8"),
        (["a", *map(str, range(40))], {}, "40 steps do not hold three splits with windows of 12"),
        (["a", "1", "2"], {"time": "when"}, "domain.time: no column 'when'; known: a"),
        (["a", "1", "2"], {"columns": ["aa"]}, "domain.columns: no column 'aa'; did you mean 'a'?"),
        (["date,a", "2024-01-01,1", "soon,2"], {}, "line 3, column 'date': 'soon' is no time like '2024-01-01'"),
        (["who,a", "x,1", ",2"], {"entity": "who"}, "line 3, column 'who': the cell that says whose line"),
        (["who,a,b", "x,1,1", "x,2,3"], {"entity": "who", "attributes": ["b"]}, "line 3, column 'b': an attribute"),
        (["a", *(f"w{i}" for i in range(101))], {}, "column 'a' has 101 different words"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_one_line_that_says_where(tmp_path, lines, settings, words) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert words in told(str(path), **settings)


def test_bad_bytes_bad_arrays_and_absent_files_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("größe\n1\n".encode("latin-1"))
    assert "wanted text in UTF-8" in told(str(tmp_path / "latin.csv"))
    assert "known: ar1, sines" in told(str(tmp_path / "nothing.csv"))
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    assert "wanted an array 'series'" in told(str(tmp_path / "other.npz"))
    np.savez(tmp_path / "endless.npz", series=np.full((3, 20, 1), np.inf))
    assert "series[0, 0, 0] is infinite" in told(str(tmp_path / "endless.npz"))
    np.savez(tmp_path / "long.npz", series=np.zeros((3, 20, 1)), length=np.array([5, 30, 2]))
    assert "length must be 3 numbers from 1 to 20" in told(str(tmp_path / "long.npz"))


def test_a_short_series_among_others_is_left_out_and_listed(tmp_path: Path) -> None:
    lines = [f"{who},{t},{t}" for who in range(20) for t in range(5 if who == 3 else 15)]
    path = write(tmp_path / "some.csv", "who,time,value", *lines)
    assert read(path, entity="who").skipped[0] == ("3", "5 steps, shorter than the window of 12")
    with pytest.raises(DataError, match="3: 5 steps, shorter"):
        Series(window=12, entity="who").read(path, strict=True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"condition": "past", "past": 12}, "past must be below window"),
        ({"past": 3}, "past is for condition=past"),
        ({"condition": "past", "per_series": True}, "leave it out with condition=past"),
        ({"window": 0, "split": "time"}, "set domain.split=entity"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(week: str, settings: dict, words: str) -> None:
    assert words in told(week, **settings)


def test_real_files_are_read(real_data) -> None:
    stock = Series().read(str(real_data("stock") / "stock_data.csv"))
    assert stock.train.fetch(np.array([0])).x.shape == (1, 6, 24) and "2,878 windows of 24" in stock.notes[0]
    transformer = Series().read(str(real_data("etth1") / "ETTh1.csv"))
    assert transformer.notes[1] == "times from column 'date'" and len(transformer.facts["columns"]) == 7
