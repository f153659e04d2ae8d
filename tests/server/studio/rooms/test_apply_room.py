"""Apply: a picture comes back changed and marked, holes are painted, sound goes in and out; bad files get one line."""

import base64
import hashlib
import io
import re
import wave

import numpy as np
import pytest
from PIL import Image

from ganworks.provenance import read
from tests.server.studio.conftest import too_wide, unnamed


def picture(height: int = 24, width: int = 32, kind: str = "PNG", mode: str = "L") -> bytes:
    held = io.BytesIO()
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)).save(held, kind)
    return held.getvalue()


def mask(height: int = 24, width: int = 32) -> bytes:
    held, painted = io.BytesIO(), np.zeros((height, width), np.uint8)
    painted[4:12, 6:20] = 255
    Image.fromarray(painted).save(held, "PNG")
    return held.getvalue()


def tone(seconds: float = 0.6, rate: int = 8000) -> bytes:
    held, time = io.BytesIO(), np.arange(int(seconds * rate)) / rate
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((9000 * np.sin(2 * np.pi * 300 * time)).astype("<i2").tobytes())
    return held.getvalue()


def send(app, name: str, data: bytes, file: str = "a.png", holes: bytes | None = None, **fields):
    files = {"file": (file, data)} | ({"mask": ("mask.png", holes)} if holes is not None else {})
    return app.post(f"/api/apply/{name}", files=files, data=fields)


def pixels(part: dict) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(part["data"]))).convert("RGB"))


def test_a_picture_comes_back_in_its_size_with_a_mark(app, tmp_path) -> None:
    told = send(app, "restorer", picture()).json()
    assert (told["after"]["width"], told["after"]["height"]) == (32, 24) and pixels(told["after"]).shape == (24, 32, 3)
    assert np.array_equal(pixels(told["before"]), pixels(told["after"]))  # untrained, it draws its input
    (tmp_path / "after.png").write_bytes(base64.b64decode(told["after"]["data"]))
    mark = read(tmp_path / "after.png")
    assert (
        mark.synthetic
        and mark.run == "restorer"
        and mark.seed is None
        and mark.asked == {"input": hashlib.sha256(picture()).hexdigest()}
    )


def test_a_hole_is_filled_and_the_rest_is_as_it_was(app) -> None:
    told = send(app, "filler", picture(), holes=mask()).json()
    before, after = pixels(told["before"]), pixels(told["after"])
    changed = (before != after).any(2)
    assert changed[4:12, 6:20].mean() > 0.9 and changed.sum() == changed[4:12, 6:20].sum()


def test_sound_goes_in_and_comes_out_marked_with_its_spectrum(app, tmp_path) -> None:
    told = send(app, "voice", tone(), "a.wav").json()
    for which in ("before", "after"):
        with wave.open(io.BytesIO(base64.b64decode(told[which]["sound"]["data"]))) as file:
            assert abs(file.getnframes() / file.getframerate() - 0.6) < 0.01
        assert told[which]["picture"]["height"] > 20
    (tmp_path / "after.wav").write_bytes(base64.b64decode(told["after"]["sound"]["data"]))
    assert read(tmp_path / "after.wav").run == "voice"


@pytest.mark.parametrize(
    ("name", "data", "file", "holes", "line"),
    [
        ("restorer", b"", "a.png", None, "wanted a picture"),
        ("restorer", b"no picture at all", "a.png", None, "wanted a picture"),
        ("restorer", picture()[:200], "a.png", None, "wanted a picture"),
        ("restorer", picture(1, 1), "a.png", None, "1 x 1"),
        ("restorer", picture(5000, 5000, "PNG", "L"), "a.png", None, "5000 x 5000"),
        ("restorer", picture(), "a.png", mask(), "fills no holes"),
        ("filler", picture(), "a.png", None, "paint over"),
        ("filler", picture(), "a.png", mask(8, 8), "24 x 32"),
        ("filler", picture(), "a.png", b"\x89PNG nothing", "mask"),
        ("voice", tone(), "a.mp3", None, "wanted sound"),
        ("voice", picture(), "a.wav", None, "the sound"),
        ("voice", tone(0.0), "a.wav", None, "the sound"),
        ("pictures", picture(), "a.png", None, "latents"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(app, name, data, file, holes, line) -> None:
    answer = send(app, name, data, file, holes)
    assert answer.status_code in (413, 422), answer.text
    told = answer.json()["error"].replace(",", "")
    assert line in told and "\n" not in told and "/tmp" not in told
    assert send(app, "restorer", picture()).status_code == 200


def test_a_person_sees_before_and_after_by_keys_and_takes_it_home(enter, tmp_path) -> None:
    page = enter("#/apply/restorer", width=390)
    (tmp_path / "mine.png").write_bytes(picture())
    page.get_by_label(re.compile("Drop a picture")).set_input_files(tmp_path / "mine.png")
    slider = page.get_by_role("slider", name=re.compile("Before and after"))
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.locator(".slide").evaluate("(each) => each.style.getPropertyValue('--at')") == "55%"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "mine-restorer.png"
    download.value.save_as(tmp_path / "out.png")
    assert read(tmp_path / "out.png").run == "restorer"
    assert unnamed(page) == [] and too_wide(page) <= 0


def test_a_person_paints_a_mask_takes_a_stroke_back_and_fills(enter, tmp_path) -> None:
    page = enter("#/apply/filler")
    (tmp_path / "mine.png").write_bytes(picture(48, 64))
    page.get_by_label(re.compile("Drop a picture")).set_input_files(tmp_path / "mine.png")
    fill = page.get_by_role("button", name="Fill")
    fill.wait_for()
    assert fill.is_disabled()
    pad = page.get_by_role("application", name="Mask over the picture")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=6)
    page.mouse.up()
    assert fill.is_enabled()
    page.get_by_role("button", name="Undo").click()
    assert fill.is_disabled()
    pad.focus()
    for key in ("ArrowRight", "Shift+ArrowDown", "Space"):
        page.keyboard.press(key)
    fill.press("Enter")
    page.get_by_role("heading", name="Before and after").wait_for()
    assert unnamed(page) == []


def test_a_wrong_file_is_told_under_the_field(enter, tmp_path) -> None:
    page = enter("#/apply/restorer")
    (tmp_path / "mine.png").write_bytes(b"these are words")
    page.get_by_label(re.compile("Drop a picture")).set_input_files(tmp_path / "mine.png")
    page.get_by_text(re.compile("wanted a picture")).wait_for()
    assert page.get_by_label(re.compile("Drop a picture")).get_attribute("aria-invalid") == "true"


def test_sound_is_heard_before_and_after(enter, tmp_path) -> None:
    page = enter("#/apply/voice")
    (tmp_path / "mine.wav").write_bytes(tone())
    page.get_by_label(re.compile("Drop a sound")).set_input_files(tmp_path / "mine.wav")
    page.locator("audio").nth(1).wait_for()
    page.wait_for_function("[...document.querySelectorAll('audio')].every((each) => each.duration > 0.5)")
    assert unnamed(page) == []
