"""Commands as a user types them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganworks.cli import COMMANDS, run


def test_help_imports_no_torch() -> None:
    code = "import sys; from ganworks.cli import run; run(['--help']); sys.exit('torch' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert all(name in ended.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_refuses_a_wrong_option(name: str, capsys) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: ganworks" in capsys.readouterr().out
    assert run([name, "--nonsense"]) == 2
    assert "No such option" in capsys.readouterr().err


def test_an_unknown_command_gets_a_suggestion(capsys) -> None:
    assert run(["tran"]) == 2
    assert "no command 'tran'; did you mean 'train'?" in capsys.readouterr().err


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pictures.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
    return path


def test_train_sample_and_show(pictures, capsys) -> None:
    words = ["train", "pictures.npy", "--samples", "64", "--seed", "2", "--no-evaluate", "--set", "batch=8"]
    assert run(words) == 0
    assert "recipe lean-28: " in capsys.readouterr().err
    assert run(words) == 0
    assert "already complete" in capsys.readouterr().err
    assert run(["train", "--run", "runs/pictures-lean-28", "--samples", "96"]) == 0  # the run's own words, a new budget
    assert run(["sample", "runs/pictures-lean-28", "-n", "5", "--seed", "1"]) == 0
    assert len(list(Path("runs/pictures-lean-28/generated/seed1").iterdir())) == 5
    assert run(["sample", "runs/pictures-lean-28", "-n", "9", "--grid", "--out", "grid.png"]) == 0
    first = Path("grid.png").read_bytes()
    assert run(["sample", "runs/pictures-lean-28", "-n", "9", "--grid", "--out", "grid.png"]) == 0
    assert Path("grid.png").read_bytes() == first
    assert run(["sample", "runs/pictures-lean-28", "-n", "16", "--interpolate", "--out", "way.png"]) == 0
    assert run(["show", "runs/pictures-lean-28"]) == 0
    shown = capsys.readouterr().out
    assert "finished" in shown and "batch 8, seed 2" in shown
    assert run(["show", "runs/pictures-lean-28", "--settings"]) == 0
    assert 'recipe = "lean-28"' in capsys.readouterr().out


def test_recipes_are_listed(capsys) -> None:
    assert run(["recipes"]) == 0
    shown = capsys.readouterr().out
    assert "r3-base" in shown and "Radford et al." in shown


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--recipe", "dcgn"], "no recipe 'dcgn'; did you mean 'dcgan'?"),
        (["--set", "batch=many"], "batch must be a whole number, got 'many'"),
        (["--set", "bacth=3"], "no setting 'bacth'; did you mean 'batch'?"),
        (["--set", "terms.0.wieght=3"], "terms.0: no setting 'wieght'; did you mean 'weight'?"),
        (["--set", "objective=hinje"], "objective: no objective 'hinje'; did you mean 'hinge'?"),
        (["--set", "domain.sise=[8, 8]"], "domain: no setting 'sise'; did you mean 'size'?"),
        (["--set", "domain=imagge"], "no domain 'imagge'; did you mean 'image'?"),
        (["--set", "device=abacus"], "device must be auto, cpu, cuda, cuda:1 or mps, got 'abacus'"),
        (["--samples", "0"], "budget.samples must be above 0, got 0"),
        (["--samples", "8", "--minutes", "1"], "budget: give samples or minutes, one of the two"),
        (["--recipe", "missing.toml"], "missing.toml: wanted a TOML file"),
        (["--run", "pictures.npy"], "wanted a directory"),
    ],
)
def test_mistakes_get_one_line_and_exit_code_1(pictures, capsys, words, line) -> None:
    assert run(["train", str(pictures), "--samples", "8", "--run", "new", *words]) == 1
    err = capsys.readouterr().err
    assert line in err and "Traceback" not in err
    assert not (Path("new") / "checkpoints").exists() or not any((Path("new") / "checkpoints").iterdir())


@pytest.mark.parametrize("words", [["sample", "nowhere"], ["show", "nowhere"], ["train", "nowhere"]])
def test_missing_places_get_one_line(tmp_path, monkeypatch, capsys, words) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 1
    err = capsys.readouterr().err.strip()
    assert "nowhere" in err and len(err.splitlines()) == 1
