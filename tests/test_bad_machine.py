"""What happens to runs on disk and while they go on: damage, full volumes, signals; one line each, nothing lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ganworks.cli import run

from .conftest import SHORT


@pytest.fixture
def finished(good: Path) -> Path:
    assert run(["train", "good", *SHORT, "--run", "done"]) == 0
    return good.parent / "done"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(finished, capsys) -> None:
    newest = max((finished / "checkpoints").iterdir())
    flip(newest / "generator.safetensors")
    assert run(["train", "good", *SHORT, "--run", "done"]) == 0
    assert f"skipped checkpoint {newest.name}" in capsys.readouterr().err
    (newest / "discriminator.safetensors").unlink()
    assert run(["train", "good", *SHORT, "--run", "done"]) == 0
    page = newest / "manifest.json"
    page.write_text(json.dumps({**json.loads(page.read_text()), "schema": 99}))
    assert run(["train", "good", *SHORT, "--run", "done"]) == 0
    assert "written by schema 99, this version reads 1" in capsys.readouterr().err


def test_when_all_checkpoints_are_damaged_nothing_is_begun_anew(finished, told) -> None:
    for each in (finished / "checkpoints").iterdir():
        flip(each / "values.json")
    kept = (finished / "model/model.safetensors").read_bytes()
    assert "no checkpoint here is whole" in told("train", "good", *SHORT, "--run", "done")
    assert (finished / "model/model.safetensors").read_bytes() == kept


@pytest.mark.parametrize("what", ["flipped weights", "no weights", "flipped page", "no UTF-8", "another schema"])
def test_a_damaged_model_is_told_and_the_same_command_writes_it_anew(finished, told, what) -> None:
    weights, page = finished / "model/model.safetensors", finished / "model/model.json"
    whole = weights.read_bytes(), page.read_bytes()
    if what == "flipped weights":
        flip(weights)
    elif what == "no weights":
        weights.unlink()
    elif what == "flipped page":
        page.write_bytes(whole[1][:-5])
    elif what == "no UTF-8":
        page.write_bytes(b"\xff\xfe{")
    else:
        page.write_text(json.dumps({**json.loads(whole[1]), "schema": 9}))
    assert "done/model" in told("sample", "done", "-n", "1")
    assert run(["train", "good", *SHORT, "--run", "done"]) == 0
    assert (weights.read_bytes(), page.read_bytes()) == whole


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"nonsense [[[", "wanted a TOML file"),
        (b"\xff\xfe\0", "wanted a TOML file"),
        (b"", "is needed and was not given"),
        (b"data = 5\n", "data must be text, got 5"),
        (b"data = 'good'\ndomain = 3\n", "domain must be a table of settings, got 3"),
        (b"data = 'good'\ndomain = 'imagee'\n", "no domain 'imagee'; did you mean 'image'?"),
        (b"momentum = 3\n+", "no setting 'momentum'"),
    ],
)
def test_a_run_toml_that_was_edited_into_nonsense_gets_one_line(finished, told, text, line) -> None:
    page = finished / "run.toml"
    page.write_bytes(text.removesuffix(b"+") + (page.read_bytes() if text.endswith(b"+") else b""))
    assert line in told("train", "--run", "done")
    assert run(["show", "done"]) == (1 if "TOML" in line else 0)
    assert run(["sample", "done", "-n", "1"]) == 0  # the model needs none of it


def test_samples_in_a_place_that_takes_none_get_one_line(finished, told) -> None:
    for words in (["--out", "good/000.png"], ["--out", "good/000.png/x"], ["--grid", "--out", "grid.xyz"]):
        assert "cannot be written" in told("sample", "done", "-n", "2", *words)
    assert "count must be at least 1, got 0" in told("sample", "done", "-n", "0")
    assert "seed must be at least 0, got -3" in told("sample", "done", "--seed", "-3")
    assert "draw files instead" in told("sample", "done", "-n", "1000000", "--grid")


def test_many_samples_are_drawn_in_parts_and_are_the_same_files(finished, monkeypatch) -> None:
    assert run(["sample", "done", "-n", "150", "--out", "whole"]) == 0
    monkeypatch.setattr("ganworks.cli.sample.AT_ONCE", 70)
    assert run(["sample", "done", "-n", "150", "--out", "parts"]) == 0
    names = sorted(path.name for path in Path("whole").iterdir())
    assert len(names) == 150 and names == sorted(path.name for path in Path("parts").iterdir())
    assert all((Path("whole") / name).read_bytes() == (Path("parts") / name).read_bytes() for name in names)


@pytest.fixture
def volume(place: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own, mounted with the options of the test."""
    target = place / "volume"
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", request.param, "none", str(target)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.mark.parametrize(
    ("volume", "line"), [("ro", "read-only"), ("size=100k", "has 0.1 MB free")], indirect=["volume"]
)
def test_a_target_that_takes_nothing_is_refused_before_the_start(volume, good, told, line) -> None:
    assert line in told("train", "good", *SHORT, "--run", "volume/run")
    assert "wanted a directory" in told("train", "good", *SHORT, "--run", "good/000.png/run")


