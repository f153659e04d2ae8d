"""Sheets: every kind is shown as it is best looked at, rows are asked for by fields, and files carry their marks."""

import csv
import io
import re
import zipfile

import pytest

from ganworks.latent.where import draw
from ganworks.model import load
from ganworks.provenance import read
from ganworks.verify import GOOD, Models, verify
from tests.server.studio.conftest import too_wide, unnamed

TOWNS = {"column": "town", "values": ["north", "west"]}


def sheet(app, name: str, **body) -> dict:
    answer = app.post(f"/api/sheets/{name}/draw", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(app, folder, **body) -> list[dict[str, str]]:
    answer = app.post("/api/sheets/rows/file", json=body)
    assert answer.status_code == 200, answer.text
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(folder)
    return list(csv.DictReader((folder / "rows.csv").open(newline="", encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "kind", "part"),
    [
        ("pictures", "picture", "data"), ("sounds", "sound", "sound"), ("clips", "clip", "moving"),
        ("lines", "line", "text"),
        ("levels", "level", "lines"), ("series", "series", "values"), ("molecules", "molecule", "text"),
    ],
)  # fmt: skip
def test_every_kind_comes_ready_to_be_shown(app, name: str, kind: str, part: str) -> None:
    told = sheet(app, name, seed=2, count=3)
    assert [each["kind"] for each in told["items"]] == [kind] * 3 and all(part in each for each in told["items"])
    assert [(each["seed"], each["index"]) for each in told["items"]] == [(2, 0), (2, 1), (2, 2)]


def test_a_table_shows_200_rows_and_says_how_many_there_are(app) -> None:
    told = sheet(app, "rows", count=300)
    assert len(told["rows"]) == 200 and told["found"] == 300 and told["columns"][0] == "town"
    assert {len(row) for row in told["rows"]} == {len(told["columns"])}


def test_rows_asked_for_by_fields_are_those_of_the_command_line(app, models) -> None:
    told = sheet(app, "rows", count=20, seed=5, asked=[TOWNS, {"column": "age", "least": "30", "most": "60.5"}])
    found = draw(load(models / "rows"), 20, 5, ["town in (north, west)", "age>=30", "age<=60.5"])
    assert told["line"] == found.line and told["found"] == len(found.records)
    town, age = (told["columns"].index(each) for each in ("town", "age"))
    assert {row[town] for row in told["rows"]} <= {"north", "west"} and all(
        30 <= float(row[age]) <= 60.5 for row in told["rows"]
    )


def test_a_shortfall_is_told(app) -> None:
    told = sheet(app, "rows", count=5, asked=[{"column": "height", "least": "9999"}])
    assert told["found"] == 0 and told["line"].startswith("0 of 5 rows hold") and told["rows"] == []


def test_a_csv_file_comes_with_its_mark_and_parquet_holds_it(app, tmp_path) -> None:
    rows = rows_of(app, tmp_path, count=30, seed=3, asked=[TOWNS], format="csv")
    assert len(rows) == 30 and {row["town"] for row in rows} <= {"north", "west"}
    mark = read(tmp_path / "rows.csv")
    assert mark.seed == 3 and "town" in mark.asked["where"] and mark.asked["rows"] == "30"
    answer = app.post("/api/sheets/rows/file", json={"count": 30, "seed": 3, "format": "parquet"})
    (tmp_path / "rows.parquet").write_bytes(answer.content)
    assert read(tmp_path / "rows.parquet").model == mark.model


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("pictures", {"count": 3, "condition": "1"}), ("pictures", {"count": 3, "truncation": 0.6}),
        ("rows", {"count": 40, "asked": [TOWNS]}), ("levels", {"count": 3}), ("series", {"count": 4}),
        ("lines", {"count": 4, "temperature": 0.8}),
    ],
)  # fmt: skip
def test_what_is_taken_home_is_proved_by_making_it_again(app, models, tmp_path, name: str, body: dict) -> None:
    answer = app.post(f"/api/sheets/{name}/file", json={"seed": 7, **body})
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    path = sorted(each for each in tmp_path.rglob("*") if not each.name.endswith(".json"))[-1]
    verdict = verify(path, Models(runs=models))
    assert verdict.state in GOOD, verdict.line


def test_levels_say_whether_they_keep_their_rules(app) -> None:
    told = sheet(app, "levels", count=6)
    broken = sum(bool(each["broken"]) for each in told["items"])
    assert told["line"] == f"{6 - broken} of 6 levels keep all rules"


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("rows", {"asked": [{"column": "height"}]}, "nothing is asked"),
        ("rows", {"asked": [{"column": "nobody", "values": ["a"]}]}, "nobody"),
        ("rows", {"asked": [{"column": "town", "values": ["atlantis"]}]}, "atlantis"),
        ("rows", {"asked": [{"column": "age", "least": "many"}]}, "many"),
        ("rows", {"asked": [{"column": "town", "values": ["'\""]}]}, "quotes"),
        ("rows", {"count": 100_001}, "count"),
        ("rows", {"condition": "town=north"}, "columns"),
        ("lines", {"asked": [TOWNS]}, "only rows"),
        ("lines", {"sound": True}, "only levels"),
        ("lines", {"count": 65}, "at most 64"),
        ("restorer", {}, "apply"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(app, name: str, body: dict, line: str) -> None:
    answer = app.post(f"/api/sheets/{name}/draw", json=body)
    assert answer.status_code == 422 and line in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_a_person_asks_for_rows_by_fields_and_takes_them_home(enter, tmp_path) -> None:
    page = enter("#/sheets/rows")
    page.get_by_role("table").wait_for()
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_role("group", name="town").get_by_label("north").check()
    page.get_by_label("Column").select_option(label="age")
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_role("group", name="age").get_by_label("From").fill("40")
    page.get_by_role("spinbutton", name="Rows").fill("50")
    page.keyboard.press("Tab")
    page.get_by_text(re.compile("50 of 50 rows hold")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "rows.zip")
    zipfile.ZipFile(tmp_path / "rows.zip").extractall(tmp_path)
    rows = list(csv.DictReader((tmp_path / "rows.csv").open(newline="", encoding="utf-8")))
    assert (
        len(rows) == 50 and {row["town"] for row in rows} == {"north"} and all(float(row["age"]) >= 40 for row in rows)
    )
    page.get_by_role("button", name="Leave out town").click()
    assert page.get_by_role("group", name="town").count() == 0 and unnamed(page) == []


def test_what_a_column_does_not_hold_is_told_in_words(enter) -> None:
    page = enter("#/sheets/rows")
    page.get_by_label("Column").select_option(label="age")
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_label("From").fill("many")
    page.keyboard.press("Tab")
    page.get_by_text("column 'age' holds numbers, got 'many'").wait_for()


SHOWN = {
    "sounds": "audio", "clips": ".sample-clip img", "levels": ".sample-level img", "series": ".uplot canvas",
    "lines": "code",
    "molecules": ".sheet img", "points": ".sheet img", "pictures": ".sample img",
}  # fmt: skip


def test_every_kind_is_shown_on_a_phone_with_names(enter) -> None:
    page = enter("#/sheets/pictures", width=390, scheme="dark")
    for name, what in SHOWN.items():
        page.get_by_label("Model").select_option(name)
        page.locator(what).first.wait_for()
        assert unnamed(page) == [] and too_wide(page) <= 0, name


def test_a_clip_stands_still_on_demand(enter) -> None:
    page = enter("#/sheets/clips")
    page.get_by_role("button", name="Pause").first.click()
    assert page.get_by_role("button", name="Play").count() == 1
