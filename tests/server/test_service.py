"""The service answers as its page says: the same bytes at any load, one line for what it refuses."""

import asyncio
import io
import json
import shutil
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganworks.model import load
from ganworks.provenance import read
from tests.server.service import HOSTILE, Running, on_loop, running, service

AT = "/v1/models/digits"


@pytest.fixture(scope="module")
def made(folder: Path):
    with running(service(folder)) as started:
        yield started


def test_one_sample_is_the_picture_that_the_model_draws_and_carries_its_mark(made: Running, folder, tmp_path) -> None:
    heard = made.ask(f"{AT}/generate?seed=5&first=7&class=plain")
    assert heard.status == 200 and heard.headers["content-type"] == "image/png"
    pixels = np.asarray(Image.open(io.BytesIO(heard.body)))
    wanted = load(folder / "runs/digits").generate(1, seed=5, first=7, condition="plain")[0, ..., 0]
    assert np.abs(pixels.astype(int) - wanted).max() <= 1
    (tmp_path / "a.png").write_bytes(heard.body)
    mark = read(tmp_path / "a.png")
    assert (mark.seed, mark.index, mark.condition, mark.run) == (5, 7, "plain", "digits")


def test_the_same_seed_gives_the_same_bytes_at_any_load_and_in_any_company(made: Running) -> None:
    alone = [made.ask(f"{AT}/generate?seed={seed}").body for seed in range(24)]
    for threads in (3, 12):
        with ThreadPoolExecutor(threads) as pool:
            crowd = list(pool.map(lambda seed: made.ask(f"{AT}/generate?seed={seed}").body, range(24)))
        assert crowd == alone
    many = made.ask(f"{AT}/generate?seed=3&count=40")
    with zipfile.ZipFile(io.BytesIO(many.body)) as archive:
        assert len(archive.namelist()) == 40
        assert archive.read("000000.png") == alone[3]
        assert archive.read("000039.png") == made.ask(f"{AT}/generate?seed=3&first=39").body


def test_a_query_and_json_ask_for_the_same_thing(made: Running) -> None:
    by_query = made.ask(f"{AT}/generate?seed=2&truncation=0.5&format=webp")
    by_json = made.post(f"{AT}/generate", {"seed": 2, "truncation": 0.5, "format": "webp"})
    assert by_query.body == by_json.body and by_json.headers["content-type"] == "image/webp"
    assert made.ask(f"{AT}/generate?format=sheet&count=9").headers["content-type"] == "image/png"


def test_latents_go_out_and_come_back_as_the_same_samples(made: Running, folder) -> None:
    z = made.ask(f"{AT}/latents?seed=4&count=3").tree["latents"]
    heard = made.post(f"{AT}/latents", {"latents": z, "format": "png"})
    model = load(folder / "runs/digits")
    with zipfile.ZipFile(io.BytesIO(heard.body)) as archive:
        drawn = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in archive.namelist()]
    assert np.array_equal(drawn, model.generate(3, seed=4)[..., 0])
    way = made.ask(f"{AT}/interpolate?steps=4&pairs=2&format=sheet")
    assert way.status == 200 and way.headers["content-type"] == "image/png"


def test_a_model_says_what_it_is(made: Running, folder) -> None:
    assert {"name": "digits", "loaded": True} in made.ask("/v1/models").tree["models"]
    told = made.ask(AT).tree
    assert told["classes"] == [HOSTILE, "plain"] and told["domain"] == "image" and told["sha256"]
    assert told["samples"] == 16 and told["unfinished"] is False and "png" in told["formats"]
    assert "/v1/models/{name}/generate" in made.ask("/openapi.json").tree["paths"]


def test_health_needs_no_token_and_numbers_do(made: Running) -> None:
    assert made.ask("/health/live", Authorization="").tree == {"live": True}
    assert made.ask("/health/ready", Authorization="").status == 200
    assert made.ask("/metrics", Authorization="").status == 401
    text = made.ask("/metrics").body.decode()
    for name in ("ganworks_requests_total", "ganworks_queue_seconds_bucket", "ganworks_batch_samples", "sha256="):
        assert name in text


