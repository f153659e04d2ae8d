"""Attacks over HTTP: all refused, nothing outside is read, and the service still answers after each."""

import io
import json
import os
import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the service needs ganworks[serve]")

from ganworks.domains.degraded import PRESETS, DegradedPictures
from ganworks.domains.image.codec import Pictures
from ganworks.server.numbers import resident
from ganworks.training import artefact
from tests.application.conftest import run_of
from tests.server.service import BEARER, HOSTILE, TOKEN, Running, on_loop, parsed, running, service, trained

AT = "/v1/models/digits"
SECRET = "the-secret-outside"
LIMITS = {"header_seconds": 1.0, "body_seconds": 1.5, "header_bytes": 8192, "json_bytes": 65536, "body_bytes": 1 << 20}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory):
    """A service with short patience over a model, and a secret beside its folders."""
    root = tmp_path_factory.mktemp("attacked")
    before = os.environ.get("GANWORKS_CACHE")
    os.environ["GANWORKS_CACHE"] = str(root / "cache")
    run = trained(root)
    (root / "secret.txt").write_text(SECRET)
    run.with_name(HOSTILE).symlink_to(run, target_is_directory=True)
    with running(service(root, **LIMITS)) as made:
        assert made.ask(f"{AT}/generate").status == 200
        yield made
    os.environ.pop("GANWORKS_CACHE")
    if before is not None:
        os.environ["GANWORKS_CACHE"] = before


@pytest.fixture(autouse=True)
def still_answers(house: Running):
    """After each attack the same request gives the same bytes as before."""
    before = house.ask(f"{AT}/generate?seed=1").body
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 20
    house.app.state.guard._wrong.clear()
    after = house.ask(f"{AT}/generate?seed=1")
    assert after.status == 200 and after.body == before


# The house's names, other pages, and the token


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "evil@127.0.0.1", "", "[::1", "0x7f.1"],
)
def test_other_host_names_are_refused(house: Running, host: str) -> None:
    heard = house.ask(f"{AT}/generate", Host=host)
    assert heard.status in (400, 421) and "image" not in heard.headers["content-type"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_other_origins_are_refused_and_never_allowed(house: Running, origin: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        heard = house.ask(f"{AT}/generate", method, b"{}" if method == "POST" else None, Origin=origin)
        assert heard.status in (403, 405)
        assert not any(name.startswith("access-control") for name in heard.headers)


def test_a_preflight_is_answered_with_no_permission(house: Running) -> None:
    heard = house.ask(f"{AT}/generate", "OPTIONS", None, Access_Control_Request_Method="POST")
    assert heard.status == 405 and not any(name.startswith("access-control") for name in heard.headers)


def test_requests_that_a_browser_calls_cross_site_are_refused(house: Running) -> None:
    assert house.ask(f"{AT}/generate", Sec_Fetch_Site="cross-site").status == 403
    assert house.ask("/api/session", Sec_Fetch_Site="same-site").status == 403


@pytest.mark.parametrize("csrf", ["", "0" * 64, TOKEN, "é"])
def test_changes_by_cookie_need_the_header_that_no_other_page_knows(house: Running, csrf: str) -> None:
    cookie = f"ganworks={house.app.state.guard.cookie}"
    heard = house.ask(f"{AT}/generate", "POST", b"{}", Authorization="", Cookie=cookie, X_Ganworks=csrf)
    assert heard.status == 403 and heard.line


@pytest.mark.parametrize(
    "brought",
    [
        {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"bearer {TOKEN[:-1]}"},
        {"Authorization": "", "Cookie": f"ganworks={TOKEN}"}, {"Authorization": "", "Cookie": "ganworks="},
    ],
)  # fmt: skip
def test_wrong_tokens_are_refused(house: Running, brought: dict[str, str]) -> None:
    for path in (f"{AT}/generate", "/metrics", "/", "/openapi.json", "/api/session"):
        assert house.ask(path, **brought).status == 401


def test_who_guesses_tokens_is_not_heard_for_a_while(house: Running) -> None:
    told = [house.ask(f"{AT}/generate", Authorization=f"Bearer guess-{each}").status for each in range(30)]
    assert told[0] == 401 and told[-1] == 429
    led = house.ask(f"/?token={TOKEN}", Authorization="")
    assert led.status == 429 and "retry-after" in led.headers
    page = house.ask("/api/session", Authorization="", Cookie=f"ganworks={house.app.state.guard.cookie}")
    assert page.status == 200  # who was let in before is not locked out by a stranger


def test_a_websocket_is_refused(house: Running) -> None:
    key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Version": "13"}
    heard = house.ask("/", Connection="Upgrade", Upgrade="websocket", Origin="http://evil.example", **key)
    assert heard.status in (400, 403)


# What is no request


def raw(house: Running, *lines: str, body: bytes = b"") -> bytes:
    head = [f"Host: 127.0.0.1:{house.port}", f"Authorization: {BEARER['Authorization']}"]
    return "\r\n".join([lines[0], *head, *lines[1:], "", ""]).encode("latin-1") + body


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"), ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5, 5",), ("Content-Length: -1",),
        ("Content-Length: +5",), ("Content-Length: 0x5",), ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), ("Transfer-Encoding : chunked",),
        ("Content-Length: 99999999999999999999999",), ("X: a\rContent-Length: 5",), ("X: a\nHost: evil",),
    ],
)  # fmt: skip
def test_smuggled_requests_are_not_served(house: Running, lines: tuple[str, ...]) -> None:
    sent = raw(
        house, f"POST {AT}/generate HTTP/1.1", "Content-Type: application/json", *lines, body=b"0\r\n\r\n" + SMUGGLED
    )
    heard = house.send(sent, wait=4)
    assert not heard.startswith(b"HTTP/1.1 200") and b"ganworks_requests" not in heard


