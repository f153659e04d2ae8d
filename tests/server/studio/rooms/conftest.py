"""A model of every kind, untrained but whole; a service over them as an application and as a process; a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from ganworks.domains import DOMAINS
from ganworks.domains.base import Codec, Domain
from ganworks.recipes import RECIPES, Situation
from ganworks.training import artefact
from ganworks.training.run import Run
from tests.server.studio.conftest import TOKEN, WITH_TOKEN, serving, visiting

HOSTILE = "<img src=x onerror=document.title='broken'>"
"""A class that would be a picture, were it not text."""
SMALL = {"name": "mlp", "latent": 8, "widths": [16]}
KINDS = {
    "pictures": ("conditional", {"name": "image", "condition": "class"}, "", SMALL),
    "rows": ("table", {"name": "table", "normaliser": "quantile"}, "", {"widths": [32]}),
    "levels": ("level", {"name": "grid", "rules": "smb"}, "hills", {}),
    "sounds": ("audio", {"name": "audio"}, "", SMALL), "series": ("series", {"name": "series"}, "", {}),
    "clips": ("video", {"name": "video"}, "", SMALL), "lines": ("text", {"name": "tokens"}, "", {}),
    "molecules": ("molecules", {"name": "molecules"}, "", {}), "points": ("mixture", {"name": "points"}, "", {}),
    "restorer": ("denoise", {"name": "degraded", "preset": "denoise-25", "channels": 3}, "", {}),
    "filler": ("inpaint", {"name": "degraded", "preset": "inpaint", "channels": 3}, "", {}),
    "segments": ("level", {"name": "grid", "condition": "left"}, "hills", {}),
    "voice": ("vocoder", {"name": "vocoder", "frames": 16}, "", {"width": 16, "blocks": 1}),
}  # fmt: skip
"""Name of a model: recipe, domain, data (its toy where empty), what is changed of its generator."""


def saved(folder: Path, recipe: str, tree: dict, data: str, generator: dict) -> None:
    """A model directory of this recipe's networks as they begin."""
    domain: Domain = DOMAINS[tree["name"]].from_tree(tree)
    dataset = domain.read(data) if data else domain.toy()
    codec: Codec = domain.fit(dataset)
    if "classes" in type(codec).model_fields and getattr(codec, "shares", ()):
        codec = codec.model_copy(update={"classes": (HOSTILE, *codec.classes[1:])})
    made = RECIPES[recipe].make(Situation("toy", domain, codec.spec, len(dataset.train), torch.device("cpu")))
    own = {} if "name" in generator else made.generator.tree()
    run = Run.from_tree(made.tree() | {"generator": {**own, **generator}})
    torch.manual_seed(0)
    artefact.write(folder / "model", run, codec, run.generator.build(codec.spec), 1)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of every kind, each under its name."""
    pytest.importorskip("fastapi", reason="the studio needs ganworks[serve]")
    root = tmp_path_factory.mktemp("rooms") / "runs"
    for name, (recipe, tree, data, generator) in KINDS.items():
        saved(root / name, recipe, tree, data, generator)
    return root


@pytest.fixture(scope="session")
def app(models: Path):
    """The application over the models, asked as the page asks."""
    testing = pytest.importorskip("starlette.testclient")
    building = pytest.importorskip("ganworks.server.app")
    settings = pytest.importorskip("ganworks.server.settings")
    with testing.TestClient(
        building.build(settings.Service(token=TOKEN, runs=models)), base_url="http://localhost", headers=WITH_TOKEN
    ) as made:
        yield made


@pytest.fixture(scope="session")
def house(models: Path) -> Iterator[str]:
    """A service over the models; its address with the token."""
    with serving("--runs", str(models)) as found:
        yield found


@pytest.fixture
def enter(browser, house: str):
    """Open a room of the house: `enter("#/explore/pictures")`."""
    with visiting(browser, house) as open_room:
        yield open_room
