"""Models of every kind answer over HTTP, each in the formats it says it has."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganworks.domains.image.codec import Pictures
from ganworks.provenance import read
from ganworks.server import media
from tests.server.service import Running, running, service
from tests.server.studio.rooms.conftest import KINDS, saved

APPLIED = ("restorer", "filler", "voice")
"""They make something from something, and draw nothing from latents."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("kinds")
    for name, (recipe, tree, data, generator) in KINDS.items():
        saved(root / "runs" / name, recipe, tree, data, generator)
    with running(service(root, models=2)) as started:
        yield started


@pytest.mark.parametrize("name", [each for each in KINDS if each not in APPLIED])
def test_every_kind_is_drawn_in_each_of_its_formats(made: Running, name: str, tmp_path: Path) -> None:
    for form in made.ask(f"/v1/models/{name}").tree["formats"]:
        one = made.ask(f"/v1/models/{name}/generate?seed=3&format={form}")
        assert one.status == 200 and one.body, one.body
        assert one.body == made.ask(f"/v1/models/{name}/generate?seed=3&format={form}").body
        many = made.ask(f"/v1/models/{name}/generate?seed=3&count=3&format={form}")
        assert many.status == 200 and many.body != one.body
        if many.headers["content-type"] == "application/zip":
            zipfile.ZipFile(io.BytesIO(many.body)).extractall(tmp_path / form)
            files = [path for path in (tmp_path / form).rglob("*") if not path.name.endswith("provenance.json")]
            assert files and all(read(path) is not None for path in files)


@pytest.mark.parametrize("name", APPLIED)
def test_what_makes_something_from_something_says_so(made: Running, name: str) -> None:
    assert made.ask(f"/v1/models/{name}").tree["applies"]
    heard = made.ask(f"/v1/models/{name}/generate")
    assert heard.status == 422 and "apply" in heard.line


def test_rows_come_as_they_are_asked_for(made: Running) -> None:
    rows = made.ask("/v1/models/rows/generate?count=20&format=json").tree
    assert len(rows["rows"]) == 20 and rows["mark"]["synthetic"] is True
    column, value = next((key, each) for key, each in rows["rows"][0].items() if isinstance(each, str))
    heard = made.ask(f"/v1/models/rows/generate?count=3&format=json&where={column}={value}")
    assert heard.status == 200 and all(row[column] == value for row in heard.tree["rows"])
    assert "x-ganworks-mark" in made.ask("/v1/models/rows/generate?count=2").headers
    assert made.ask("/v1/models/rows/generate?where=nothing=1").status == 422


def test_lines_take_a_temperature_and_leave_it_behind(made: Running) -> None:
    cold, usual = (f"/v1/models/lines/generate?seed=1&count=4{more}" for more in ("&temperature=0.01", ""))
    before = made.ask(usual).body
    assert made.ask(cold).status == 200 and made.ask(usual).body == before
    assert made.ask(f"{cold}&truncation=0.5").status == 422


def test_a_few_models_are_in_memory_at_once(made: Running) -> None:
    for name in ("points", "levels", "rows", "lines"):
        assert made.ask(f"/v1/models/{name}").status == 200
    assert {each.name for each in made.app.state.hosted.loaded()} == {"rows", "lines"}


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_packed_pictures_are_the_pixels_they_were(channels: int, mode: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    shown = Image.open(io.BytesIO(media.png(pixels)))
    assert shown.mode == mode and np.array_equal(np.asarray(shown).reshape(pixels.shape), pixels)


def test_pictures_of_16_bits_keep_them(made: Running) -> None:
    codec = Pictures(channels=1, height=4, width=4, mode="L", bits=16)
    pixels = np.random.default_rng(0).integers(0, 65536, (4, 4, 1), dtype=np.uint16)
    body = media.picture(codec, pixels, "png", made.app.state.hosted.get("pictures").mark)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))).astype(np.uint16), pixels[..., 0])


@pytest.mark.parametrize("path", ["generate?class=", "generate?count=2&condition=", "interpolate?class="])
def test_a_request_has_no_file_read(made: Running, path: str) -> None:
    heard = made.ask(f"/v1/models/segments/{path}/etc/hostname")
    assert heard.status == 422 and heard.line.startswith("this model goes on from a file")
