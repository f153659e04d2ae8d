"""A package of torch alone computes what the generator computes, and loads where ganworks is not."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from ganworks.export import check, package
from tests.export.conftest import small

ALONE = """
import sys
sys.modules["ganworks"] = None
import numpy, torch
x = torch.export.load(sys.argv[1]).module()(torch.from_numpy(numpy.load(sys.argv[2])))
numpy.save(sys.argv[3], x.detach().numpy())
"""


def test_a_package_loads_without_ganworks_and_draws_the_same(tmp_path: Path) -> None:
    model, path = small("lean-28"), tmp_path / "model.pt2"
    assert all(apart <= check.BOUND for apart in package.write(model, path, compiled=False).values())
    z = torch.randn(5, 64, generator=torch.Generator().manual_seed(1))
    np.save(tmp_path / "z.npy", z.numpy())
    words = [sys.executable, "-c", ALONE, str(path), str(tmp_path / "z.npy"), str(tmp_path / "x.npy")]
    subprocess.run(words, check=True, timeout=120)
    assert np.abs(np.load(tmp_path / "x.npy") - model.network(z).numpy()).max() <= check.BOUND
    held: dict[str, str] = {package.ABOUT: ""}
    torch.export.load(path, extra_files=held)
    assert json.loads(held[package.ABOUT])["sha256"] == model.sha256