@pytest.mark.parametrize(
    "first",
    [
        "GET / HTTP/9.9", "get / HTTP/1.1", "FOO / HTTP/1.1", "GET / HTTP/1.1 x", "\x00\x01\x02",
        "CONNECT evil:80 HTTP/1.1",
        "GET http://evil.example/metrics HTTP/1.1", "GET * HTTP/1.1", "TRACE / HTTP/1.1",
        "DELETE /v1/models HTTP/1.1",
    ],
)  # fmt: skip
def test_odd_first_lines_and_methods_are_refused(house: Running, first: str) -> None:
    heard = house.send(raw(house, first), wait=4)
    assert not heard or parsed(heard).status in (400, 405)


def test_slow_headers_are_cut_off(house: Running) -> None:
    begun = time.monotonic()
    heard = house.send(*[b"GET / HTTP/1.1\r\n", *[f"X-{each}: y\r\n".encode() for each in range(14)]], pause=0.2)
    assert time.monotonic() - begun < 6
    assert not heard or parsed(heard).status == 408


def test_a_connection_that_says_nothing_is_closed(house: Running) -> None:
    begun = time.monotonic()
    assert house.send(wait=6) == b"" and time.monotonic() - begun < 5


def test_a_body_that_never_ends_is_cut_off(house: Running) -> None:
    head = raw(house, f"POST {AT}/generate HTTP/1.1", "Content-Type: application/json", "Content-Length: 50")
    begun = time.monotonic()
    heard = house.send(head, *[b"{"] * 4, pause=0.2, wait=6)
    assert time.monotonic() - begun < 6
    assert not heard or parsed(heard).status == 408


def test_a_body_in_crumbs_is_cut_off(house: Running) -> None:
    head = raw(house, f"POST {AT}/generate HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")
    heard = house.send(head, b"1\r\n \r\n" * 20_000)
    assert not heard or parsed(heard).status in (400, 413)


@pytest.mark.parametrize(
    "lines",
    [
        ["X: " + "a" * 100_000],
        [f"X-{each}: a" for each in range(300)],
        [f"X-{each}: " + "a" * 500 for each in range(40)],
    ],
)
def test_giant_headers_are_refused(house: Running, lines: list[str]) -> None:
    heard = house.send(raw(house, "GET / HTTP/1.1", *lines))
    assert not heard or parsed(heard).status in (400, 431)


def test_a_giant_address_is_refused(house: Running) -> None:
    heard = house.send(raw(house, f"GET /{'a' * 200_000} HTTP/1.1"))
    assert not heard or parsed(heard).status in (400, 431)


def test_pipelined_requests_are_each_answered(house: Running) -> None:
    heard = house.send(
        raw(house, "GET /health/live HTTP/1.1") + raw(house, "GET /nothing HTTP/1.1", "Connection: close")
    )
    assert b"HTTP/1.1 200" in heard


# Bodies


