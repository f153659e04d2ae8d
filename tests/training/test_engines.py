"""Engines draw what the network draws, the fastest is chosen once, and nothing else is disturbed."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

import ganworks
from ganworks.networks import GENERATORS
from ganworks.networks.layers import Draws, Shape
from ganworks.networks.style import Scaled
from ganworks.networks.translation import RECURRENT, TRANSLATORS
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec
from ganworks.training.engines import KINDS, Sampler, choice, choose
from ganworks.training.engines.arrange import Subpixels, arranged
from ganworks.training.engines.choice import ABSOLUTE, SHARE, difference
from tests.networks.test_contract import OF_THEIR_OWN
from tests.training.conftest import pictures, planned, trained  # noqa: F401  fixtures

QUICK = [name for name, kind in KINDS.items() if not kind.seconds]
SLOW = [name for name, kind in KINDS.items() if kind.seconds and name != "onnxruntime"]
VARIANTS = {
    **{
        name: {"size": "nano"} if name == "r3" else {"width": 8}
        for name, each in GENERATORS.items()
        if name not in ({"mlp", "tabular"} | OF_THEIR_OWN) and each not in TRANSLATORS + RECURRENT
    },
    "mlp": {"norm": "batch"},
    "lean-pixel": {"name": "lean", "width": 8, "norm": "pixel"},
    "lean-leaky": {"name": "lean", "width": 8, "activation": "leaky_relu"},
}


def built(variant: str, channels: int = 1, size: int = 16) -> nn.Module:
    """A generator whose norms have seen some data, so that folding them in has something to get wrong."""
    torch.manual_seed(0)
    settings = {"name": variant, **VARIANTS[variant]}
    spec = Spec(shape=(channels, size, size), spans=(Span(channels=channels, kind="tanh"),))
    network = GENERATORS[settings["name"]].from_tree(settings).build(spec)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias, std=0.3)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def latents(network: nn.Module, count: int = 4) -> torch.Tensor:
    first = next(each for each in network.modules() if isinstance(each, nn.Linear | nn.ConvTranspose2d | Scaled))
    length = first.in_channels if isinstance(first, nn.ConvTranspose2d) else first.weight.shape[1]
    return torch.randn(count, length, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_rewritten_generator_draws_the_same(variant, channels) -> None:
    network = built(variant, channels)
    z, state = latents(network), {name: each.clone() for name, each in network.state_dict().items()}
    faster = arranged(network)
    assert (faster(z) - network(z)).abs().max() <= 1e-5
    assert all(torch.equal(each, state[name]) for name, each in network.state_dict().items())


@pytest.mark.parametrize("variant", ["dcgan", "conv28", "lean", "lean-leaky", "mlp"])
def test_no_norm_is_left_after_a_layer(variant) -> None:
    assert not [
        each for each in arranged(built(variant)).modules() if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)
    ]


@pytest.mark.parametrize(
    ("tree", "shape"),
    [({"name": "tabular", "widths": [16, 16]}, (9,)), ({"name": "sequence", "width": 8, "kind": "conv"}, (2, 24))],
)
def test_rows_and_series_are_rewritten_too(tree, shape) -> None:
    torch.manual_seed(0)
    spec = Spec(shape=shape, spans=(Span(channels=shape[0], kind="tanh"),))
    network = GENERATORS[tree["name"]].from_tree(tree).build(spec)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
    network = network.eval().requires_grad_(False)
    z = torch.randn(4, GENERATORS[tree["name"]].from_tree(tree).latent)
    assert (arranged(network)(z) - network(z)).abs().max() <= 1e-5


@pytest.mark.parametrize(("kernel", "stride", "padding", "extra"), [(4, 2, 1, 0), (5, 2, 2, 1), (3, 3, 0, 0), (7, 3, 2, 2), (2, 2, 0, 0)])  # fmt: skip  # noqa: E501
def test_transposed_convolutions_are_woven_from_subpixels(kernel, stride, padding, extra) -> None:
    layer = nn.ConvTranspose2d(5, 2, kernel, stride, padding, extra).double().requires_grad_(False)
    x = torch.randn(3, 5, 6, 7, dtype=torch.float64)
    assert Subpixels.fits(layer)
    assert torch.allclose(Subpixels(layer)(x), layer(x), atol=1e-12)


def test_nested_layers_are_rewritten_and_spectral_norms_frozen() -> None:
    inner = nn.Sequential(
        nn.Linear(6, 12), nn.BatchNorm1d(12), nn.Sequential(spectral_norm(nn.Linear(12, 12)), nn.ReLU())
    )
    network = Draws(nn.Sequential(inner, Shape(3, 2, 2)), (Span(channels=3, kind="tanh"),)).eval()
    z = torch.randn(4, 6)
    before, faster = network(z), arranged(network)
    assert torch.equal(network(z), before)
    assert torch.allclose(faster(z), network(z), atol=1e-6)
    assert not [name for name, _ in faster.named_modules() if "parametrizations" in name or "BatchNorm" in name]


@pytest.mark.parametrize("name", [*QUICK, "onnxruntime"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_engines_agree(variant, name) -> None:
    if name == "onnxruntime" and variant not in {"dcgan", "r3"}:
        pytest.skip("exporting takes a second: two networks are enough")
    if reason := KINDS[name].missing(torch.device("cpu")):
        pytest.skip(reason)
    network, before = built(variant), torch.get_rng_state()
    z = latents(network, 10)
    sampler = Sampler.of(network, z[:4], name)
    drawn = sampler.draw(z)
    assert drawn.shape == (10, 1, 16, 16) and drawn.dtype == torch.float32
    assert difference(name, drawn, network(z)) <= (SHARE if KINDS[name].bfloat16 else ABSOLUTE)
    assert torch.equal(drawn[5:], sampler.draw(z[5:])), "a sample does not depend on its company"
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif("GANWORKS_COMPILE" not in os.environ, reason="compiling takes a minute: set GANWORKS_COMPILE=1")
@pytest.mark.parametrize("name", SLOW)
def test_compiled_engines_agree(name) -> None:
    if reason := KINDS[name].missing(torch.device("cpu")):
        pytest.skip(reason)
    network, before = built("dcgan"), torch.get_rng_state()
    z = latents(network, 10)
    drawn = Sampler.of(network, z[:4], name).draw(z)
    assert difference(name, drawn, network(z)) <= (SHARE if KINDS[name].bfloat16 else ABSOLUTE)
    assert torch.equal(torch.get_rng_state(), before)


def memory(cache: Path) -> Path:
    (path,) = (cache / "sampling").glob("*.json")
    return path


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A memory of its own, on a machine without what takes long to try."""
    monkeypatch.setenv("GANWORKS_CACHE", str(tmp_path))
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(choice, "SECONDS", 0.0)
    monkeypatch.setattr(choice, "_SAID", set())
    return tmp_path


