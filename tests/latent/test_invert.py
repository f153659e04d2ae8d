"""Inversion finds a model's own samples again, and says so in numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.cli import run
from ganworks.latent import invert
from ganworks.settings import ConfigError, DataError

from .conftest import SMALL


def test_a_sample_of_the_model_is_found_again_with_its_class(built) -> None:
    model = built("conditional", *SMALL)
    with torch.no_grad():
        next(each for each in model.network.modules() if isinstance(each, torch.nn.Linear)).weight[:, 8:] *= 3
    state = torch.get_rng_state()
    record = model.generate(1, seed=7, condition="2")[0]
    found = invert.invert(model, record, steps=80)
    assert found.psnr > 30 and found.condition == "2" and found.space == "z" and 0.5 < found.radius < 1.5
    assert found.records.shape == (2, 16, 16, 1) and np.array_equal(found.records[0], record)
    assert torch.equal(found.point, invert.invert(model, record, steps=80).point)
    assert torch.equal(torch.get_rng_state(), state)


def test_styles_and_attributes_are_found_too(built, tmp_path: Path) -> None:
    style = built("lean-28", "generator=style", "generator.latent=8", "generator.style=16", "discriminator=lean")
    found = invert.invert(style, style.generate(1, seed=3)[0], steps=20)
    assert found.space == "w" and found.point.shape == (16,) and found.condition is None


def test_an_edit_moves_along_a_direction_or_to_another_class(built) -> None:
    model = built("conditional", *SMALL)
    point = model.inputs(1, 0, condition="1")[0]
    moved = invert.edited(model, point, ["1=2", "class=3"])
    assert torch.equal(moved[8:], torch.eye(4)[3]) and not torch.equal(moved[:8], point[:8])
    with pytest.raises(ConfigError, match="an edit is written DIRECTION=DEVIATIONS"):
        invert.edited(model, point, ["1=far"])
    with pytest.raises(ConfigError, match="1 to 8 directions, got 12"):
        invert.edited(model, point, ["12=1"])


def test_a_picture_of_another_size_and_kind_is_read_as_the_data_is(built, tmp_path: Path) -> None:
    model = built("lean-28", *SMALL)
    Image.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(tmp_path / "colour.png")
    Image.fromarray(np.full((20, 20), 51_400, np.uint16)).save(tmp_path / "deep.png")
    for name in ("colour.png", "deep.png"):
        assert (invert.picture(tmp_path / name, model) == 200).all()
    (tmp_path / "bad.png").write_text("no picture")
    for name in ("bad.png", "nowhere.png"):
        with pytest.raises(DataError, match=f"{name}: wanted a picture"):
            invert.picture(tmp_path / name, model)


def test_the_command_writes_the_sheet_and_the_latent(built, tmp_path: Path, capsys) -> None:
    model = built("conditional", *SMALL)
    model.save(tmp_path / "kept")
    model.grid(model.generate(1), tmp_path / "a.png")
    words = ["--invert", str(tmp_path / "a.png"), "--steps", "4", "--edit", "1=1", "--out", str(tmp_path / "out")]
    assert run(["explore", str(tmp_path / "kept"), *words]) == 0
    assert "PSNR" in capsys.readouterr().out
    assert np.load(tmp_path / "out" / "a-z.npy").shape == (12,)
    assert Image.open(tmp_path / "out" / "a-inverted.png").width > 500