def test_giant_json_is_refused_before_it_is_read(house: Running) -> None:
    head = raw(house, f"POST {AT}/latents HTTP/1.1", "Content-Type: application/json", "Content-Length: 1000000000")
    assert parsed(house.send(head)).status == 413
    chunks = b"fff0\r\n" + b" " * 0xFFF0 + b"\r\n"
    head = raw(house, f"POST {AT}/latents HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")
    heard = house.send(head, chunks * 40)
    assert not heard or parsed(heard).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000, b'{"a":' * 10_000, b"{" + b'"count":1,' * 3000 + b'"x":1}', b"\xff\xfe\x00", b"",
        b"null", b"NaN",
        b'{"count":' + b"9" * 5000 + b"}", b'{"count":1e400}', b'{"count":true,"seed":[]}', b'{"__proto__":{"x":1}}',
        b'{"seed":-1}', b'{"seed":9223372036854775808}', b'{"count":0}', b'{"count":-1}', b'{"count":1000000000}',
        b'{"truncation":-1}', b'{"truncation":NaN}', b'{"format":"../../etc/passwd"}', b'{"condition":"\\u0000"}',
        b'{"where":["__import__(\\"os\\")"]}', b'{"class":"plain","condition":"plain"}', b'{"first":1e30}',
    ],
)  # fmt: skip
def test_json_that_means_nothing_gets_one_line(house: Running, body: bytes) -> None:
    heard = house.ask(f"{AT}/generate", "POST", body)
    assert heard.status in (400, 422) and heard.line


@pytest.mark.parametrize(
    "text",
    ["[[NaN]]", "[[Infinity]]", "[[1e39]]", "[]", "[[]]", "[[1]]", '[["a"]]', "[[1],[1,2]]", "[[null]]", "{}", "1"],
)
def test_latents_that_are_none_get_one_line(house: Running, text: str) -> None:
    width = len(house.ask(f"{AT}/latents").tree["latents"][0])
    if text == "[[1e39]]":
        text = json.dumps([[1e39] * width])
    heard = house.ask(f"{AT}/latents", "POST", f'{{"latents":{text}}}'.encode())
    assert heard.status == 422 and heard.line


@pytest.mark.parametrize(
    "kind", ["application/x-python-pickle", "text/html", "", "application/jsonx", "application/xml"]
)
def test_other_kinds_of_bodies_are_refused_unread(house: Running, kind: str) -> None:
    heard = house.ask(f"{AT}/generate", "POST", b"cos\nsystem\n(S'id'\ntR.", Content_Type=kind)
    assert heard.status == 415


@pytest.mark.parametrize(
    "query",
    [
        "count=-1", "count=99999999999", "count=1.5", "count=", "seed=-1", "seed=1e9", "seed=%00", "seed=%ff",
        "first=-1",
        "truncation=2", "truncation=nan", "class=%3Cscript%3E", "format=%2e%2e%2f", "where=1;drop", "&",
        "a" * 4000, "count=1&count=2",
        "temperature=inf", "&".join(f"a{each}=1" for each in range(500)),
    ],
)  # fmt: skip
def test_queries_that_mean_nothing_get_one_line(house: Running, query: str) -> None:
    heard = house.ask(f"{AT}/generate?{query}")
    assert heard.status == 422 and heard.line and "<script>" not in heard.headers["content-type"]
    assert heard.headers["x-content-type-options"] == "nosniff"


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%252e%252e/secret.txt",
        "/..%5csecret.txt", "/..\\secret.txt",
        "/rooms/../../secret.txt", "//etc/passwd", "///etc/passwd", "/%2fetc%2fpasswd", "/index.html%00.png",
        "/app.js/",
        "/rooms", "/rooms/", "/vendor/uPlot/", "/file:///etc/passwd", "/..;/secret.txt",
        "/%c0%ae%c0%ae/secret.txt", "/.git/config",
        "/v1/models/../../secret.txt", "/v1/models/%2e%2e%2fsecret.txt/generate",
        "/v1/models/..%2f..%2fdata/generate",
        "/v1/models/%2fetc/generate", "/v1/models/digits%00/generate", "/v1/models/digits%2f../generate",
        "/v1/models/C:%5C/generate",
        "/v1/models/digits/../digits/generate", "/v1/models//generate", "/v1/models/%E2%80%AEdigits/generate",
        "/app.py", "/__init__.py",
    ],
)  # fmt: skip
def test_paths_lead_nowhere_but_to_the_page_and_its_models(house: Running, path: str) -> None:
    heard = house.send(raw(house, f"GET {path} HTTP/1.1", "Connection: close"))
    assert parsed(heard).status in (400, 404) and SECRET.encode() not in heard and b"root:" not in heard


# Names that are script


def test_hostile_names_travel_as_json_and_nothing_else(house: Running) -> None:
    for path in (
        "/v1/models",
        AT,
        f"{AT}/generate?class=nobody",
        "/v1/models/%3Cscript%3Ealert(1)%3C%2Fscript%3E/generate",
    ):
        heard = house.ask(path)
        assert heard.headers["content-type"].startswith("application/json")
        assert heard.headers["x-content-type-options"] == "nosniff"
    assert HOSTILE in house.ask(AT).tree["classes"]
    assert house.ask(f"{AT}/generate?class=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E").status == 200