def test_what_was_measured_is_remembered_and_asked_first(place) -> None:
    network = built("dcgan")
    z, before = latents(network), torch.get_rng_state()
    choose(network, z, 64)
    path = memory(place)
    assert torch.equal(torch.get_rng_state(), before)
    written, table = path.read_bytes(), json.loads(path.read_text())
    assert set(table) == {name for name in QUICK if KINDS[name].missing(z.device) is None}
    assert choose(network, z, 64) == choose(network, z, 64)
    assert path.read_bytes() == written, "the second call measures nothing"


def test_the_choice_follows_from_the_memory_and_the_count(place) -> None:
    network = built("dcgan")
    z = latents(network)
    choose(network, z, 4)
    table = {name: {"seconds": 1.0, "ready": 0.0} for name in QUICK}
    table["folded"] = {"seconds": 0.9, "ready": 10.0}
    memory(place).write_text(json.dumps(table))
    assert choose(network, z, 4) == "exact"
    assert choose(network, z, 4 * 99) == "exact"
    assert choose(network, z, 4 * 101) == "folded"
    table["folded"]["refused"] = "differs"
    memory(place).write_text(json.dumps(table))
    assert choose(network, z, 4 * 101) == "exact"


def test_what_is_slow_to_prepare_is_tried_where_it_is_worth_it() -> None:
    slow = ["compiled", "onnxruntime"]
    assert choice._worth(slow, 10.0) == []
    assert choice._worth(slow, 100.0) == ["onnxruntime"]
    assert choice._worth(slow, 1000.0) == ["onnxruntime", "compiled"]


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"exact": {"seconds": "long"}}', b"\xff", b"{}"])
def test_a_damaged_memory_is_measured_anew(place, damaged) -> None:
    network = built("mlp")
    z = latents(network)
    choose(network, z, 4)
    path = memory(place)
    path.write_bytes(damaged)
    assert choose(network, z, 4) in QUICK
    assert set(json.loads(path.read_text())) >= {"exact", "folded"}


