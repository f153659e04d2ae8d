"""Models that are saved, loaded and applied: untrained restoration networks draw exactly their input."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains.degraded import PRESETS, DegradedPictures
from ganworks.domains.image.codec import Pictures
from ganworks.training import artefact
from ganworks.training.run import Run

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def run_of(domain: dict, generator: dict, data: str = "toy") -> Run:
    return Run.from_tree(
        {
            "recipe": "test",
            "data": data,
            "domain": domain,
            "generator": generator,
            "discriminator": {"name": "patch", "width": 4},
            "objective": "non-saturating",
            "generator_optimiser": "adam",
            "discriminator_optimiser": "adam",
            "budget": {"samples": 1},
        }
    )


@pytest.fixture
def restorer(tmp_path):
    """Save a model of degraded pictures, by default one that draws its input; returns its folder."""

    def save(preset: str = "denoise-25", channels: int = 3, bits: int = 8, noisy: bool = False, **generator) -> Path:
        target = Pictures(channels=channels, height=16, width=16, mode=MODES[channels], bits=bits)
        scale = {"bicubic-x2": 2}.get(preset, 1)
        codec = DegradedPictures(target=target, steps=PRESETS[preset], scale=scale)
        settings = generator or {"name": "restoration", "width": 4, "blocks": 2}
        run = run_of({"name": "degraded", "preset": preset}, settings, str(tmp_path / "trained-on"))
        torch.manual_seed(0)
        network = run.generator.build(codec.spec)
        if noisy:
            for each in network.parameters():
                torch.nn.init.normal_(each, std=0.1)
        folder = tmp_path / f"run-{preset}-{channels}-{bits}-{noisy}"
        artefact.write(folder / "model", run, codec, network, 1)
        return folder

    return save


def noise(*shape: int, dtype=np.uint8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
