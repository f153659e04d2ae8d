"""`ganworks verify`: right on a thousand files of mixed kinds, proof by making again, one line for what is hostile."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.adversarial.objectives import Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.cli import run
from ganworks.domains.degraded import PRESETS, DegradedPictures
from ganworks.domains.grid import Grid
from ganworks.domains.image.codec import Pictures
from ganworks.domains.image.toy import shapes
from ganworks.domains.table import Table
from ganworks.launch import Words, open_data, plan
from ganworks.model import Model, load
from ganworks.networks import MlpDiscriminator, MlpGenerator
from ganworks.networks.tabular import TabularGenerator
from ganworks.provenance import look, read, stamp
from ganworks.provenance.invisible import embedded
from ganworks.training.run import Budget, Run
from ganworks.verify import Models, verify
from ganworks.verify.same import sameness
from tests.application.conftest import run_of

SMALL = ("generator=mlp", "generator.latent=8", "generator.widths=[32]", "discriminator=mlp")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs/kept, a model of 32 x 32 shapes with classes, its network as it starts."""
    place = tmp_path_factory.mktemp("verify")
    data = shapes(0)
    np.savez(place / "shapes.npz", x=data.train.array.repeat(2, 1).repeat(2, 2), y=data.train.labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANWORKS_CACHE", str(place / "cache"))
        words = Words(str(place / "shapes.npz"), "conditional", folder=str(place / "run"), settings=SMALL)
        each = plan(words).run
        codec = each.domain.fit(open_data(each))
    torch.manual_seed(0)
    Model(each, codec, each.generator.build(codec.spec), 0).save(place / "runs" / "kept" / "model")
    return place


@pytest.fixture
def said(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command line and return its exit code and what it printed; RUN and OUT stand for themselves."""

    def tell(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        places = {"RUN": str(home / "runs" / "kept"), "RUNS": str(home / "runs"), "OUT": str(tmp_path / "out")}
        code = run([places.get(word, word) for word in words])
        return code, capsys.readouterr().out

    return tell


@pytest.mark.parametrize(
    "words",
    [
        ("--seed", "3"), ("--class", "1", "--truncation", "0.7"), ("--grid",), ("--interpolate",), ("--label", "AI"),
        ("--invisible",), ("--aigc", "somebody"), ("--stamp-time",), ("--grid", "--label", "AI", "--class", "0"),
    ],
)  # fmt: skip
def test_whatever_the_command_samples_is_proved(said, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert said("sample", "RUN", "-n", "5", *words, "--out", "OUT")[0] == 0
    code, text = said("verify", "OUT", "--runs", "RUNS")
    assert code == 0 and " proved" in text and "not proved" not in text
    path = next((tmp_path / "out").iterdir())
    code, text = said("verify", str(path), "--runs", "RUNS")
    assert code == 0 and "synthetic: model" in text and "of run kept" in text and "proved: made again" in text


def test_the_same_command_writes_the_same_bytes_and_another_time_only_when_asked(said, tmp_path: Path) -> None:
    for name in "ab":
        said("sample", "RUN", "-n", "3", "--out", str(tmp_path / name))
    assert (tmp_path / "a/000002.png").read_bytes() == (tmp_path / "b/000002.png").read_bytes()
    mark = read(tmp_path / "a/000002.png")
    assert mark is not None and (mark.seed, mark.index, mark.run) == (0, 2, "kept")
    said("sample", "RUN", "-n", "3", "--stamp-time", "--out", str(tmp_path / "c"))
    late = read(tmp_path / "c/000002.png")
    assert late is not None and late.time >= mark.time and late == mark.model_copy(update={"time": late.time})


def test_shards_say_it_of_every_picture_and_of_themselves(said, tmp_path: Path) -> None:
    assert said("sample", "RUN", "-n", "40", "--shards", "--processes", "1", "--aigc", "me", "--out", "OUT")[0] == 0
    code, text = said("verify", "OUT", "--runs", "RUNS")
    assert code == 0 and "2 marked" in text, text
    shard = next((tmp_path / "out").glob("*.tar"))
    shutil.unpack_archive(shard, tmp_path / "open", filter="data")
    code, text = said("verify", str(tmp_path / "open"), "--runs", "RUNS")
    assert code == 0 and "40 proved" in text
    assert run(["sample", str(tmp_path), "--shards", "--label", "AI"]) == 1


def test_a_file_written_from_python_names_its_model_and_no_seed_it_was_not_told(home: Path, tmp_path: Path) -> None:
    model = load(home / "runs" / "kept")
    first, second = (
        model.write(model.generate(2, seed=5), tmp_path / "a"),
        model.write(model.generate(2, seed=5, first=3), tmp_path / "b", 3, seed=5),
    )
    models = Models(runs=home / "runs")
    assert verify(first[0], models).state == "marked" and "names no seed" in verify(first[0], models).line
    assert [verify(each, models).state for each in second] == ["proved", "proved"]
    assert model.mark(None, None).model == model.sha256 != ""


def test_verify_is_right_on_a_thousand_files_of_mixed_kinds(home: Path, tmp_path: Path) -> None:
    model, wanted = load(home / "runs" / "kept"), {}
    records = model.generate(200, seed=1)
    paths = model.write(records, tmp_path / "png", seed=1)
    kinds = {".png": {}, ".jpg": {"quality": 90}, ".webp": {"quality": 92}, ".tif": {}, ".gif": {}, ".bmp": {}}
    for number in range(1000):
        source, suffix = paths[number % 200], list(kinds)[number % 6]
        place = tmp_path / f"{number:04d}{suffix}"
        pixels, mark = np.array(Image.open(source)), read(source)
        assert mark is not None
        fate = ("marked", "unmarked", "altered", "another seed", "cut")[number // 6 % 5]
        if fate == "altered":
            pixels[4:10, 4:10] = 255 - pixels[4:10, 4:10] // 2
        Image.fromarray(pixels).save(place, **kinds[suffix])
        if fate != "unmarked":
            stamp(place, mark.model_copy(update={"seed": 2}) if fate == "another seed" else mark)
        if fate == "cut":
            place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
        wanted[place] = fate
    models, found = Models(runs=home / "runs"), Counter()
    for place, fate in wanted.items():
        state = verify(place, models).state
        right = {
            "marked": ("proved", "close"), "unmarked": ("none",), "altered": ("differs",), "another seed": ("differs",),
            "cut": ("unreadable", "none", "differs"),
        }[fate]  # fmt: skip
        found[fate, state in right] += 1
        assert state in right, (place.name, fate, state, verify(place, models).line)
    assert sum(found.values()) == 1000


def test_words_that_no_file_can_hold_get_one_line(home: Path, tmp_path: Path, capsys) -> None:
    words = (("--aigc", "x" * 5000), ("--aigc", "caf\udce9"), ("--label", "\udce9"), ("--label-font", "a.ttf"))
    for each in words:
        assert run(["sample", str(home / "runs" / "kept"), "-n", "2", *each, "--out", str(tmp_path / "out")]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_the_model_a_mark_is_only_a_claim(said, home: Path, tmp_path: Path) -> None:
    said("sample", "RUN", "-n", "2", "--out", "OUT")
    path = str(tmp_path / "out" / "000000.png")
    code, text = said("verify", path, "--runs", str(tmp_path / "nowhere"))
    assert code == 0 and "model not at hand, so not proved" in text
    code, text = said("verify", path, "--runs", str(tmp_path / "nowhere"), "--model", "RUN")
    assert code == 0 and "proved: made again" in text
    assert run(["verify", path, "--model", str(tmp_path / "nowhere")]) == 1


def test_an_unmarked_file_proves_nothing_and_is_said_so(said, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.png")
    code, text = said("verify", str(tmp_path / "a.png"), "--runs", "RUNS")
    assert code == 1 and "no mark found: that proves nothing" in text and "marks can be removed" in text
    assert said("verify", str(tmp_path / "nothing.png"), "--runs", "RUNS")[0] == 1
    (tmp_path / "empty").mkdir()
    assert said("verify", str(tmp_path / "empty"), "--runs", "RUNS") == (1, "0 files: none to look at\n")


def test_a_mark_that_asks_for_the_moon_is_not_obeyed(home: Path, tmp_path: Path) -> None:
    model = load(home / "runs" / "kept")
    (path,) = model.write(model.generate(1), tmp_path, seed=0)
    mark, models = read(path), Models(runs=home / "runs")
    assert mark is not None
    asked = [
        {"grid": "99999999"}, {"grid": "-1"}, {"count": "9" * 20}, {"rows": "5"}, {"interpolate": "3"},
        {"engine": "no"},
        {"truncation": "nan"}, {"levels": "whole", "length": "5"}, {"explore": "x"}, {"font": "/etc/passwd"},
        {"label": "x" * 200}, {"frame": "7"}, {"where": "["}, {"temperature": "x"}, {"columns": "0", "grid": "4"},
    ]  # fmt: skip
    for each in asked:
        stamp(path, mark.model_copy(update={"asked": each, "index": 10**15 if "interpolate" in each else 0}))
        assert verify(path, models).state in ("marked", "differs", "proved")
    stamp(path, mark.model_copy(update={"condition": "\x1b[31mred\n", "run": "\u202e"}))
    line = verify(path, models).line
    assert line.isprintable()


def test_hostile_files_are_a_verdict_and_one_line(home: Path, tmp_path: Path) -> None:
    models, rng = Models(runs=home / "runs"), np.random.default_rng(0)
    model = load(home / "runs" / "kept")
    (path,) = model.write(model.generate(1), tmp_path, seed=0)
    good = path.read_bytes()
    for number in range(300):
        data = bytearray(good)
        for place in rng.integers(0, len(data), 1 + number % 5):
            data[place] = rng.integers(256)
        bad = tmp_path / f"{number}{('.png', '.jpg', '.wav', '.parquet', '.npz', '.mp4')[number % 6]}"
        bad.write_bytes(data[: rng.integers(1, len(data))] if number % 2 else data)
        verdict = verify(bad, models, invisible=number % 3 == 0)
        assert verdict.state in ("proved", "close", "none", "differs", "unreadable") and "\n" not in verdict.line


def test_the_invisible_mark_is_looked_for_where_nothing_else_is_left(home: Path, tmp_path: Path) -> None:
    model = load(home / "runs" / "kept")
    scene = np.add.outer(np.arange(128), np.arange(128))[..., None].repeat(3, 2).astype(np.uint8) // 2 + 50
    Image.fromarray(embedded(scene, model.sha256)).save(tmp_path / "a.png")
    Image.fromarray(scene).save(tmp_path / "b.png")
    models = Models(runs=home / "runs")
    assert verify(tmp_path / "a.png", models).state == "none"
    assert verify(tmp_path / "a.png", models, invisible=True).state == "hidden"
    verdict = verify(tmp_path / "b.png", models, invisible=True)
    assert verdict.state == "none" and "proves nothing" in verdict.line


def test_lossy_files_are_held_against_what_their_kind_loses(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for name, quality in (("a.jpg", 30), ("b.jpg", 95), ("a.webp", 92), ("b.webp", 40)):
        Image.fromarray(pixels).save(tmp_path / name, quality=quality)
        assert sameness(tmp_path / name, tmp_path / "a.png") in ("same", "lossy")
        Image.fromarray(255 - pixels).save(tmp_path / name, quality=quality)
        assert sameness(tmp_path / name, tmp_path / "a.png") == "other"
    np.save(tmp_path / "a.npy", pixels)
    np.save(tmp_path / "b.npy", pixels ^ 1)
    np.save(tmp_path / "c.npy", pixels[:9])
    assert sameness(tmp_path / "b.npy", tmp_path / "a.npy") == "rounded"
    assert sameness(tmp_path / "c.npy", tmp_path / "a.npy") == "other"


def test_rows_are_proved_as_text_and_as_parquet(said, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    codec = Table().fit(Table().toy(1))
    network = TabularGenerator(latent=8, widths=(16,))
    each = Run(
        recipe="table", data="toy", domain=Table(), generator=network, discriminator=MlpDiscriminator(widths=(16,)),
        objective=Relativistic(), generator_optimiser=Adam(), discriminator_optimiser=Adam(), budget=Budget(samples=1),
    )  # fmt: skip
    torch.manual_seed(0)
    Model(each, codec, network.build(codec.spec), 0).save(tmp_path / "rows" / "model")
    for name, asked in (("a.csv", ()), ("b.parquet", ("--where", "age>=40")), ("c.tsv", ("--spreadsheet",))):
        path = str(tmp_path / name)
        assert said("sample", str(tmp_path / "rows"), "-n", "30", *asked, "--out", path)[0] == 0
        code, text = said("verify", path, "--runs", str(tmp_path))
        assert code == 0 and "of run rows, seed 0" in text and "proved: made again" in text
    with (tmp_path / "a.csv").open("a") as file:
        file.write("more\n")
    code, text = said("verify", str(tmp_path / "a.csv"), "--runs", str(tmp_path))
    assert code == 1 and "altered since its mark was written" in text
    assert run(["sample", str(tmp_path / "rows"), "--label", "AI", "--out", str(tmp_path / "x.csv")]) == 1


def test_levels_are_proved_beside_their_list(said, tmp_path: Path) -> None:
    levels = Grid().toy(0)
    codec = Grid().fit(levels)
    each = Run(
        recipe="levels", data="toy", domain=Grid(), generator=MlpGenerator(latent=8, widths=(16,)),
        discriminator=MlpDiscriminator(widths=(16,)), objective=Relativistic(), generator_optimiser=Adam(),
        discriminator_optimiser=Adam(), budget=Budget(samples=1),
    )  # fmt: skip
    torch.manual_seed(0)
    Model(each, codec, each.generator.build(codec.spec), 0).save(tmp_path / "runs" / "grid" / "model")
    grid = str(tmp_path / "runs" / "grid")
    assert said("levels", grid, "-n", "4", "--raw", "--seed", "2", "--out", "OUT")[0] == 0
    code, text = said("verify", "OUT", "--runs", str(tmp_path / "runs"))
    assert code == 0 and "5 files: 5 proved" in text
    assert (tmp_path / "out" / "levels-seed2" / "provenance.json").exists()


def test_what_apply_makes_names_its_input_and_cannot_be_drawn_again(said, tmp_path: Path) -> None:
    target = Pictures(channels=3, height=16, width=16, mode="RGB", bits=8)
    codec = DegradedPictures(target=target, steps=PRESETS["denoise-25"], scale=1)
    each = run_of({"name": "degraded", "preset": "denoise-25"}, {"name": "restoration", "width": 4, "blocks": 2})
    torch.manual_seed(0)
    Model(each, codec, each.generator.build(codec.spec), 1).save(tmp_path / "cleaner" / "model")
    source = tmp_path / "in.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(source)
    options = {"a.png": (), "b.jpg": ("--sheet",), "c.bmp": ("--label", "AI"), "d.tif": ("--invisible",)}
    for name, more in options.items():
        out = str(tmp_path / "out" / name)
        assert said("apply", str(tmp_path / "cleaner"), str(source), out, "--aigc", "me", *more)[0] == 0
        found = look(Path(out))
        assert found is not None and found.aigc is not None
        assert found.mark.asked["input"] == hashlib.sha256(source.read_bytes()).hexdigest() and found.mark.seed is None
    code, text = said("verify", "OUT", "--model", str(tmp_path / "cleaner"))
    assert code == 0 and "5 files: 5 marked and not proved" in text
