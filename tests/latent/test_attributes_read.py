"""Attributes are read back from samples: one that is obeyed, and one that is ignored, are told apart."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from torch import Tensor, nn

from ganworks.evaluation.learned import learned
from ganworks.evaluation.subject import Subject
from ganworks.latent import attributes
from ganworks.launch import Words, open_data, plan
from ganworks.model import Model
from ganworks.settings import ConfigError

SIDE = 16


def discs(size: Tensor, light: Tensor) -> Tensor:
    """Discs (N, 1, SIDE, SIDE) in -1..1 of a radius and a brightness."""
    down, across = torch.meshgrid(*(torch.arange(SIDE) - SIDE / 2 + 0.5,) * 2, indexing="ij")
    inside = (size[:, None, None] - (down**2 + across**2).sqrt() + 0.5).clamp(0, 1)
    return (inside * light[:, None, None])[:, None] * 2 - 1


class Obeys(nn.Module):
    """Draws the radius it is asked for, and a brightness of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        return discs(4.5 + 1.5 * z[:, -2], 0.75 + 0.1 * z[:, 0].tanh())


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    rng, lines = np.random.default_rng(0), ["path,size,light"]
    for number in range(400):
        size, light = rng.normal(4.5, 1.5), rng.uniform(0.5, 1)
        disc = discs(torch.tensor([size]), torch.tensor([light]))[0, 0]
        Picture.fromarray(((disc + 1) * 127.5).byte().numpy()).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{size:.4f},{light:.4f}")
    (tmp_path / "all.csv").write_text("\n".join(lines))
    settings = ("domain.condition=attributes", 'domain.attributes=["size", "light"]', "domain.test=0.2",
                "generator=mlp", "generator.latent=4", "generator.widths=[8]", "discriminator=mlp")  # fmt: skip
    run = plan(Words(str(tmp_path / "all.csv"), "lean-28", folder=str(tmp_path / "run"), settings=settings)).run
    dataset = open_data(run)
    return Subject(tmp_path, Model(run, run.domain.fit(dataset), Obeys(), 0), dataset)


def test_what_is_obeyed_and_what_is_ignored_is_told(subject: Subject) -> None:
    found = attributes.measure(subject.model, subject.dataset, count=300)
    assert found.names == ("size", "light") and found.samples == 300
    assert found.real[0] > 0.95 and found.drawn[0] > 0.9 * found.real[0]
    assert found.real[1] > 0.8 and abs(found.drawn[1]) < 0.3
    said = learned(subject, 300, True, lambda line: None)
    assert [each.level for each in said.findings] == ["good", "alarm"]
    assert said.record()["attributes"]["names"] == ("size", "light")
    assert said.findings[1].line.startswith("light: asked and drawn agree at r = ")


def test_a_model_without_attributes_is_told_so(built) -> None:
    with pytest.raises(ConfigError, match=r"^this run was not trained on attributes; train with [^\n]+$"):
        attributes.measure(built("lean-28", "generator=mlp", "discriminator=mlp"), None)