def test_an_answer_cannot_be_split_by_names(house: Running) -> None:
    heard = house.ask(f"{AT}/generate?class=a%0d%0aSet-Cookie:%20x=1")
    assert heard.status == 422 and "set-cookie" not in heard.headers and "\\r\\n" in heard.line


# Uploads


def picture(side: tuple[int, int], kind: str = "png") -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.zeros((*side, 3), np.uint8)).save(held, kind)
    return held.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a kilobyte that says it is as large as that."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1_000_000)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def noisy() -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(held, "png")
    return held.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
UPLOADS = {
    "1 x 1": (picture((1, 1)), 422), "100 megapixels": (bomb(10_000, 10_000), 413),
    "a bomb": (bomb(2**31 - 1, 2**31 - 1), 413),
    "svg": (SVG, 422), "text": (b"hello", 422), "nothing": (b"", 422), "cut short": (noisy()[:2000], 422),
    "pickle": (b"\x80\x04cos\nsystem\n.", 422), "zip": (b"PK\x03\x04" + b"\0" * 100, 422), "html": (b"<html>", 422),
}  # fmt: skip


@pytest.fixture(scope="module")
def translating(house: Running) -> str:
    """The name of a model that makes pictures from pictures; untrained, it draws its input."""
    run = run_of({"name": "degraded", "preset": "denoise-25"}, {"name": "restoration", "width": 4, "blocks": 2})
    target = Pictures(channels=3, height=16, width=16, mode="RGB")
    codec = DegradedPictures(target=target, steps=PRESETS["denoise-25"], scale=1)
    artefact.write(house.app.state.service.runs / "sharper" / "model", run, codec, run.generator.build(codec.spec), 1)
    return "sharper"


def uploaded(house: Running, name: str, data: bytes, **fields: str):
    parts = [("file", 'filename="../../x.png"\r\nContent-Type: image/png', data)]
    parts += [(key, "", value.encode()) for key, value in fields.items()]
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{key}"{"; " + more if more else ""}\r\n\r\n'.encode()
        + value
        + b"\r\n"
        for key, more, value in parts
    )
    return house.ask(
        f"/v1/models/{name}/apply", "POST", body + b"--b--\r\n", Content_Type="multipart/form-data; boundary=b"
    )


def test_a_sound_upload_is_drawn(house: Running, translating: str) -> None:
    heard = uploaded(house, translating, picture((40, 48)))
    assert heard.status == 200 and Image.open(io.BytesIO(heard.body)).size == (48, 40)


@pytest.mark.parametrize("name", UPLOADS)
def test_uploads_that_are_no_pictures_get_one_line(house: Running, translating: str, name: str) -> None:
    data, status = UPLOADS[name]
    heard = uploaded(house, translating, data)
    assert heard.status == status and heard.line and "/tmp" not in heard.line


@pytest.mark.parametrize("fields", [{"format": "exe"}, {"direction": "sideways"}, {"direction": "BtoA"}])
def test_uploads_with_odd_fields_get_one_line(house: Running, translating: str, fields: dict[str, str]) -> None:
    heard = uploaded(house, translating, picture((32, 32)), **fields)
    assert heard.status == 422 and heard.line


def test_an_upload_to_a_model_that_takes_none_gets_one_line(house: Running) -> None:
    assert "draws from latents" in uploaded(house, "digits", picture((8, 8))).line


def test_an_upload_beyond_the_limit_is_refused_unread(house: Running, translating: str) -> None:
    assert uploaded(house, translating, b"\0" * (2 << 20)).status == 413


def test_broken_forms_get_one_line(house: Running, translating: str) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"):
        heard = house.ask(f"/v1/models/{translating}/apply", "POST", b"--b\r\n\r\nx", Content_Type=kind)
        assert heard.status in (400, 422) and heard.line


def test_a_client_that_leaves_costs_no_inference(house: Running) -> None:
    held, served = threading.Event(), house.app.state.hosted.get("digits")
    before = house.app.state.numbers.expired

    async def occupy() -> None:
        house.task = house.loop.create_task(served.run(lambda model: held.wait(10)))

    on_loop(house, occupy())
    for seed in range(5):
        house.send(raw(house, f"GET {AT}/generate?seed={seed} HTTP/1.1"), wait=0.05)
    time.sleep(0.2)
    held.set()
    assert house.ask(f"{AT}/generate").status == 200
    assert house.app.state.numbers.expired == before + 5


def test_memory_stays_bounded(house: Running) -> None:
    before = resident()
    for _ in range(20):
        house.ask(f"{AT}/generate", "POST", b"[" * 60_000)
    assert resident() - before < 256 << 20
    assert Path(house.app.state.service.data, "secret.txt").read_text() == SECRET
