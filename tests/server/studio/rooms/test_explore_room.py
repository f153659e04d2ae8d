"""Explore: samples are those of the model, a plane is walked by pointer and by keys, what is kept says what it is."""

import base64
import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganworks.model import load
from ganworks.provenance import read
from ganworks.server.studio.points import REACH, Place, records
from tests.server.studio.conftest import too_wide, unnamed
from tests.server.studio.rooms.conftest import HOSTILE

WALKED = ("pictures", "sounds", "series", "levels", "clips", "points")
UNWALKED = ("rows", "lines", "molecules")


def post(app, name: str, what: str, **body) -> dict:
    answer = app.post(f"/api/explore/{name}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pixels(item: dict) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(item["data"]))))


def test_every_model_is_told_by_name_and_domain(app) -> None:
    found = {each["name"]: each["domain"] for each in app.get("/api/explore").json()["models"]}
    assert found["pictures"] == "image" and found["rows"] == "table" and len(found) == 13


def test_samples_are_the_bytes_that_the_model_draws(app, models) -> None:
    items = post(app, "pictures", "samples", seed=3, first=2, count=4, condition="1")["items"]
    wanted = load(models / "pictures").generate(4, 3, 2, condition="1")
    assert [each["index"] for each in items] == [2, 3, 4, 5] and {each["seed"] for each in items} == {3}
    assert all(np.array_equal(pixels(each), record[..., 0]) for each, record in zip(items, wanted, strict=True))


@pytest.mark.parametrize("name", WALKED)
def test_the_middle_of_a_plane_is_the_sample_itself(app, models, name: str) -> None:
    model, places = load(models / name), [{"seed": 1, "index": 5}, {"seed": 1, "index": 5, "x": 1.0}]
    drawn = records(model, [Place.from_tree(each) for each in places])
    assert np.array_equal(drawn[0], model.generate(1, 1, 5)[0])
    assert not np.array_equal(drawn[0], drawn[1]) or name == "levels"
    assert len(post(app, name, "places", places=places)["items"]) == 2


@pytest.mark.parametrize("name", UNWALKED)
def test_models_without_a_plane_say_why_and_still_draw(app, name: str) -> None:
    about = app.get(f"/api/explore/{name}").json()
    assert about["plane"] is False and about["why"].count("Sheets") == 1
    assert len(post(app, name, "samples", count=3)["items"]) == 3
    refused = app.post(f"/api/explore/{name}/places", json={"places": [{"x": 0.5}]})
    assert refused.status_code == 422 and "no plane" in refused.json()["error"]


def test_a_way_begins_and_ends_at_its_samples(app) -> None:
    ends = post(app, "pictures", "samples", count=2)["items"]
    way = post(app, "pictures", "way", start={"index": 0}, end={"index": 1}, steps=5)["items"]
    for mine, theirs in ((way[0], ends[0]), (way[-1], ends[1])):
        assert np.abs(pixels(mine).astype(int) - pixels(theirs)).max() <= 1
    assert len(way) == 5 and len({each["data"] for each in way}) == 5


def test_a_found_direction_is_walked_from_end_to_end(app) -> None:
    shares = post(app, "points", "directions")["shares"]
    told = post(app, "points", "walk", place={"seed": 2}, direction=1, steps=7)
    assert sorted(shares, reverse=True) == shares and told["reach"][0] == -REACH and len(told["items"]) == 7
    refused = app.post("/api/explore/points/walk", json={"place": {}, "direction": 40})
    assert refused.status_code == 422 and "numbered from 0 to" in refused.json()["error"]


def test_what_is_kept_comes_as_an_archive_of_marked_files(app, tmp_path) -> None:
    places = [{"seed": 4, "index": 1}, {"seed": 4, "index": 1, "x": 0.5, "truncation": 0.7}]
    answer = app.post("/api/explore/pictures/kept", json={"places": places})
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    first, second = (read(path) for path in sorted(tmp_path.iterdir()))
    assert (first.seed, first.index, first.asked) == (4, 1, {})
    place = Place.model_validate_json(second.asked["explore"].removeprefix("place "))
    assert place == Place.from_tree(places[1]) and second.asked["truncation"] == "0.7"
    assert answer.headers["content-disposition"] == 'attachment; filename="pictures-kept.zip"'


@pytest.mark.parametrize("name", ["rows", "lines", "sounds", "clips"])
def test_every_kind_can_be_kept(app, name: str) -> None:
    hot = {"temperature": 0.5} if name == "lines" else {}
    answer = app.post(f"/api/explore/{name}/kept", json={"places": [{"index": 3}, {"index": 8, **hot}]})
    assert answer.status_code == 200 and zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


@pytest.mark.parametrize(
    ("what", "body", "line"),
    [
        ("samples", {"count": 0}, "count"),
        ("samples", {"count": 65}, "count"),
        ("samples", {"seed": -1}, "seed"),
        ("samples", {"colour": 1}, "colour"),
        ("samples", {"condition": "seven"}, "seven"),
        ("samples", {"temperature": 0.5}, "temperature"),
        ("places", {"places": []}, "places"),
        ("places", {"places": [{"x": 1.5}]}, "x"),
        ("places", {"places": [{"x": 0.5, "axes": {"across": 3, "up": 3}}]}, "must differ"),
        ("walk", {"place": {}, "direction": -1}, "direction"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(app, what: str, body: dict, line: str) -> None:
    answer = app.post(f"/api/explore/pictures/{what}", json=body)
    assert answer.status_code == 422 and line in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_a_page_names_no_files_of_the_service(app, tmp_path) -> None:
    (tmp_path / "secret.txt").write_text("a secret")
    for what in ("explore/segments/samples", "sheets/segments/draw", "sheets/segments/file"):
        answer = app.post(f"/api/{what}", json={"count": 2, "condition": str(tmp_path / "secret.txt")})
        assert answer.status_code == 422 and "cannot name" in answer.json()["error"]
    assert app.get("/api/explore/segments").json()["condition"]["kind"] == "file"


def test_a_model_that_is_none_is_not_found(app) -> None:
    assert app.get("/api/explore/nobody").status_code == 404
    assert app.get("/api/explore/..%2Fruns").status_code == 404


def test_a_person_walks_the_plane_keeps_and_takes_home(enter, tmp_path) -> None:
    page = enter("#/explore/pictures")
    samples = page.get_by_role("list", name="Samples").get_by_role("button")
    samples.nth(3).click()
    samples.nth(6).click()
    page.get_by_role("list", name="On the way").get_by_role("listitem").nth(8).wait_for()
    pad = page.get_by_role("application", name=re.compile("Latent plane"))
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.3, steps=8)
    page.mouse.up()
    page.get_by_text("seed 0 · 6, 0.80 across, 0.40 up").wait_for()
    page.get_by_role("button", name="Keep this").click()
    page.get_by_role("button", name=re.compile("Picture by pictures, sample 6")).last.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download what was kept").click()
    download.value.save_as(tmp_path / "kept.zip")
    assert len(zipfile.ZipFile(tmp_path / "kept.zip").namelist()) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "all.zip")
    assert len(zipfile.ZipFile(tmp_path / "all.zip").namelist()) == 100


def test_it_is_all_reached_by_keys_and_has_names(enter) -> None:
    page = enter("#/explore/pictures", width=390, scheme="dark")
    pad = page.get_by_role("application", name=re.compile("Latent plane"))
    pad.focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.get_by_text("0.05 across, 0.20 up").wait_for()
    page.keyboard.press("Home")
    page.get_by_text("0.00 across, 0.00 up").wait_for()
    page.get_by_role("button", name="Walk along it").press("Enter")
    page.get_by_role("list", name="Along the direction").get_by_role("listitem").nth(8).wait_for()
    assert unnamed(page) == [] and too_wide(page) <= 0


def test_a_class_is_asked_for_by_a_button_and_its_name_is_only_text(enter) -> None:
    page = enter("#/explore/pictures")
    button = page.get_by_role("button", name=HOSTILE, exact=True)
    button.click()
    page.get_by_role("list", name="Samples").get_by_role("button").first.wait_for()
    assert button.get_attribute("aria-pressed") == "true" and "broken" not in page.title()


@pytest.mark.parametrize("name", ["sounds", "rows", "restorer"])
def test_other_kinds_are_heard_read_or_shown_the_way_to_their_room(enter, name: str) -> None:
    page = enter(f"#/explore/{name}")
    if name == "sounds":
        page.locator("audio").nth(2).wait_for()
    else:
        page.get_by_role("link", name=re.compile("Open it in")).wait_for()
    assert unnamed(page) == []
