"""The style generator: its arithmetic is that of the papers, and a latent has one picture."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from ganworks.adversarial import TERMS, Player, Turn
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.path import DECAY, PathLength, path_lengths
from ganworks.launch import launch
from ganworks.networks import StyleGenerator
from ganworks.networks.style import GAIN, MEMORY, Modulated, Scaled, Styled
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec
from ganworks.training import sampling
from ganworks.training.interrupt import Stopped
from tests.ranks import forks, side_by_side
from tests.training.conftest import pictures, planned, trained  # noqa: F401
from tests.training.test_train import StopAt, same, state


def spec(*shape: int, classes: int = 0) -> Spec:
    condition = Spec(shape=(classes,), spans=(Span(channels=classes, kind="softmax"),)) if classes else None
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind="tanh"),), condition=condition)


def built(classes: int = 0, **changes: object) -> Styled:
    torch.manual_seed(0)
    settings = StyleGenerator.from_tree({"latent": 6, "style": 12, "width": 4, "widest": 8, **changes})
    network = settings.build(spec(3, 16, 16, classes=classes))
    assert isinstance(network, Styled)
    for name, each in network.named_parameters():
        if name.endswith("strength"):
            nn.init.constant_(each, 0.3)
    return network


def by_definition(layer: Modulated, x: Tensor, w: Tensor) -> Tensor:
    """A convolution with weights of its own for every sample. Karras et al. (2020), equations 1 to 3."""
    weight = layer.weight * layer.scale
    drawn = []
    for sample, style in zip(x, layer.affine(w), strict=True):
        own = weight * style[None, :, None, None]
        if layer.demodulates:
            own = GAIN * own * torch.rsqrt(own.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        drawn.append(functional.conv2d(sample[None], own, layer.bias, padding=weight.shape[2] // 2))
    return torch.cat(drawn)


@pytest.mark.parametrize(("kernel", "demodulates"), [(3, True), (1, True), (1, False)])
def test_scaling_what_enters_and_leaves_equals_weights_of_each_samples_own(kernel: int, demodulates: bool) -> None:
    torch.manual_seed(0)
    layer = Modulated(5, 7, 6, kernel, demodulates).double()
    nn.init.normal_(layer.bias)
    x, w = torch.randn(3, 5, 8, 8, dtype=torch.double), torch.randn(3, 6, dtype=torch.double)
    # Sizes are computed in float32 whatever the weights are.
    torch.testing.assert_close(layer(x, w), by_definition(layer, x, w), rtol=1e-6, atol=1e-6)
    weights = list(layer.parameters())
    found = torch.autograd.grad(layer(x, w).square().sum(), weights)
    wanted = torch.autograd.grad(by_definition(layer, x, w).square().sum(), weights)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_demodulated_maps_keep_their_size_whatever_the_style() -> None:
    torch.manual_seed(0)
    layer = Modulated(32, 32, 8)
    x, w = torch.randn(4, 32, 16, 16), 5 * torch.randn(4, 8)
    inner = layer(x, w)[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(inner.std((1, 2, 3)), torch.full((4,), GAIN), rtol=0.1, atol=0.0)


def test_a_dense_layer_begins_as_others_do_and_learns_slower_by_its_rate() -> None:
    torch.manual_seed(0)
    slow, x = Scaled(64, 64, rate=0.01), torch.randn(256, 64)
    fast = Scaled(64, 64)
    fast.weight = nn.Parameter(slow.weight.detach() * 0.01)
    before = slow(x).detach()
    assert 0.9 < before.std() < 1.1
    torch.testing.assert_close(fast(x), before, rtol=1e-4, atol=1e-5)
    for layer in (slow, fast):
        player = Player(layer, Adam(learning_rate=1e-2))
        layer(x).square().sum().backward()
        player.step(1, 0.0)
    torch.testing.assert_close(100 * (slow(x) - before), fast(x) - before, rtol=0.01, atol=1e-3)


def test_an_evaluated_latent_has_one_picture_and_a_trained_one_has_fresh_noise() -> None:
    network = built()
    z = torch.randn(70, 6)
    assert not torch.equal(network(z[:2]), network(z[:2]))
    network.eval()
    assert torch.equal(network(z[:2]), network(z[:2]))
    whole = torch.cat(list(sampling.generate(network, z)))
    assert torch.equal(torch.cat(list(sampling.generate(network, z[64:]))), whole[64:])
    assert torch.equal(torch.cat(list(sampling.generate(network, z[:3]))), whole[:3])
    assert network.training is False


def test_it_is_its_mapping_and_its_synthesis_and_remembers_the_mean_style() -> None:
    network = built()
    z = torch.randn(32, 6)
    network(z)
    torch.testing.assert_close(network.mean_w, (1 - MEMORY) * network.mapping(z).mean(0))
    network.eval()
    before, w = network.mean_w.clone(), network.mapping(z)
    assert torch.equal(network(z), network.synthesis(w)) and torch.equal(network.mean_w, before)
    assert network.layers == 5  # one on 4 x 4, two on 8 x 8, two on 16 x 16
    assert torch.equal(network.synthesis(w[:, None].expand(-1, 5, -1)), network.synthesis(w))
    mixed = network.synthesis(torch.cat([w[:1, None].expand(-1, 3, -1), w[1:2, None].expand(-1, 2, -1)], 1))
    assert not torch.equal(mixed, network.synthesis(w[:1]))


def test_the_length_of_a_latent_does_not_matter() -> None:
    network = built().eval()
    z = torch.randn(4, 6)
    torch.testing.assert_close(network(3 * z), network(z), rtol=1e-4, atol=1e-5)


def test_a_class_beside_the_latent_is_a_class_by_itself_and_moves_the_style() -> None:
    network = built(classes=5).eval()
    z, c = torch.randn(2, 6), torch.eye(5)
    assert torch.equal(network(z, c[:2]), network(torch.cat([z, c[:2]], 1)))
    assert not torch.allclose(network.mapping(z, c[:2]), network.mapping(z, c[2:4]))


def test_path_lengths_of_a_linear_map_are_those_of_its_rows() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(4, 2 * 3 * 5, dtype=torch.double)
    w = torch.randn(6, 4, dtype=torch.double, requires_grad=True)
    x = (w @ matrix).view(6, 2, 3, 5)
    torch.manual_seed(1)
    found = path_lengths(x, w)
    torch.manual_seed(1)
    y = torch.randn_like(x) / 15**0.5
    torch.testing.assert_close(found, (y.flatten(1) @ matrix.t()).norm(dim=1))
    many = torch.zeros(20_000, 4, dtype=torch.double, requires_grad=True)
    squares = path_lengths((many @ matrix).view(-1, 2, 3, 5), many).square().mean()
    torch.testing.assert_close(squares.item(), (matrix.square().sum() / 15).item(), rtol=0.03, atol=0.0)


def turn(network: nn.Module, z: Tensor) -> Turn:
    x = torch.zeros(len(z), 3, 16, 16)
    return Turn(z, None, x, x, None, torch.zeros(len(z), 1), network, lambda x, c: x)


def test_path_length_costs_what_differs_from_its_running_mean_which_the_weights_carry() -> None:
    network, term = built(), PathLength(share=0.5)
    z = torch.randn(8, 6)
    torch.manual_seed(3)
    cost = term.cost(turn(network, z))
    torch.manual_seed(3)
    w = network.mapping(z[:4])
    lengths = path_lengths(network.synthesis(w), w).detach()
    torch.testing.assert_close(network.path, DECAY * lengths.mean()[None])
    torch.testing.assert_close(cost, (lengths - network.path).square())
    assert "path" in network.state_dict()
    cost.mean().backward()
    moved = {name for name, each in network.named_parameters() if each.grad is not None and each.grad.abs().sum() > 0}
    assert {"mapping.body.1.weight", "_body.constant", "_body.layers.0.convolution.weight"} <= moved


def test_path_length_asks_for_a_generator_with_styles_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^the term path-length measures styles, which only [^\n]+$"):
        TERMS["path-length"]().cost(turn(nn.Linear(6, 6), torch.randn(4, 6)))


SMALL = ("generator.width=4", "generator.style=16", "discriminator.width=4", "terms.2.every=2")


def test_a_stopped_style_run_goes_on_bit_for_bit(trained, planned, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    straight = trained("straight", recipe="style", settings=SMALL)
    assert state(straight)["generator.network.path"] > 0
    assert not torch.equal(state(straight)["generator.average.mean_w"], state(straight)["generator.network.mean_w"])
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        each = planned("stopped", recipe="style", settings=SMALL)
        launch(each, StopAt(5, patched))
    launch(planned("stopped", recipe="style", settings=SMALL))
    assert same(state(straight), state(each.folder))


@forks
def test_several_processes_remember_one_mean_style_and_one_path_length(tmp_path: Path) -> None:
    z = torch.randn(8, 6)

    def action(rank: int) -> None:
        network = built()
        own = z[4 * rank : 4 * rank + 4]
        network(own)
        PathLength(share=1.0).cost(turn(network, own))
        save_file({"mean_w": network.mean_w, "path": network.path}, tmp_path / f"{rank}.safetensors")

    assert [code for code, _ in side_by_side(2, action, tmp_path)] == [0, 0]
    one, other = (load_file(tmp_path / f"{rank}.safetensors") for rank in range(2))
    assert same(one, other) and one["path"] > 0
    torch.testing.assert_close(one["mean_w"], (1 - MEMORY) * built().mapping(z).mean(0))
