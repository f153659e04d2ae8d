"""Marks: every kind of file carries one, shows what it showed, and says it again; hostile files get one line."""

import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganworks.domains.audio.wav import read_wav, write_wav
from ganworks.provenance import CARRIERS, Mark, Marking, look, mark_records, read, stamp, stamp_all, stamped
from ganworks.provenance import invisible as hidden
from ganworks.provenance.label import labelled
from ganworks.provenance.mark import SYNTHETIC
from ganworks.settings import ConfigError, DataError

MARK = Mark(
    maker="ganworks 0.1", model="ab" * 32, run='di<gi>ts & "é"', seed=3, index=7, condition="</ganworks:mark>",
    asked={"truncation": "0.7"}, time="2026-01-02T03:04:05Z",
)  # fmt: skip
NOISE = np.random.default_rng(0)
PIXELS = NOISE.integers(0, 256, (33, 32, 3), dtype=np.uint8)


def picture(path: Path, kind: str = "") -> Path:
    """A picture of a kind: `many` frames, `alpha`, `grey`, `deep`, or plain colours."""
    image = Image.fromarray(PIXELS)
    if kind == "alpha":
        image.putalpha(Image.fromarray(PIXELS[..., 0]))
    if kind == "deep":
        image = Image.fromarray(NOISE.integers(0, 65536, (9, 8), dtype=np.uint16))
    more = {"save_all": True, "append_images": [image.rotate(90)], "loop": 0} if kind == "many" else {}
    image.convert("L" if kind == "grey" else image.mode).save(path, **more)
    return path


def shown(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.array(image if image.mode.startswith("I") else image.convert("RGBA")))
    return frames


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.png", ""), ("a.png", "grey"), ("a.png", "alpha"), ("a.png", "deep"), ("a.jpg", ""), ("a.jpeg", "grey"),
        ("a.webp", ""), ("a.webp", "alpha"), ("a.webp", "many"), ("a.gif", ""), ("a.gif", "many"), ("a.tif", ""),
        ("a.tiff", "deep"),
    ],
)  # fmt: skip
def test_a_picture_keeps_its_pixels_and_says_who_made_it(tmp_path: Path, name: str, kind: str) -> None:
    path = picture(tmp_path / name, kind)
    before = shown(path)
    assert read(path) is None
    assert stamp(path, MARK, "a producer") == path
    found = look(path)
    assert found is not None and found.mark == MARK
    assert found.aigc is not None and found.aigc.ContentProducer == "a producer" and found.aigc.Label == "1"
    assert SYNTHETIC.encode() in path.read_bytes() or name.endswith(".gif")
    assert all(np.array_equal(one, two) for one, two in zip(before, shown(path), strict=True))
    stamp(path, MARK.model_copy(update={"seed": 4}))
    found = look(path)
    assert found is not None and found.mark.seed == 4 and found.aigc is None, (
        "the new mark stands in the old one's place"
    )
    assert all(np.array_equal(one, two) for one, two in zip(before, shown(path), strict=True))


