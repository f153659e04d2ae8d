"""Every network in the tables keeps its promise; those of pictures from pictures in test_translation.py."""

import copy

import pytest
import torch
from torch import Tensor, nn

from ganworks import networks
from ganworks.networks import Discriminator, Generator
from ganworks.networks.translation import FRAME_JUDGES, JUDGES, RECURRENT, TRANSLATORS
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec

OF_THEIR_OWN = {
    "sequence", "wave", "vocos", "hifi", "listening", "autoregressive", "codes", "phrases", "motion", "volume",
}  # fmt: skip
"""Networks for samples that are no pictures, each tested on its own shapes in a file of its own."""
GENERATORS = {
    name: each
    for name, each in networks.GENERATORS.items()
    if each not in TRANSLATORS + RECURRENT and name not in OF_THEIR_OWN
}
DISCRIMINATORS = {
    name: each
    for name, each in networks.DISCRIMINATORS.items()
    if each not in JUDGES + FRAME_JUDGES and name not in OF_THEIR_OWN
}
SMALL = {"mlp": {"widths": (32,)}, "tabular": {"widths": (32,)}, "r3": {"size": "nano"}}
SHAPES = [(1, 8, 8), (3, 16, 16), (1, 28, 28), (4, 48, 32), (7, 16, 24)]
PAIRS = sorted(GENERATORS.keys() & DISCRIMINATORS.keys())


def pictures(*shape: int, kind: str = "tanh", condition: Spec | None = None) -> Spec:
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind=kind),), condition=condition)


def generator(name: str, **changes: object) -> Generator:
    return GENERATORS[name].from_tree({**SMALL.get(name, {"width": 4}), "latent": 6, **changes})


def discriminator(name: str, **changes: object) -> Discriminator:
    return DISCRIMINATORS[name].from_tree({**SMALL.get(name, {"width": 4}), **changes})


def penalised(network: nn.Module, x: Tensor) -> Tensor:
    """A loss as a discriminator's turn makes it: logits and the squared gradient to the sample."""
    x = x.detach().requires_grad_()
    logits = network(x)
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return logits.square().mean() + logits.mean() + slope.square().sum()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_pair_draws_and_judges_samples_of_the_specs_shape(name: str, shape: tuple[int, ...]) -> None:
    spec = pictures(*shape)
    z = torch.randn(3, 6)
    x = generator(name).build(spec)(z)
    assert x.shape == (3, *shape) and x.isfinite().all()
    assert name == "r3" or x.abs().max() <= 1
    logits = discriminator(name).build(spec)(x)
    assert logits.shape == (3, 1) and logits.isfinite().all()


@pytest.mark.parametrize("side", [32, 64, 128])
@pytest.mark.parametrize("name", ["dcgan", "lean", "r3"])
def test_the_usual_sides_are_drawn(name: str, side: int) -> None:
    spec = pictures(3, side, side)
    x = generator(name).build(spec)(torch.randn(2, 6))
    assert discriminator(name).build(spec)(x).shape == (2, 1)