def test_other_weights_and_other_batches_have_memories_of_their_own(place) -> None:
    network = built("mlp")
    z = latents(network)
    choose(network, z, 4)
    choose(network, z[:1], 4)
    next(network.parameters()).add_(0.1)
    choose(network, z, 4)
    assert len(list((place / "sampling").glob("*.json"))) == 3


def test_without_the_runtime_another_engine_is_chosen_and_that_is_said_once(place) -> None:
    network, said = built("mlp"), []
    z = latents(network)
    assert choose(network, z, 64, said.append) != "onnxruntime"
    choose(network, z, 64, said.append)
    assert [line for line in said if "onnxruntime not installed: pip install 'ganworks[export]'" in line] == said[:1]
    with pytest.raises(ConfigError, match="engine 'onnxruntime' cannot be had here: onnxruntime not installed"):
        Sampler.of(network, z, "onnxruntime")


def test_without_a_compiler_the_engines_that_need_one_are_missing(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    reasons = {KINDS[name].missing(torch.device("cpu")) for name in SLOW}
    assert reasons == {"no C++ compiler on this machine"}


def test_an_engine_that_draws_something_else_is_refused(place) -> None:
    class Rounds(nn.Module):
        """Sees no difference between numbers that bfloat16 can tell apart, and all the difference between others."""

        def forward(self, x):
            return torch.sin(x.float() * 1e4).to(x.dtype)

    network = Draws(nn.Sequential(nn.Linear(4, 8), Rounds()), (Span(channels=8, kind="linear"),))
    network = network.eval().requires_grad_(False)
    z = torch.randn(4, 4)
    with pytest.raises(
        ConfigError, match=r"engine 'folded-bfloat16' must agree with the exact one to 0\.004 on average"
    ):
        Sampler.of(network, z, "folded-bfloat16")
    assert "bfloat16" not in choose(network, z, 64)
    with pytest.raises(ConfigError, match=r"no engine 'fats'; did you mean 'fast'\?"):
        Sampler.of(network, z, "fats")


def test_samples_that_are_drawn_by_lot_stay_with_the_network(place) -> None:
    network = Draws(nn.Linear(4, 3), (Span(channels=3, kind="softmax"),)).eval()
    assert choose(network, torch.randn(2, 4), 64) == "exact"
    assert not (place / "sampling").exists()


def test_a_model_draws_exactly_unless_asked_and_streams_the_same(trained, place) -> None:  # noqa: F811
    model = ganworks.load(trained(samples=24))
    exact = model.generate(70, seed=3)
    assert np.array_equal(exact, model.generate(70, seed=3, engine="exact"))
    assert np.array_equal(exact, np.concatenate(list(model.stream(70, seed=3, at_once=9))))
    fast = model.generate(70, seed=3, engine="folded")
    assert np.abs(exact.astype(int) - fast.astype(int)).max() <= 1
    assert np.array_equal(fast[60:], model.generate(10, seed=3, first=60, engine="folded"))
    assert model.generate(1, engine="fast").shape == exact[:1].shape
    assert model.sampler(count=1).batch == 1 and model.sampler("folded", count=1).batch == 64
    parts = model.stream(5, at_once=2)
    assert [len(part) for part in parts] == [2, 2, 1]
    with pytest.raises(ConfigError, match="at_once must be at least 1"):
        model.stream(5, at_once=0)
