"""ONNX files compute what torch computes, say what they are, and are not kept when they do not."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.cli import run as command_line
from ganworks.export import check, onnx
from ganworks.export.program import program_of
from ganworks.recipes import RECIPES
from ganworks.settings import ConfigError
from tests.export.conftest import small

runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

ONE_OF_A_KIND = ("lean-28", "r3-nano", "level", "table", "text", "denoise")
"""One for each way in which a generator is given and read: latents, tiles, asked rows, lines, pictures."""
SOUND = {"vocoder", "denoise-sound", "bandwidth"}
FILMS = {"video-denoise", "video-super-resolution-x2", "video-enhance", "video-inpaint"}


@pytest.mark.parametrize("name", ONE_OF_A_KIND)
def test_a_file_draws_what_torch_draws(name: str, tmp_path: Path) -> None:
    assert onnx.write(small(name), tmp_path / "model.onnx") <= check.BOUND
    assert [each.name for each in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("name", [name for name in RECIPES if name not in {"r3-base", "r3-small"} | SOUND | FILMS])
def test_the_program_of_every_recipe_is_the_generator(name: str) -> None:
    """What is exported, before it leaves torch; `make`'s longer checks and the lines above take it through ONNX."""
    model = small(name)
    quick, exact = program_of(model), program_of(model, rewritten=False)
    worst = check.agree("program", model, quick, exact, lambda given: quick.module(*given))
    assert worst <= check.BOUND
    given = exact.examples(model, 2, 5)
    drawn = exact.module(*given)
    assert drawn.shape == (2, *exact.output)
    names = [each.name for each in exact.inputs]
    if not exact.logits and names in (["z"], ["z", "c"]):
        torch.testing.assert_close(drawn, model.network(torch.cat(given, 1)))


@pytest.mark.parametrize("name", sorted(SOUND | FILMS))
def test_what_cannot_be_exported_says_why_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^(vocos makes sound|recurrent carries frames) [^\n]+use --to folder, and"
    ) as refused:
        onnx.write(small(name), tmp_path / "model.onnx")
    assert "\n" not in str(refused.value) and not list(tmp_path.iterdir())


def test_logits_drawn_by_lot_are_the_rows_that_a_latent_has() -> None:
    """The file's logits, given the lots that the network takes from a latent, win where the network's do."""
    from ganworks.networks.layers import lots  # noqa: PLC0415

    model = small("table")
    program = program_of(model, rewritten=False)
    z, c = program.examples(model, 16, 0)
    x = program.module(z, c)
    u = lots(z, x)
    drawn, place = model.network(torch.cat([z, c], 1)), 0
    for span in model.codec.spec.spans:
        part = slice(place, place + span.channels)
        if span.kind == "softmax":
            won = (x[:, part] - torch.log(-torch.log(u[:, part]))).argmax(1)
            assert (won == drawn[:, part].argmax(1)).float().mean() >= 15 / 16
        place += span.channels


def test_a_file_says_what_it_is(model, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.write(model, path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    assert said["sha256"] == model.sha256 and said["domain"] == "image" and said["card"].startswith("---\n")
    assert json.loads(said["provenance"])["synthetic"] is True
    assert json.loads(said["latents"]) == {"name": "normal"}
    (z,) = json.loads(said["inputs"])
    assert z["name"] == "z" and z["axes"][0]["size"] == model.run.generator.latent
    assert session.get_inputs()[0].shape[1:] == [64] and isinstance(session.get_inputs()[0].shape[0], str)


def test_a_program_that_draws_otherwise_is_refused_and_not_kept(model, tmp_path: Path) -> None:
    program = program_of(model)
    for wrong in (lambda given: program.module(*given) + 2e-4, lambda given: program.module(*given) * torch.nan):
        with pytest.raises(ConfigError, match=r"^the file of this model differs by [^\n]+ nothing was kept"):
            check.agree("file", model, program, program, wrong)
    with pytest.raises(ConfigError, match="draws samples of shape"):
        check.agree("file", model, program, program, lambda given: program.module(*given)[:, :, 1:])


def test_thirty_lines_without_ganworks_draw_the_same_pictures(model, tmp_path: Path) -> None:
    path, script = tmp_path / "model.onnx", Path(__file__).parents[2] / "docs/standalone.py"
    onnx.write(model, path)
    text = script.read_text(encoding="utf-8")
    assert text.count("\n") <= 30 and "ganworks" not in "".join(each for each in text.splitlines() if "import" in each)
    subprocess.run([sys.executable, str(script), str(path), str(tmp_path / "out"), "4"], check=True, timeout=120)
    from PIL import Image  # noqa: PLC0415

    z = np.random.default_rng(0).standard_normal((4, 64), dtype=np.float32)
    wanted = model.decode(torch.from_numpy(z))
    for number in range(4):
        picture = np.asarray(Image.open(tmp_path / "out" / f"{number:06d}.png"))
        assert np.abs(picture.astype(int) - wanted[number, :, :, 0].astype(int)).max() <= 1


def test_the_command_refuses_another_suffix(model, tmp_path: Path, capsys) -> None:
    model.save(tmp_path / "model")
    assert command_line(["export", str(tmp_path / "model"), "--to", "onnx", "--out", str(tmp_path / "x.bin")]) == 1
    assert "--out is a file that ends in .onnx" in capsys.readouterr().err
    assert command_line(["export", str(tmp_path / "nowhere"), "--to", "onnx"]) == 1
    assert command_line(["export", str(tmp_path / "model"), "--to", "torchscript"]) == 2
