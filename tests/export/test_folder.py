"""A folder to share holds the model and its card, nothing of the data or the machine, and loads like any model."""

import json
from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.export import folder
from ganworks.export.card import card
from ganworks.model import Model
from ganworks.settings import ConfigError
from tests.export.conftest import small

EVALUATION = {
    "run": {"fingerprint": "f" * 64, "data": "/home/somebody/secret/faces"},
    "protocol": {"count": 100, "reference": "100 records of the test split"},
    "metrics": [{"label": "Frechet | <b>", "value": 1.5, "low": 1, "high": 2, "floor": 0.5, "copycat": None}],
    "findings": [{"level": "alarm", "line": "copies\n<script>alert(1)</script>"}],
    "neighbours": [{"picture": "a training record"}],
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run as far as sharing looks: a model, and what was found about it."""
    model = small("lean-28")
    hostile = model.run.model_copy(update={"data": "/home/somebody/secret/<script>|faces", "recipe": "`#<b>\x1b[2J"})
    Model(hostile, model.codec, model.network, 64).save(tmp_path / "run/model")
    (tmp_path / "run/evaluation.json").write_text(json.dumps(EVALUATION))
    return tmp_path / "run"


def test_a_folder_loads_and_draws_the_same(run: Path, tmp_path: Path) -> None:
    model = ganworks.load(run)
    written = folder.write(model, tmp_path / "shared")
    again = ganworks.load(written)
    assert again.sha256 == model.sha256 and np.array_equal(again.generate(4), model.generate(4))
    assert {each.name for each in written.iterdir()} <= set(folder.FILES)


def test_no_place_of_this_machine_and_no_record_is_in_it(run: Path, tmp_path: Path) -> None:
    written = folder.write(ganworks.load(run), tmp_path / "shared")
    text = "".join(each.read_text() for each in written.iterdir() if each.suffix != ".safetensors")
    assert "somebody" not in text and "training record" not in text.replace("training records", "")
    assert str(tmp_path) not in text


def test_the_card_has_the_evidence_and_escapes_what_was_named(run: Path, tmp_path: Path) -> None:
    page = (folder.write(ganworks.load(run), tmp_path / "shared") / "README.md").read_text()
    front, _, body = page.removeprefix("---\n").partition("\n---\n")
    assert all(json.loads(line.partition(": ")[2]) for line in front.splitlines())
    assert "| 1.5 | 1 to 2 | 0.5 | - |" in body and "f" * 64 in body
    assert "<" not in body.replace("SHA", "") and "\x1b" not in body
    assert "alarm: copies\\\\n&lt;script&gt;" in body


def test_a_private_run_publishes_its_promise_and_no_evaluation(run: Path, tmp_path: Path) -> None:
    model = ganworks.load(run)
    model.privacy = {"epsilon": 3.0, "delta": 1e-5}
    written = folder.write(model, tmp_path / "shared")
    assert not (written / "evaluation.json").exists()
    assert "| epsilon | 3.0 |" in card(model, EVALUATION) and "Frechet" not in card(model, EVALUATION)


def test_a_folder_with_something_else_in_it_is_let_be(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match=r"wanted a new or empty folder, got a folder with thesis\.txt"):
        folder.write(ganworks.load(run), tmp_path / "mine")