@pytest.mark.parametrize("shape", [(2,), (5, 12), (1, 9, 7), (2, 3, 4, 5)], ids=str)
def test_a_perceptron_takes_samples_of_any_shape(shape: tuple[int, ...]) -> None:
    spec = pictures(*shape, kind="linear")
    x = generator("mlp").build(spec)(torch.randn(3, 6))
    assert x.shape == (3, *shape)
    assert discriminator("mlp").build(spec)(x).shape == (3, 1)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_parameter_of_a_generator_gets_a_finite_gradient(name: str) -> None:
    network = generator(name).build(pictures(3, 16, 16))
    network(torch.randn(4, 6)).square().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_penalty_reaches_every_parameter_of_a_discriminator(name: str) -> None:
    network = discriminator(name).build(pictures(3, 16, 16))
    penalised(network, torch.randn(4, 3, 16, 16)).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_two_passes_before_one_penalty_are_fine(name: str) -> None:
    network = discriminator(name).build(pictures(1, 8, 8))
    real, fake = torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8, 8)
    (penalised(network, real) + penalised(network, fake)).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_the_penalty_has_the_right_gradient(name: str) -> None:
    torch.manual_seed(0)
    network = discriminator(name, **({"dropout": 0.0} if name == "conv28" else {})).build(pictures(1, 8, 8)).double()
    network.eval()
    weight = next(each for each in network.parameters() if each.ndim > 1)
    x, direction = torch.randn(3, 1, 8, 8, dtype=torch.double), torch.randn_like(weight)
    (slope,) = torch.autograd.grad(penalised(network, x), weight)
    step, start = 1e-6, weight.detach().clone()
    ends = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.copy_(start + sign * step * direction)
        ends.append(penalised(network, x).item())
    torch.testing.assert_close((slope * direction).sum().item(), (ends[0] - ends[1]) / (2 * step), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", PAIRS)
def test_a_copy_and_a_reloaded_network_compute_the_same(name: str) -> None:
    spec = pictures(3, 16, 16)
    z, x = torch.randn(4, 6), torch.randn(4, 3, 16, 16)
    for settings, given in ((generator(name), z), (discriminator(name), x)):
        network = settings.build(spec)
        network(given)  # moves running means and spectral vectors away from their start
        reloaded = settings.build(spec)
        reloaded.load_state_dict(network.state_dict(), strict=True)
        wanted = network.eval()(given)
        assert torch.equal(copy.deepcopy(network)(given), wanted)
        assert torch.equal(reloaded.eval()(given), wanted)


@pytest.mark.parametrize("name", PAIRS)
def test_one_seed_makes_one_network(name: str) -> None:
    spec = pictures(3, 16, 16)
    for settings in (generator(name), discriminator(name)):
        torch.manual_seed(7)
        one = settings.build(spec).state_dict()
        torch.manual_seed(7)
        other = settings.build(spec).state_dict()
        assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", PAIRS)
def test_bf16_and_channels_last_come_out_as_float32_and_close(name: str) -> None:
    torch.manual_seed(0)
    spec = pictures(3, 16, 16)
    drawer, judge = generator(name).build(spec).eval(), discriminator(name).build(spec).eval()
    z = torch.randn(4, 6)
    with torch.no_grad():
        x = drawer(z)
        logits = judge(x)
    drawer.to(memory_format=torch.channels_last)
    judge.to(memory_format=torch.channels_last)
    torch.testing.assert_close(drawer(z), x, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(judge(x.to(memory_format=torch.channels_last)), logits, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        half = drawer(z)
        loss = penalised(judge, x)
    assert half.dtype == loss.dtype == torch.float32
    assert (half - x).abs().max() < 0.1 * x.abs().max()
    (loss + half.sum()).backward()
    assert all(each.grad.isfinite().all() for each in [*judge.parameters(), *drawer.parameters()])


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_an_evaluated_discriminator_judges_each_sample_by_itself(name: str) -> None:
    torch.manual_seed(0)
    judge = discriminator(name).build(pictures(1, 8, 8)).eval()
    x = torch.randn(4, 1, 8, 8)
    torch.testing.assert_close(judge(x)[:1], judge(x[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("way", ["projection", "input", "none"])
def test_a_class_moves_samples_and_logits(name: str, way: str) -> None:
    torch.manual_seed(0)
    spec = pictures(1, 16, 16, condition=pictures(5, kind="softmax"))
    drawer, judge = generator(name).build(spec).eval(), discriminator(name, condition=way).build(spec).eval()
    for each in drawer.parameters():  # some layers begin at zero
        torch.nn.init.normal_(each, std=0.1)
    z, x, c = torch.randn(2, 6), torch.randn(2, 1, 16, 16), torch.eye(5)
    assert not torch.allclose(drawer(z, c[:2]), drawer(z, c[2:4]))
    assert torch.equal(drawer(z, c[:2]), drawer(torch.cat([z, c[:2]], 1)))
    moved = not torch.allclose(judge(x, c[:2]), judge(x, c[2:4]))
    assert moved == (way != "none") and judge(x, c[:2]).shape == (2, 1)


@pytest.mark.parametrize("name", ["dcgan", "lean"])
def test_a_class_may_come_by_the_normalisations(name: str) -> None:
    spec = pictures(1, 16, 16, condition=pictures(5, kind="softmax"))
    network = generator(name, condition="norm").build(spec).eval()
    for each in network.parameters():
        torch.nn.init.normal_(each, std=0.1)
    z = torch.randn(2, 6)
    assert not torch.allclose(network(z, torch.eye(5)[:2]), network(z, torch.eye(5)[2:4]))


@pytest.mark.parametrize("name", PAIRS)
def test_a_picture_as_a_condition_is_refused_in_one_line(name: str) -> None:
    spec = pictures(1, 28, 28, condition=pictures(3, 28, 28))
    for settings in (generator(name), discriminator(name)):
        with pytest.raises(ConfigError, match=rf"^{name} is conditioned on classes and attributes, got [^\n]+$"):
            settings.build(spec)


@pytest.mark.parametrize(
    ("name", "shape", "line"),
    [
        ("dcgan", (3, 45, 30), "dcgan draws sides of 4 to 7 times a power of two (28, 32, 64, 128), got 45 x 30; "
         "set domain.size, for example domain.size=[48, 32]"),
        ("lean", (3, 100, 100), "lean draws sides of 4 to 16 times a power of two (28, 32, 64, 128), got 100 x 100; "
         "set domain.size, for example domain.size=[104, 104]"),
        ("conv28", (1, 30, 30), "conv28 draws sides that four divides (28, 32), got 30 x 30; "
         "set domain.size, for example domain.size=[32, 32]"),
        ("resnet", (2,), "resnet draws pictures (channels, height, width), got samples of shape (2,); "
         "mlp takes samples of any shape"),
    ],
)  # fmt: skip
def test_an_impossible_shape_is_refused_in_one_line(name: str, shape: tuple[int, ...], line: str) -> None:
    for settings in (generator(name), discriminator(name)):
        with pytest.raises(ConfigError) as refusal:
            settings.build(pictures(*shape))
        assert str(refusal.value) == line


@pytest.mark.parametrize("name", ["dcgan", "resnet", "lean", "r3"])
@pytest.mark.parametrize("axes", [(45, 30), (100, 100), (9, 9), (4, 4), (500, 20), (1, 1)])
def test_the_size_a_refusal_suggests_is_drawn(name: str, axes: tuple[int, int]) -> None:
    with pytest.raises(ConfigError) as refusal:
        generator(name).build(pictures(1, *axes))
    size = [int(part) for part in str(refusal.value).split("domain.size=[")[1].rstrip("]").split(",")]
    with torch.device("meta"):
        generator(name).build(pictures(1, *size))


@pytest.mark.parametrize("name", PAIRS)
def test_settings_survive_toml_values(name: str) -> None:
    for settings in (generator(name), discriminator(name)):
        assert type(settings).from_tree(settings.tree()) == settings
        assert settings.tree()["name"] == name
