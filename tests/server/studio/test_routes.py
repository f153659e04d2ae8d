"""The routes behind the page: what they tell, and one line for what they cannot."""

import re
import time

import pytest

from ganworks.recipes import RECIPES
from ganworks.training.checkpoint import Checkpoints
from tests.server.studio.conftest import TOKEN, WITH_TOKEN

pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")

from ganworks.server.app import build
from ganworks.server.settings import Service
from ganworks.server.studio.watched import holder


def wait(client, number: str) -> dict:
    for _ in range(600):
        found = client.get(f"/api/errands/{number}").json()
        if found["state"] in ("done", "failed"):
            return found
        time.sleep(0.1)
    raise AssertionError("the errand takes too long")


def test_runs_are_listed_with_all_that_a_glance_needs(client) -> None:
    found = {each["name"]: each for each in client.get("/api/runs").json()["runs"]}
    first = found["first"]
    assert first["state"] == "finished" and first["samples"] == first["total"] == 640 and first["evaluated"]
    assert first["recipe"] == "lean-28" and first["data"] == "digits" and first["level"] in ("good", "watch", "bad")


def test_a_run_tells_its_grids_and_shows_them(client) -> None:
    page = client.get("/api/runs/first").json()
    for which in ("latest", *page["timeline"]):
        picture = client.get(f"/api/runs/first/samples/{which}")
        assert picture.headers["content-type"] == "image/png" and picture.content[:4] == b"\x89PNG"
    assert page["cards"]["Model"]["trained on"].startswith("640 samples")


def test_evidence_comes_as_text_with_intervals(client) -> None:
    page = client.get("/api/runs/first/evidence").json()
    assert page["findings"] and page["metrics"][0]["label"].startswith("FD(")
    assert re.fullmatch(r"-?[\d.e-]+ to [\d.e-]+", page["metrics"][0]["between"])


def test_a_report_is_shown_under_a_policy_that_lets_it_do_nothing(client) -> None:
    answer = client.get("/api/runs/first/report")
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1 and policy[0].startswith("sandbox; default-src 'none'") and "script-src" not in policy[0]


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/none", "/api/runs/%2e%2e", "/api/runs/..%2f..", "/api/runs/first/samples/..%2f..%2frun.toml",
        "/api/runs/first/samples/9999", "/api/runs/first/samples/²", "/api/runs/a%00b", "/api/runs/%5c..%5cetc/report",
        "/api/errands/none", "/api/runs/first/none",
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_one_line(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "id"} and "\n" not in answer.json()["error"]


def test_a_folder_that_is_listed_cannot_be_left(client) -> None:
    assert [each["name"] for each in client.get("/api/forms/data").json()["entries"]] == ["pets"]
    for wrong in ("..", "/", "pets/../..", "pets/%2e%2e/.."):
        answer = client.get("/api/forms/data", params={"folder": wrong})
        assert answer.status_code == 422 and "not in the data folder" in answer.json()["error"]


def test_every_recipe_is_offered_once_under_its_kind(client) -> None:
    groups = client.get("/api/forms").json()["recipes"]
    names = [each["name"] for group in groups for each in group["recipes"]]
    assert sorted(names) == sorted(RECIPES)


def test_a_wrong_setting_is_told_at_its_place(client) -> None:
    asked = {"data": "digits", "recipe": "lean-28"}
    number = client.post("/api/forms/plan", json=asked).json()["errand"]
    found = wait(client, number)
    assert found["state"] == "done", found
    assert found["answer"]["run"]["generator"]["name"] == "lean"

    def wrong(*settings: str) -> dict:
        return client.post("/api/forms/check", json={"plan": number, "settings": settings}).json()["wrong"]

    assert wrong("batch=32", "generator.width=8", 'terms=[{name = "r1", weight = 3}]') == {}
    assert wrong("batch=32", "generator.width=many") == {
        "generator.width": "generator.width must be a whole number, got 'many'"
    }
    assert "did you mean" in wrong("generator.widht=3")["generator.widht"]
    assert wrong("packing=3") != {}
    assert client.post("/api/forms/plan", json=asked).json()["errand"] == number  # worked out once


def test_a_training_that_cannot_be_is_refused_before_anything_is_made(client, place) -> None:
    for wrong, said in (
        ({"name": "x", "data": "../runs"}, "not in the data folder"),
        ({"name": "../x", "data": "digits"}, "name must be"),
        ({"name": "first", "data": "digits"}, "there already"),
        ({"name": "x", "data": "digits", "minutes": -1}, "minutes must be above 0"),
        ({"name": "x", "data": "digits", "shell": "ls"}, "no setting 'shell'"),
    ):
        answer = client.post("/api/jobs", json=wrong)
        assert answer.status_code in (409, 422) and said in answer.json()["error"], answer.text
    assert not (place.runs / "x").exists()


def test_two_runs_are_put_side_by_side(client) -> None:
    page = client.get("/api/compare", params={"first": "first", "second": "second"}).json()
    assert page["settings"] == [{"path": "seed", "first": "0", "second": "1"}] and page["todo"] == ""
    assert len(page["evidence"][0]["sides"]) == 2
    assert client.get("/api/compare", params={"first": "first", "second": "first"}).status_code == 422


def test_runs_without_evidence_of_one_protocol_are_not_judged(client, place) -> None:
    kept = (place.runs / "second" / "evaluation.json").read_text()
    try:
        (place.runs / "second" / "evaluation.json").write_text(kept.replace('"split": "test"', '"split": "validation"'))
        answer = client.post("/api/compare", json={"first": "first", "second": "second"})
        assert answer.status_code == 409 and "evaluated with split" in answer.json()["error"]
        (place.runs / "second" / "evaluation.json").write_text("[]")
        assert client.get("/api/runs/second").json()["evaluated"] is False
    finally:
        (place.runs / "second" / "evaluation.json").write_text(kept)


def test_a_service_that_ends_leaves_the_training_stopped_and_saved(place, tmp_path) -> None:
    testing = pytest.importorskip("starlette.testclient")
    service = Service(token=TOKEN, runs=tmp_path / "runs", data=place.data)
    asked = {"name": "long", "data": "digits", "samples": 3_000_000, "evaluate": False, "settings": ["batch=16"]}
    folder = service.runs / "long"
    with testing.TestClient(build(service), base_url="http://localhost", headers=WITH_TOKEN) as client:
        assert client.post("/api/jobs", json=asked).status_code == 201
        assert client.post("/api/jobs", json={**asked, "name": "next"}).json()["waiting"][-1] == "next"
        for _ in range(1200):
            if client.get("/api/runs/long").json()["samples"]:
                break
            time.sleep(0.1)
        assert client.get("/api/runs/next").json()["state"] == "waiting"
        client.post("/api/runs/next/stop")
    assert holder(folder) is None
    saved = Checkpoints(folder / "checkpoints").latest()
    assert saved is not None and saved.samples > 0
    with testing.TestClient(build(service), base_url="http://localhost", headers=WITH_TOKEN) as client:
        found = client.get("/api/runs/long").json()
        assert found["state"] == "stopped" and found["samples"] > 0