def test_a_cookie_is_enough_for_the_page_and_not_for_changes(made: Running) -> None:
    led = made.ask(f"/?token={made.app.state.guard.token}", Authorization="")
    assert led.status == 303 and led.headers["location"] == "/"
    cookie = led.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    brought = {"Authorization": "", "Cookie": cookie.partition(";")[0]}
    page = made.ask("/", **brought)
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    csrf = made.ask("/api/session", **brought).tree["csrf"]
    body = b'{"count": 1}'
    assert made.ask(f"{AT}/generate", "POST", body, **brought).status == 403
    assert made.ask(f"{AT}/generate", "POST", body, **brought, X_Ganworks=csrf).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("/v1/models/digts/generate", 404, "no model 'digts'; did you mean 'digits'?"),
        (f"{AT}/generate?cuont=3", 422, "no setting 'cuont'; did you mean 'count'?"),
        (f"{AT}/generate?count=-3", 422, "count must be at least 1, got '-3'"),
        (f"{AT}/generate?count=many", 422, "count must be a whole number, got 'many'"),
        (f"{AT}/generate?count=100000", 422, "count must be from 1 to 1,024 for this model"),
        (f"{AT}/generate?seed=1&seed=2", 422, "seed came twice"),
        (f"{AT}/generate?truncation=nan", 422, "truncation must be a finite number"),
        (f"{AT}/generate?temperature=1", 422, "temperature is for models that draw tokens"),
        (f"{AT}/generate?where=age>60", 422, "rows of a table"),
        (f"{AT}/generate?class=nobody", 422, "no class 'nobody'"),
        (f"{AT}/generate?format=svg", 422, "no format 'svg'"),
        (f"{AT}/nothing", 404, "nothing is here"),
    ],
)
def test_what_cannot_be_asked_gets_one_line(made: Running, asked: str, status: int, said: str) -> None:
    heard = made.ask(asked)
    assert heard.status == status and said in heard.line


def test_a_run_without_a_checkpoint_yet_gets_one_line(made: Running, folder) -> None:
    (folder / "runs/young").mkdir()
    (folder / "runs/young/run.toml").write_text((folder / "runs/digits/run.toml").read_text())
    heard = made.ask("/v1/models/young/generate")
    assert heard.status == 409 and "neither a model nor a whole checkpoint" in heard.line
    assert str(folder) not in heard.line


def test_what_is_still_training_is_served_by_its_newest_checkpoint(made: Running, folder) -> None:
    shutil.copytree(folder / "runs/digits", folder / "runs/begun", ignore=shutil.ignore_patterns("model"))
    told = made.ask("/v1/models/begun").tree
    assert told["unfinished"] and "still training" in told["note"]
    assert made.ask("/v1/models/begun/generate").status == 200


def test_a_full_queue_and_a_greedy_client_are_told_when_to_come_again(folder) -> None:
    with running(service(folder, queue=4, share=0.5), (folder / "runs/digits",)) as made:
        held = threading.Event()
        served = made.app.state.hosted.get("digits")

        async def occupy() -> None:
            task = [served.run(lambda model: held.wait(20)) for _ in range(2)]
            made.tasks = [made.loop.create_task(each) for each in task]

        on_loop(made, occupy())
        worker = made.app.state.hosted.worker
        worker._clients["127.0.0.1"] = 2
        greedy = made.ask(f"{AT}/generate?seed=1")
        assert greedy.status == 429 and int(greedy.headers["retry-after"]) >= 1
        worker._clients["127.0.0.1"] = 0
        worker.held += 2
        full = made.ask(f"{AT}/generate?seed=1")
        assert full.status == 503 and int(full.headers["retry-after"]) >= 1 and "wait already" in full.line
        worker.held -= 2
        held.set()
        assert made.ask(f"{AT}/generate?seed=1").status == 200


def test_work_whose_deadline_passed_is_never_begun(folder) -> None:
    with running(service(folder, deadline=0.2), (folder / "runs/digits",)) as made:
        held, served, begun = threading.Event(), made.app.state.hosted.get("digits"), []

        async def occupy() -> list:
            first = made.loop.create_task(served.run(lambda model: held.wait(20)))
            late = made.loop.create_task(served.run(begun.append))
            made.loop.call_later(0.5, held.set)
            await first
            return await asyncio.gather(late, return_exceptions=True)

        (error,) = on_loop(made, occupy())
        assert error.status == 503 and begun == []


def test_one_failing_job_ends_nothing(made: Running) -> None:
    served = made.app.state.hosted.get("digits")

    def fails(model):
        raise KeyError("a secret of the house")

    with pytest.raises(KeyError):
        on_loop(made, served.run(fails))
    assert made.ask(f"{AT}/generate?seed=9").status == 200


def test_the_page_of_errors_never_tells_internals(made: Running) -> None:
    heard = made.post(f"{AT}/generate", [1, 2])
    assert heard.status == 422 and heard.line
    assert json.loads(made.post(f"{AT}/generate", {"count": "x"}).body)["error"].startswith("count must be")


def test_a_run_that_went_on_is_served_by_its_newer_model(made: Running, folder) -> None:
    run = folder / "runs/growing"
    shutil.copytree(folder / "runs/digits", run)
    before = made.ask("/v1/models/growing").tree["sha256"]
    model = load(run)
    next(model.network.parameters()).mul_(1.5)
    model.save(run / "model")
    for _ in range(100):
        if made.ask("/v1/models/growing").tree["sha256"] != before:
            break
        time.sleep(0.1)
    assert made.ask("/v1/models/growing").tree["sha256"] == model.sha256