@pytest.mark.parametrize("volume", ["size=1500k"], indirect=True)
def test_a_volume_that_becomes_full_keeps_the_last_good_checkpoint(volume, good, capsys) -> None:
    words = ["train", "good", *SHORT[2:], "--run", "volume/run", "--samples"]
    assert run([*words, "80"]) == 0
    kept = max(Path("volume/run/checkpoints").iterdir())
    (volume / "filler").write_bytes(bytes(os.statvfs(volume).f_bavail * os.statvfs(volume).f_frsize - 8192))
    capsys.readouterr()
    assert run([*words, "160"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any("not saved" in line for line in lines) and "no space left" in lines[-1]
    assert kept.exists()
    (volume / "filler").unlink()
    assert run([*words, "160"]) == 0


def started(*words: str) -> subprocess.Popen[str]:
    code = "import sys; from ganworks.cli import main; main(sys.argv[1:])"
    return subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)


def until(there: Path) -> None:
    end = time.monotonic() + 60
    while not there.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert there.exists()


def test_a_signal_during_training_saves_and_says_so(good) -> None:
    process = started("train", "good", *SHORT[2:], "--samples", "9999999", "--run", "new")
    until(Path("new/samples/latest.png"))
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "stopped and saved; the same command goes on" in err
    assert "Traceback" not in err and max(Path("new/checkpoints").iterdir()).name > "000000000000"


def test_a_signal_while_measuring_is_answered_before_the_trial_is_over(good) -> None:
    process = started("train", "good", *SHORT[2:], "--minutes", "60", "--run", "new")
    assert process.stderr is not None
    assert any("measuring" in line for line in process.stderr)
    process.send_signal(signal.SIGTERM)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 143 and ("the same command goes on" in err or "nothing was lost" in err)
    assert not any(Path("new/checkpoints").iterdir())


def test_a_signal_while_data_is_read_is_no_broken_picture(place, monkeypatch, capsys) -> None:
    Path("some").mkdir()
    for i in range(8):
        Image.new("RGB", (8, 8 + i)).save(f"some/{i}.png")
    opened = Image.open

    def interrupted(*arguments, **settings):
        signal.raise_signal(signal.SIGTERM)
        return opened(*arguments, **settings)

    monkeypatch.setattr(Image, "open", interrupted)
    assert run(["train", "some", *SHORT, "--run", "new"]) == 143
    assert capsys.readouterr().err == "stopped; nothing was lost\n"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert not Path("new").exists()


def test_a_run_that_is_removed_meanwhile_ends_with_one_line(good) -> None:
    process = started("train", "good", *SHORT[2:], "--samples", "200000", "--set", "previews=1000", "--run", "new")
    until(Path("new/samples/latest.png"))
    Path("new").rename("aside")
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and "was removed; run the same command again" in err.splitlines()[-1]
    assert not Path("new").exists() and any(Path("aside/checkpoints").iterdir())
