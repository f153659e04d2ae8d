"""A run that aims at the style of one picture is judged by style and content, and by no target."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks import loading
from ganworks.cli import run as command
from ganworks.compare import compare
from ganworks.domains import Degraded
from ganworks.evaluation import evaluate
from ganworks.evaluation.translated.findings import findings
from ganworks.evaluation.translated.resample import estimate
from ganworks.settings import DataError, override
from ganworks.training import artefact
from ganworks.training.run import Run

from .test_translated import row, scored, shapes


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty steps of a narrow network on forty pictures of 48 x 48, evaluated."""
    place = tmp_path_factory.mktemp("styled")
    (place / "pictures").mkdir()
    for i, each in enumerate(shapes(40)):
        Image.fromarray((each.permute(1, 2, 0) * 255).round().byte().numpy()).save(place / "pictures" / f"{i}.png")
    words = ["domain.test=0.4", "generator.width=8", "generator.blocks=1", "half_life=20"]
    sets = [word for each in words for word in ("--set", each)]
    told = ["train", str(place / "pictures"), "--recipe", "style-picture", "--samples", "80", "--no-evaluate"]
    assert command([*told, *sets, "--run", str(place / "run")]) == 0
    evaluate(place / "run")
    return place / "run"


def test_it_is_judged_by_how_near_it_came_to_the_style_and_what_content_it_kept(trained: Path, capsys) -> None:
    page = evaluate(trained)
    assert [each["name"] for each in page["metrics"]] == ["style", "content"]
    rows = {each["name"]: each["values"] for each in page["translated"]["rows"]}
    assert list(rows) == ["model", "copy-input", "another-picture"]
    assert rows["copy-input"]["content"]["value"] == 0 and rows["another-picture"]["content"]["value"] > 0.1
    assert rows["model"]["style"]["value"] < 0.9 * rows["copy-input"]["style"]["value"]
    (said,) = page["findings"]
    assert said["level"] != "alarm" and "of the way from the inputs to the style" in said["line"]
    assert any("style is that of waves" in note for note in page["notes"])
    assert page["translated"]["sheet"]["columns"] == ["input", "output"]
    assert command(["report", str(trained)]) == 0


def test_two_such_runs_are_compared_by_the_same(trained: Path) -> None:
    page = compare([trained, trained])
    assert [each["metric"] for each in page["comparisons"]] == ["style", "content"]


def test_a_picture_that_is_gone_is_one_line(trained: Path, tmp_path: Path) -> None:
    run = loading.read(trained / "model").run
    gone = Run.from_tree(override(run.tree(), "terms.0.picture=gone.png"))
    codec = gone.domain.fit(gone.domain.read(gone.data))
    (tmp_path / "run.toml").write_text(gone.toml())
    artefact.write(tmp_path / "model", gone, codec, gone.generator.build(codec.spec), 0)
    with pytest.raises(DataError, match=r"gone\.png: wanted a picture, there is no such file"):
        evaluate(tmp_path)


def styled(name: str, kind: str, style: float, content: float):
    """A row with these numbers for six pictures, all a little apart."""
    found = row(name, kind, [0.0] * 6)
    numbers = {key: found.pictures["psnr"] + value + torch.linspace(0, 0.01, 6).double() for key, value in
               (("style", style), ("content", content))}  # fmt: skip
    return found._replace(pictures=numbers, values={key: estimate(each) for key, each in numbers.items()})


@pytest.mark.parametrize(("style", "content", "level", "line"), [
    (0.5, 0.3, "good", "75% of the way from the inputs to the style"),
    (0.5, 0.9, "warning", "raise the weight of content"),
    (2.5, 0.3, "alarm", "broken: outputs are no nearer to the style than their inputs"),
])  # fmt: skip
def test_the_verdict_is_about_both(style: float, content: float, level: str, line: str) -> None:
    others = styled("copy-input", "baseline", 2.0, 0.0), styled("another-picture", "baseline", 2.0, 0.7)
    (said,) = findings(scored(styled("model", "model", style, content), *others), "random")
    assert said.level == level and line in said.line


def test_pictures_nothing_was_done_to_are_their_own_inputs() -> None:
    domain = Degraded(preset="none", size=(16, 16))
    dataset = domain.read("digits")
    codec = domain.fit(dataset)
    batch = codec.encode(torch.from_numpy(dataset.train.fetch(np.arange(4)).x))
    assert torch.allclose(batch.x, batch.c, atol=1e-6) and not codec.paired and codec.spec.spans[0].kind == "tanh"
    assert Degraded(preset="denoise-25", size=(16, 16)).fit(dataset).paired