def test_what_others_wrote_into_a_picture_stays(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "theirs"
    for name in ("a.jpg", "a.webp", "a.png"):
        Image.fromarray(PIXELS).save(tmp_path / name, exif=exif)
        stamp(tmp_path / name, MARK)
        assert Image.open(tmp_path / name).getexif()[0x010E] == "theirs"


def test_pictures_say_it_where_platforms_read_it(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.webp", "a.tif"):
        stamp(picture(tmp_path / name), MARK, "me")
        info = Image.open(tmp_path / name).info
        said = info.get("xmp", info.get("XML:com.adobe.xmp"))
        text = said.decode() if isinstance(said, bytes) else said
        assert SYNTHETIC in text and "<TC260:AIGC>" in text
    assert json.loads(Image.open(tmp_path / "a.png").info["ganworks"])["synthetic"] is True


def test_a_sound_keeps_its_samples_and_says_who_made_it(tmp_path: Path) -> None:
    sound = NOISE.integers(-3000, 3000, (2, 1001)).astype(np.int16)
    path = write_wav(tmp_path / "a.wav", sound, 8000)
    before = read_wav(path)
    stamp(path, MARK, "me")
    stamp(path, MARK)
    assert read(path) == MARK and np.array_equal(read_wav(path)[0], before[0])
    soundfile = pytest.importorskip("soundfile")
    with soundfile.SoundFile(path) as file:
        assert json.loads(file.comment)["model"] == MARK.model and file.software == "ganworks"


def test_a_film_keeps_its_frames_and_says_who_made_it(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(4):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(PIXELS[:32], format="rgb24")))
        file.mux(stream.encode(None))

    def frames() -> list[np.ndarray]:
        with av.open(str(path)) as file:
            return [each.to_ndarray(format="rgb24") for each in file.decode(video=0)]

    before = frames()
    stamp(path, MARK)
    stamp(path, MARK)
    assert read(path) == MARK and len(before) == 4 and np.array_equal(before, frames())


def test_rows_and_arrays_keep_their_values_and_say_who_made_them(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    rows = pandas.DataFrame({"a": [1, 2, None], "b": pandas.Categorical(["x", "y", "x"])})
    rows.to_parquet(tmp_path / "a.parquet")
    stamp(tmp_path / "a.parquet", MARK)
    assert read(tmp_path / "a.parquet") == MARK and pandas.read_parquet(tmp_path / "a.parquet").equals(rows)
    np.savez_compressed(tmp_path / "a.npz", clips=PIXELS)
    stamp(tmp_path / "a.npz", MARK)
    stamp(tmp_path / "a.npz", MARK, "me")
    assert read(tmp_path / "a.npz") == MARK and np.array_equal(np.load(tmp_path / "a.npz")["clips"], PIXELS)


def test_a_file_that_carries_none_gets_a_side_file_and_many_get_one_list(tmp_path: Path) -> None:
    one, many = tmp_path / "rows.csv", [tmp_path / "many" / f"{i}.txt" for i in range(5)]
    one.write_text("a,b\n")
    many[0].parent.mkdir()
    for each in many:
        each.write_text(each.name)
    assert stamp(one, MARK).name == "rows.csv.provenance.json" and read(one) == MARK
    mark_records(many, 5, MARK, "me")
    assert sorted(each.name for each in many[0].parent.iterdir()) == [
        *(f"{i}.txt" for i in range(5)),
        "provenance.json",
    ]
    marks = [read(each) for each in many]
    assert [mark.index for mark in marks if mark] == [7, 8, 9, 10, 11]
    stamp_all([(many[2], MARK)])
    assert read(many[2]) == MARK and read(many[3]) == marks[3]
    assert [found.whole for found in (look(one), look(many[2])) if found] == [True, True]
    many[2].write_text("another")
    found = look(many[2])
    assert found is not None and found.whole is False


def test_one_file_of_many_records_and_many_files_of_one_say_so(tmp_path: Path) -> None:
    whole, frames = tmp_path / "lines.txt", [picture(tmp_path / f"{t}.png") for t in range(4)]
    whole.write_text("a\nb\nc\n")
    mark_records([whole], 3, MARK)
    mark_records(frames, 2, MARK)
    assert read(whole) == MARK.model_copy(update={"asked": {**MARK.asked, "count": "3"}})
    found = [mark for each in frames if (mark := read(each))]
    assert [(mark.index, mark.asked["frame"]) for mark in found] == [(7, "0"), (7, "1"), (8, "0"), (8, "1")]


def test_marking_is_the_same_bytes_every_time() -> None:
    held = io.BytesIO()
    Image.fromarray(PIXELS).save(held, "PNG")
    data = held.getvalue()
    once = stamped(data, ".png", MARK)
    assert once == stamped(data, ".PNG", MARK) == stamped(once, ".png", MARK)


def test_a_kind_that_carries_no_mark_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'\.csv' files carry no marks, wanted one of \.png"):
        stamped(b"", ".csv", MARK)
    with pytest.raises(ConfigError, match="at most 32,000 bytes"):
        MARK.model_copy(update={"asked": {str(i): "x" * 4000 for i in range(9)}}).text()


def _hostile(suffix: str, good: bytes) -> list[bytes]:
    """Files that lie about themselves."""
    lies = [
        b"",
        b"\0",
        good[:8],
        good[: len(good) // 2],
        good[:-3],
        b"no file of this kind" * 9,
        good[:4] + b"\xff" * 64,
    ]
    lies += [good[:place] + b"\xff\xff\xff\xff" + good[place + 4 :] for place in range(4, min(len(good), 200), 7)]
    if suffix == ".png":
        huge = b"\x7f\xff\xff\xffiTXtganworks\0\0\0\0\0{}"
        deep = b"iTXtganworks\0\0\0\0\0" + b"[" * 100_000
        chunk = (len(deep) - 4).to_bytes(4) + deep + zlib.crc32(deep).to_bytes(4)
        lies += [good[:33] + huge, good[:33] + chunk + good[33:]]
    return lies


@pytest.mark.parametrize("suffix", sorted(CARRIERS))
def test_hostile_files_get_one_line_or_have_no_mark(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"a{suffix}"
    if suffix == ".wav":
        write_wav(path, PIXELS[None, :, 0, 0].astype(np.int16), 8000)
    elif suffix in (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff"):
        picture(path)
    else:
        path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(12) + b"\0\0\0\x08free")
    if suffix not in (".parquet", ".npz"):
        stamp(path, MARK)
    for data in _hostile(suffix, path.read_bytes()):
        path.write_bytes(data)
        for act in (lambda: read(path), lambda: stamp(path, MARK)):
            try:
                act()
            except (DataError, ConfigError) as error:
                assert str(path) in str(error) and "\n" not in str(error)


def test_side_files_that_lie_get_one_line(tmp_path: Path) -> None:
    path, side, listed = tmp_path / "a.csv", tmp_path / "a.csv.provenance.json", tmp_path / "provenance.json"
    path.write_text("a\n")
    for text in ("", "[", "{}", "[" * 50_000, '{"mark": 3}', '"' + "x" * 99, "[[]]"):
        side.write_text(text)
        with pytest.raises(DataError, match=r"no marks that can be read .*; remove it"):
            read(path)
    side.unlink()
    for text in ("{}", "3", '[{"mark": {}}]'):
        listed.write_text(text)
        if text != "{}":
            with pytest.raises(DataError, match="no marks that can be read"):
                read(path)
    with pytest.raises(DataError, match="wanted a file, there is none"):
        read(tmp_path)


@pytest.mark.parametrize(("side", "kind"), [(32, np.uint8), (64, np.uint16), (300, np.uint8)])
def test_a_label_is_large_enough_and_legible(side: int, kind: type) -> None:
    white = np.iinfo(kind).max
    for ground in (0, white // 2, white):
        pixels = np.full((2, side, side, 4), ground, kind)
        after = labelled(pixels, "AI")
        assert pixels.max() == pixels.min() == ground, "the pixels given are left alone"
        box = after[0, ..., 0] != ground if ground else after[0, ..., 0] > 0
        assert np.array_equal(after[0], after[1]) and (after[0, -1, 0, 3] == white)
        letters = after[0, ..., 0] > white * 0.6 if ground < white else (after[0, ..., 0] > white * 0.6) & _inside(box)
        tall = np.ptp(np.flatnonzero(letters[:, : side // 2].any(1))) + 1
        assert tall >= max(0.05 * side, 5)


def _inside(box: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0))
    inside = np.zeros_like(box)
    inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return inside


@pytest.mark.parametrize(
    ("text", "told"), [("x" * 60, "does not fit"), ("", "1 to 200"), ("a\nb", "1 to 200"), ("生成", "font lacks")]
)
def test_a_label_that_cannot_be_drawn_gets_one_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        labelled(np.zeros((64, 64, 3), np.uint8), text)
    with pytest.raises(ConfigError, match="no font that can be read"):
        Marking(label="a", font="/nowhere").drawn(np.zeros((64, 64, 3), np.uint8), MARK.model)


def scenery(side: int, seed: int) -> np.ndarray:
    """Noise with the spectrum of photographs, (side, side, 3)."""
    rng, axis = np.random.default_rng(seed), np.fft.fftfreq(2 * side)
    falling = np.maximum(np.hypot(axis[:, None], axis[None]), 1 / side) ** -1.2
    drawn = np.fft.ifft2(np.fft.fft2(rng.normal(size=(3, 2 * side, 2 * side))) * falling).real[:, :side, :side]
    spread = (drawn - drawn.mean()) / drawn.std() * 45 + rng.uniform(70, 180)
    return np.clip(spread, 0, 255).astype(np.uint8).transpose(1, 2, 0)


def test_the_invisible_mark_is_weak_and_found_by_its_key_alone() -> None:
    for seed in range(4):
        before = scenery(256, seed)
        after = hidden.embedded(before, MARK.model)
        apart = (before.astype(float) - after) ** 2
        assert 10 * np.log10(255**2 / apart.mean()) >= 38
        assert hidden.chance(after, MARK.model) < 1e-9 and hidden.chance(before, MARK.model) > 1e-3
        assert hidden.chance(after, "cd" * 32) > 1e-3
        assert hidden.chance(after[13:-12, 13:-12], MARK.model) < 1e-3, "a crop shifts the mark and keeps it"
        held = io.BytesIO()
        Image.fromarray(after).save(held, "JPEG", quality=75)
        assert hidden.chance(np.array(Image.open(held)), MARK.model) < 1e-3


def test_false_alarms_of_the_invisible_mark_are_as_rare_as_they_are_said_to_be() -> None:
    alarms = sum(hidden.chance(scenery(32, seed), MARK.model) < 1e-2 for seed in range(1000))
    assert alarms <= 20, "one in a hundred at the most, give or take chance"


def test_the_invisible_mark_leaves_opacity_and_depth_and_small_pictures_alone() -> None:
    deep = np.dstack([scenery(64, 0).astype(np.uint16) * 257, np.full((64, 64), 1234, np.uint16)])
    after = hidden.embedded(deep, MARK.model)
    assert after.dtype == np.uint16 and np.array_equal(after[..., 3], deep[..., 3]) and (after != deep).any()
    with pytest.raises(ConfigError, match="32 x 32 pixels or more"):
        Marking(invisible=True).drawn(np.zeros((8, 8, 1), np.uint8), MARK.model)
