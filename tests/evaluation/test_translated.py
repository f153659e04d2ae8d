"""Evidence about pictures made from pictures: baselines restore, an untrained network is called what it is."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganworks import loading
from ganworks.adversarial.reconstructions import Perceptual
from ganworks.cli import run as command
from ganworks.domains.degraded import PRESETS, Degraded, DegradedPictures
from ganworks.domains.image import Pictures
from ganworks.evaluation import evaluate
from ganworks.evaluation.translated import classical
from ganworks.evaluation.translated.baselines import baselines_for
from ganworks.evaluation.translated.findings import best, findings
from ganworks.evaluation.translated.page import apart
from ganworks.evaluation.translated.resample import Estimate, estimate
from ganworks.evaluation.translated.score import Row, Scored
from ganworks.metrics.pictures import psnr
from ganworks.report import report
from ganworks.settings import ConfigError
from ganworks.training import artefact
from ganworks.training.paired_signals import BETTER, paired_numbers, paired_values
from ganworks.training.run import Run

SIDE = 48


def shapes(count: int, seed: int = 0) -> Tensor:
    """Smooth pictures with sharp edges, (N, 3, SIDE, SIDE) in 0..1."""
    generator = torch.Generator().manual_seed(seed)
    rough = torch.rand(count, 3, 4, 4, generator=generator)
    x = torch.nn.functional.interpolate(rough, SIDE, mode="bilinear") * 0.8 + 0.1
    for i in range(count):
        top, left, size = (int(each) for each in torch.randint(4, 24, (3,), generator=generator))
        x[i, :, top : top + size, left : left + size] = torch.rand(3, 1, 1, generator=generator)
    return x


def codec(preset: str, **changes: object) -> DegradedPictures:
    target = Pictures(channels=3, height=SIDE, width=SIDE, mode="RGB")
    scale = {"bicubic-x2": 2, "bicubic-x4": 4}.get(preset, 1)
    return DegradedPictures(target=target, scale=scale, steps=PRESETS[preset], **changes)


def restored(preset: str, count: int = 6) -> dict[str, float]:
    """PSNR of each baseline, tuned on other pictures; in holes where there are some."""
    made = codec(preset)
    x, other = shapes(count) * 2 - 1, shapes(count, seed=1) * 2 - 1
    c, other_c = made.degrade(x, fixed=True), made.degrade(other, fixed=True)
    mask = c[:, -1] > 0 if made.holes else None
    found = {}
    for each in baselines_for(made):
        y = each.drawn(made, c, each.tuned(made, other_c, other))
        assert y.shape == x.shape and y.isfinite().all()
        if mask is not None:
            outside = ~mask[:, None].expand_as(y)
            assert (y - x)[outside].abs().max() < 1 / 255  # as stored
        found[each.name] = psnr((x + 1) / 2, (y + 1).clamp(0, 2) / 2, mask=mask, most=100).mean
    return found


def test_total_variation_beats_noise_by_far() -> None:
    pytest.importorskip("skimage")
    found = restored("denoise-25")
    assert list(found) == ["copy-input", "total-variation"]
    assert found["total-variation"] > found["copy-input"] + 3


def known_blur(x: Tensor, kernel: Tensor) -> Tensor:
    """x under a kernel, as mathematics writes a convolution, the picture continued by its edge."""
    rows, columns = (side // 2 for side in kernel.shape)
    around = torch.nn.functional.pad(x, (columns, columns, rows, rows), mode="replicate")
    weights = kernel.flip(0, 1).expand(x.shape[1], 1, -1, -1)
    return torch.nn.functional.conv2d(around, weights, groups=x.shape[1])


def test_deconvolution_undoes_a_known_blur_better_than_sharpening() -> None:
    pytest.importorskip("skimage")
    x = shapes(4)
    # Off its middle, so that a kernel turned round would show.
    kernel = torch.nn.functional.pad(classical.gaussian(1.2), (2, 0, 4, 0))
    blurred = known_blur(x, kernel)
    undone = classical.richardson_lucy(blurred, kernel, 40)
    assert undone.shape == x.shape and undone.dtype == x.dtype
    straight = known_blur(x, classical.gaussian(1.2))
    low, middle, high = (psnr(x, each).mean for each in (straight, classical.unsharp(straight, 1.0), undone))
    assert low + 1 < middle < high
    apart = torch.cat([classical.richardson_lucy(each[None], kernel, 40) for each in blurred])
    assert torch.allclose(undone, apart, atol=1e-5)


@pytest.mark.parametrize("preset", ["bicubic-x2", "deblur", "jpeg", "low-light", "colorize", "real-v1"])
def test_every_preset_has_a_baseline_that_restores(preset: str) -> None:
    pytest.importorskip("skimage")
    found = restored(preset, 3)
    assert next(iter(found)) in ("copy-input", "bicubic", "grey-input")
    if preset == "low-light":
        assert found["gamma"] > found["copy-input"] + 3


def test_holes_are_filled_from_their_surroundings() -> None:
    pytest.importorskip("cv2")
    found = restored("inpaint-thin")
    assert list(found) == ["mean-colour", "telea", "navier-stokes"]
    assert min(found["telea"], found["navier-stokes"]) > found["mean-colour"] + 3


def test_enlarging_is_that_of_pillow() -> None:
    x = shapes(1)[:, :1]
    picture = Image.fromarray(x[0, 0].numpy())  # of floats, since Pillow rounds and clips bytes between its two passes
    theirs = np.asarray(picture.resize((3 * SIDE, 3 * SIDE), Image.Resampling.BICUBIC)).clip(0, 1)
    assert classical.bicubic(x, 3)[0, 0].numpy() == pytest.approx(theirs, abs=1e-5)
    assert not torch.equal(classical.bicubic(x, 3), classical.bicubic(x, 3, sharp=True))


def test_a_kernel_is_known_only_where_every_picture_has_the_same() -> None:
    fixed = DegradedPictures(target=codec("deblur").target, steps=({"name": "blur", "sigma": 1.5},))
    lines = [
        next(b.line for b in baselines_for(each) if b.name == "richardson-lucy") for each in (fixed, codec("deblur"))
    ]
    assert "knows the kernel" in lines[0] and "does not know" in lines[1]


def test_a_mean_over_pictures_has_an_interval_that_repeats() -> None:
    values = torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1
    found = estimate(values)
    assert found == estimate(values)
    assert found.low < found.value < found.high and found.sign == 1
    assert found.high - found.low == pytest.approx(2 * 1.96 * float(values.std()) / 50**0.5, rel=0.15)
    assert estimate(values[:3]).low is None and estimate(values[:3]).sign == 0
    assert estimate(torch.zeros(9)) == Estimate(0, 0, 0) and estimate(torch.zeros(9)).sign == 0


def test_numbers_for_choosing_a_checkpoint_are_of_the_holes_where_there_are_some() -> None:
    x = shapes(3) * 2 - 1
    y = x + 0.1
    mask = torch.zeros(3, SIDE, SIDE, dtype=torch.bool)
    mask[:, :8] = True
    assert paired_numbers(y, x).keys() == BETTER.keys()
    whole, inside = paired_numbers(torch.where(mask[:, None], y, x), x), paired_numbers(y, x, mask)
    assert inside["psnr"] == pytest.approx(26.02, abs=0.3) and whole["psnr"] > inside["psnr"] + 5
    assert paired_numbers(x, x) == {"psnr": 100.0, "ssim": pytest.approx(1), "l1": 0.0}
    assert paired_values(y, x)["l1"].shape == (3,)


def row(name: str, kind: Any, decibels: list[float], distance: float = 1.0, features: float = 0.2) -> Row:
    numbers = {"psnr": torch.tensor(decibels).double(), "features": torch.full((len(decibels),), features)}
    values = {key: estimate(each) for key, each in numbers.items()} | {"frechet": Estimate(distance)}
    return Row(name, kind, "", values, numbers, torch.zeros(1, 1), np.zeros((1, 4, 4, 3), np.uint8))


def scored(*rows: Row) -> Scored:
    empty = np.zeros((1, 4, 4, 3), np.uint8)
    return Scored(rows, {}, empty, empty, torch.zeros(1, 1), ())


NOISY = [20.0, 21.0, 22.5, 19.0, 20.5, 21.5]


def plus(gain: float) -> list[float]:
    return [each + gain + 0.1 * (i % 3) for i, each in enumerate(NOISY)]


def test_the_verdict_is_about_the_hardest_baseline_on_the_same_pictures() -> None:
    low, high = row("copy-input", "baseline", NOISY), row("bicubic", "baseline", plus(2))
    assert best([low, high]) is high
    said = {
        gain: findings(scored(row("model", "model", plus(gain)), low, high), "random")[0] for gain in (1.0, 2.0, 3.0)
    }
    assert said[1.0].level == "alarm" and said[1.0].line == "broken: loses to bicubic by 1.00 (1.00 to 1.00) dB (PSNR)"
    assert said[2.0].level == "warning" and "no better than what needs no learning" in said[2.0].line
    assert said[3.0].level == "good" and "1.00 (1.00 to 1.00) dB (PSNR) above bicubic" in said[3.0].line


def test_what_the_adversarial_stage_cost_and_gave_is_told() -> None:
    rival = row("bicubic", "baseline", NOISY, distance=3.0)
    stage = row("pixel stage", "stage", plus(2), distance=2.0, features=0.4)
    model = row("model", "model", plus(0.5), distance=1.0, features=0.2)
    about, stages = findings(scored(model, stage, rival), "random")
    assert about.level == "good" and "the pixel stage is 2.10" in about.line
    assert stages.level == "good"
    assert stages.line == (
        "the adversarial stage costs 1.50 (1.50 to 1.50) dB, feature distance improves from 0.4 to 0.2, "
        "FD(random) improves from 2 to 1"
    )
    worse = row("model", "model", plus(-2), distance=2.5, features=0.5)
    about, stages = findings(scored(worse, stage, rival), "random")
    assert about.level == "warning" and "gave its lead away" in about.line
    assert stages.level == "warning" and "worsens from 2 to 2.5" in stages.line


def run_of(place: Path, preset: str, **generator: object) -> Path:
    """A run directory with an untrained model of thirty pictures, and the same as its pixel stage."""
    data = place / "pictures"
    data.mkdir()
    for i, each in enumerate(shapes(40)):
        Image.fromarray((each.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()).save(data / f"{i}.png")
    run = Run.from_tree({
        "recipe": "restoration", "data": str(data), "generator_optimiser": "adam", "discriminator_optimiser": "adam",
        "domain": {"name": "degraded", "preset": preset, "test": 0.3, "validation": 0.2},
        "generator": {"name": "restoration", "width": 4, "blocks": 1, **generator},
        "discriminator": {"name": "patch", "width": 4}, "objective": "non-saturating", "budget": {"samples": 64},
    })  # fmt: skip
    assert isinstance(run.domain, Degraded)
    made = run.domain.fit(run.domain.read(run.data))
    folder = place / "run"
    folder.mkdir()
    (folder / "run.toml").write_text(run.toml())
    torch.manual_seed(0)
    for part in ("model", "stages/pixel"):
        artefact.write(folder / part, run, made, run.generator.build(made.spec), 0)
    return folder


def test_an_untrained_network_is_called_broken_and_the_page_shows_it(place: Path, capsys) -> None:
    pytest.importorskip("skimage")
    folder = run_of(place, "denoise-25")
    drawn = torch.random.get_rng_state()
    page = evaluate(folder)
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert page == json.loads((folder / "evaluation.json").read_text())
    broken, stages = page["findings"]
    assert broken["kind"] == "baselines" and broken["line"].startswith("broken: loses to total-variation by ")
    assert stages["kind"] == "stages"
    rows = {each["name"]: each for each in page["translated"]["rows"]}
    assert list(rows) == ["model", "pixel stage", "copy-input", "total-variation"]
    # Untrained it hands back its input.
    assert rows["model"]["values"] == rows["copy-input"]["values"]
    assert rows["total-variation"]["values"]["psnr"]["value"] > rows["model"]["values"]["psnr"]["value"] + 3
    assert {"psnr", "ssim", "l1", "features", "frechet", "coverage"} <= {each["name"] for each in page["metrics"]}
    columns = page["translated"]["sheet"]["columns"]
    assert columns == ["input", "total-variation", "pixel stage", "output", "target"]
    sheet = Image.open(folder / "samples" / "restored.png")
    assert sheet.width > 4 * SIDE
    assert command(["evaluate", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "beside what needs no learning" in told and "broken: loses to" in told
    text = report(folder).read_text()
    assert "Beside what needs no learning" in text and "total variation denoising" in text and "Worth learning?" in text


def test_an_untrained_enlargement_is_no_better_than_the_filter_it_begins_with(place: Path) -> None:
    page = evaluate(run_of(place, "bicubic-x2"), count=8)
    rows = {each["name"]: each["values"] for each in page["translated"]["rows"]}
    mine, sharp, soft = (rows[name]["psnr"]["value"] for name in ("model", "bicubic-sharp", "bicubic"))
    assert mine == pytest.approx(sharp, abs=0.01) and abs(sharp - soft) > 0.05
    assert page["findings"][0]["level"] != "good"
    assert page["protocol"]["count"] == 8
    protocol = next(each["note"] for each in page["metrics"] if each["name"] == "psnr")
    assert "2 pixels cut at each border" in protocol


def test_the_feature_distance_is_by_a_network_the_run_was_not_trained_against(place: Path) -> None:
    folder = run_of(place, "denoise-25")
    run = loading.read(folder / "model").run
    assert apart(run) == "random:vgg:1"
    trained = run.model_copy(update={"terms": (Perceptual(extractor="random:vgg:1"), Perceptual())})
    assert apart(trained) == "random:vgg:2"


def test_what_is_wanted_of_an_evaluation_is_checked_in_one_line(place: Path) -> None:
    folder = run_of(place, "denoise-25")
    with pytest.raises(ConfigError, match="count must be at least 2, got 1") as told:
        evaluate(folder, count=1)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("library", "preset", "left", "line"), [
    ("cv2", "inpaint", ["mean-colour"], "telea, navier-stokes; no OpenCV"),
    ("skimage", "denoise-25", ["copy-input"], "total-variation; no scikit-image"),
    ("skimage", "deblur", ["copy-input"], "total-variation, unsharp, richardson-lucy; no scikit-image"),
])  # fmt: skip
def test_without_a_library_its_baselines_are_left_out_in_one_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, library: str, preset: str, left: list[str], line: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    page = evaluate(run_of(place, preset), count=6)
    assert [each["name"] for each in page["translated"]["rows"]] == ["model", "pixel stage", *left]
    assert [note for note in page["notes"] if "left out" in note] == [
        f"left out: {line}: pip install 'ganworks[imaging]'"
    ]
    if library == "cv2":
        assert {"hole-psnr", "hole-ssim", "hole-l1"} <= {each["name"] for each in page["metrics"]}
    assert io.BytesIO((place / "run/samples/restored.png").read_bytes()).read(4) == b"\x89PNG"


def test_nobody_is_called_better_than_a_baseline_that_was_not_there() -> None:
    rival, model = row("copy-input", "baseline", NOISY), row("model", "model", plus(2))
    (told,) = findings(scored(model, rival)._replace(left_out=("total-variation",)), "random")
    assert told.level == "warning"
    assert told.line.endswith("but not compared with total-variation: pip install 'ganworks[imaging]'")
