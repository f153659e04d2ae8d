"""Networks that turn pictures into pictures: what they promise, and what each family adds."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganworks.networks import GENERATORS
from ganworks.networks.translation import JUDGES, TRANSLATORS
from ganworks.networks.translation.holes import smoothed
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec
from tests.networks.translating import BUILDS, PATCHES, Tree, built, drawn, inputs, pictures, spec_for, trained


def test_every_name_of_the_tables_is_tried_here() -> None:
    assert {each.model_fields["name"].default for each in TRANSLATORS} == {each["name"] for each in BUILDS.values()}
    assert {each.model_fields["name"].default for each in JUDGES} == {each["name"] for each in PATCHES.values()}
    assert all(GENERATORS[tree["name"]].from_tree(tree).latent == 0 for tree in BUILDS.values())


@pytest.mark.parametrize("size", [(16, 16), (32, 48), (64, 32)], ids=str)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("variant", BUILDS)
def test_a_picture_comes_out_at_its_size(variant: str, channels: int, size: tuple[int, int]) -> None:
    spec = spec_for(BUILDS[variant], channels, *size)
    network = built(BUILDS[variant], spec)
    x = drawn(network, inputs(spec))
    assert x.shape == (2, *spec.shape) and x.isfinite().all() and x.dtype == torch.float32
    assert torch.equal(drawn(network.eval(), inputs(spec)), network(torch.randn(2, 5), inputs(spec)))  # z is ignored
    assert network.scale == 1 and all(side % network.multiple == 0 and side >= network.least for side in size)


@pytest.mark.parametrize("variant", BUILDS)
def test_a_network_takes_other_sizes_than_it_was_built_for_down_to_its_least(variant: str) -> None:
    network = built(BUILDS[variant], spec_for(BUILDS[variant], 3, 32, 32))
    least = -(-network.least // network.multiple) * network.multiple
    for size in [(least, least), (least + network.multiple, least), (48, 80)]:
        spec = spec_for(BUILDS[variant], 3, *size)
        assert drawn(network, inputs(spec)).shape[2:] == size  # in training mode, which wants the most


@pytest.mark.parametrize("variant", [name for name in BUILDS if "heads" not in name])
def test_every_parameter_of_a_translator_gets_a_finite_gradient(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 3, 32, 32)
    network = built(BUILDS[variant], spec)
    for each in network.parameters():
        if not each.any():
            nn.init.normal_(each, std=0.1)  # what starts at zero hides what is before it
    drawn(network, inputs(spec)).square().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("variant", BUILDS)
def test_state_copies_and_memory_orders_change_nothing(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 3, 32, 32)
    network, c = built(BUILDS[variant], spec), inputs(spec)
    drawn(network, c)  # moves running means away from their start
    other = built({**BUILDS[variant]}, spec)
    other.load_state_dict(network.state_dict(), strict=True)
    wanted = drawn(network.eval(), c)
    assert torch.equal(drawn(copy.deepcopy(network), c), wanted)
    assert torch.equal(drawn(other.eval(), c), wanted)
    other, c = other.to(memory_format=torch.channels_last), c.to(memory_format=torch.channels_last)
    torch.testing.assert_close(drawn(other, c), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("variant", BUILDS)
def test_bf16_comes_out_as_float32_and_close(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 3, 32, 32)
    network, c = built(BUILDS[variant], spec).eval(), inputs(spec)
    network.to(memory_format=torch.channels_last)
    wanted = drawn(network, c)
    with torch.autocast("cpu", torch.bfloat16):
        x = drawn(network, c)
    assert x.dtype == torch.float32 and (x - wanted).abs().max() < 0.1
    x.sum().backward()
    assert all(each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize(
    ("tree", "shape", "millions"),
    [
        ({"name": "unet"}, (3, 256, 256), 54.41),  # as the authors' programs count them
        ({"name": "resnet-translation"}, (3, 256, 256), 11.37),  # 11.38 with biases that a norm takes away again
        ({"name": "resnet-translation", "antialias": True}, (3, 256, 256), 11.37),
        ({"name": "cycle"}, (3, 256, 256), 22.75),
        ({"name": "patch", "norm": "batch"}, (3, 256, 256), 2.77),
        ({"name": "patch", "sees": "output"}, (3, 256, 256), 2.76),
        ({"name": "restoration"}, (3, 64, 64), 1.52),  # x4, as MSRResNet
    ],
)  # fmt: skip
def test_a_published_network_has_its_published_size(tree: Tree, shape: tuple[int, int, int], millions: float) -> None:
    with torch.device("meta"):
        network = built(tree, spec_for(tree, *shape, scale=4 if tree["name"] == "restoration" else 1))
    assert sum(each.numel() for each in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize(
    ("axes", "depth"), [((256, 256), 8), ((512, 1024), 8), ((64, 96), 5), ((64, 64), 6), ((24, 8), 3)]
)
def test_a_unet_goes_as_deep_as_the_sides_allow(axes: tuple[int, int], depth: int) -> None:
    tree = {"name": "unet", "width": 2}
    network = built(tree, spec_for(tree, 3, *axes))
    assert len(network.downs) == len(network.ups) == depth and network.multiple == 2**depth
    dropouts = [each for each in network.modules() if isinstance(each, nn.Dropout)]
    assert len(dropouts) == {8: 3, 6: 3, 5: 2, 3: 1}[depth]


def test_the_noise_of_a_unet_is_its_dropout_and_only_while_training() -> None:
    spec = spec_for(BUILDS["unet-plain"], 3, 32, 32)
    network, c = built(BUILDS["unet-plain"], spec), inputs(spec)
    torch.manual_seed(5)
    one, other = drawn(network, c), drawn(network, c)
    torch.manual_seed(5)
    assert not torch.equal(one, other) and torch.equal(one, drawn(network, c))
    network.eval()
    assert torch.equal(drawn(network, c), drawn(network, c))


@pytest.mark.parametrize("kind", ["tanh", "linear"])
@pytest.mark.parametrize("tree", [{}, {"tail": "direct"}, {"fold": 2}], ids=str)
@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_an_untrained_restoration_is_its_input_enlarged_bicubically(scale: int, tree: Tree, kind: str) -> None:
    spec = pictures(3, 16 * scale, 12 * scale, given=(3, 16, 12), kind=kind)
    network = built({"name": "restoration", "width": 4, "blocks": 2, **tree}, spec)
    c = inputs(spec)
    wanted = functional.interpolate(c, scale_factor=scale, mode="bicubic", align_corners=False) if scale > 1 else c
    assert torch.equal(drawn(network, c), wanted)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(drawn(network, c), wanted)


def test_restoration_continues_the_channels_it_is_told_to() -> None:
    grey = pictures(3, 16, 16, given=(1, 16, 16))
    c = inputs(grey)
    assert torch.equal(drawn(built({"name": "restoration", "width": 4}, grey), c), c.expand(-1, 3, -1, -1))
    stack = pictures(1, 16, 16, given=(5, 16, 16))
    c = inputs(stack)
    assert torch.equal(drawn(built({"name": "restoration", "width": 4, "base": 2}, stack), c), c[:, 2:3])


@pytest.mark.parametrize("variant", ["gated", "fourier"])
@pytest.mark.parametrize("kind", ["tanh", "linear"])
def test_known_pixels_come_out_bit_for_bit_and_holes_are_not_read(variant: str, kind: str) -> None:
    spec = pictures(3, 32, 48, given=(4, 32, 48), kind=kind)
    network, c = trained(built(BUILDS[variant], spec)).float(), inputs(spec)
    hole = c[:, -1:] > 0
    x = drawn(network, c)
    assert torch.equal(x[~hole.expand_as(x)], c[:, :-1][~hole.expand_as(x)])
    other = c.clone()
    other[:, :-1] = torch.where(hole, torch.randn_like(c[:, :-1]), c[:, :-1])
    assert torch.equal(drawn(network, other), x)
    assert (x - drawn(network, inputs(spec, seed=2)))[hole.expand_as(x)].abs().max() > 1e-3
    c[:, -1] = -1
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(drawn(network, c), c[:, :-1])


def test_a_hole_begins_as_what_its_surroundings_are_like() -> None:
    slope = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32)
    known = torch.ones(1, 1, 32, 32)
    known[:, :, 12:20, 12:20] = 0
    filled = smoothed(slope * known, known, 3)
    assert torch.equal(filled[known > 0], slope[known > 0])
    assert (filled - slope).abs().max() < 0.2
    assert smoothed(slope * 0, known * 0, 3).abs().max() == 0
    network = built({"name": "holes", "width": 4, "depth": 1}, pictures(1, 32, 32, given=(2, 32, 32), kind="linear"))
    drawn_first = drawn(network, torch.cat([slope, 1 - 2 * known], 1))
    torch.testing.assert_close(drawn_first, filled, atol=0.1, rtol=0)


def test_gated_blocks_start_with_a_lively_signal() -> None:
    spec = spec_for({"name": "holes"}, 3, 64, 64)
    network, c, deviations = built({"name": "holes"}, spec), inputs(spec), []
    for layer in network.body:
        c = layer(c)
        deviations.append(c.std().item())
    assert all(0.2 < each < 3 for each in deviations[:-1])


def test_a_fourier_block_sees_the_whole_picture() -> None:
    spec = spec_for(BUILDS["fourier"], 1, 64, 64)
    network, c = trained(built(BUILDS["fourier"], spec)), inputs(spec, 1, torch.float64)
    c[:, -1] = 1
    c[:, -1, 0, 0] = -1
    moved = c.clone()
    moved[:, 0, 0, 0] += 0.5
    assert (drawn(network, moved) - drawn(network, c))[0, 0, 1:].abs().min() > 0


def test_cycle_translates_each_half_with_its_own_network() -> None:
    spec = spec_for(BUILDS["cycle"], 3, 16, 24)
    network, c = built(BUILDS["cycle"], spec), inputs(spec)
    a, b = c.chunk(2, 1)
    x = drawn(network, c)
    torch.testing.assert_close(x, torch.cat([network.one(a, "AtoB"), network.one(b, "BtoA")], 1))
    assert not torch.allclose(network.one(a, "AtoB"), network.one(a, "BtoA"))


HEADED: dict[str, tuple[Tree, list[int], list[int]]] = {
    "unet": ({"name": "unet", "width": 4, "heads_at": (3, 0, 1)}, [16, 3, 4], [4, 32, 16]),
    "resnet": ({"name": "resnet-translation", "width": 4}, [3, 8, 16, 16, 16], [32, 16, 8, 8, 8]),
    "antialias": (
        {"name": "resnet-translation", "width": 4, "antialias": True}, [3, 8, 16, 16, 16], [32, 32, 16, 8, 8]),
    "restoration": ({"name": "restoration", "width": 4, "fold": 2}, [3, 4, 4], [32, 16, 16]),
}  # fmt: skip


@pytest.mark.parametrize("variant", HEADED)
def test_features_at_the_depths_of_the_heads_are_projected_to_unit_length(variant: str) -> None:
    tree, channels, wide = HEADED[variant]
    spec = spec_for(tree, 3, 32, 32)
    network = built({**tree, "heads": 24}, spec)
    found = network.encode(inputs(spec))
    assert [each.shape[1] for each in found] == channels and [each.shape[3] for each in found] == wide
    for index, features in enumerate(found):
        vectors = features.flatten(2)[:, :, :10].transpose(1, 2)
        projected = network.project(index, vectors)
        assert projected.shape == (2, 10, 24)
        torch.testing.assert_close(projected.norm(dim=-1), torch.ones(2, 10))
        projected[..., 0].sum().backward(retain_graph=True)
    assert all(each.grad is not None for each in network.heads.parameters())


def test_encoding_stops_after_the_deepest_head() -> None:
    tree = {"name": "resnet-translation", "width": 4, "heads": 8, "heads_at": (0, 2)}
    spec = spec_for(tree, 3, 32, 32)
    network, passed = built(tree, spec), []
    for block in [*network.blocks, *network.ups]:
        block.register_forward_hook(lambda *_: passed.append(1))
    network.encode(inputs(spec))
    assert not passed


def test_a_generator_without_heads_says_how_to_get_them() -> None:
    network = built(BUILDS["resnet"], spec_for(BUILDS["resnet"], 3, 32, 32))
    with pytest.raises(ConfigError, match=r"^this generator has no projection heads [^\n]+ set generator.heads=256$"):
        network.encode(torch.zeros(1, 3, 32, 32))


@pytest.mark.parametrize("name", ["resnet-translation", "cycle"])
def test_a_residual_translator_begins_at_the_input(name: str) -> None:
    tree = {"name": name, "width": 4, "blocks": 1, "residual": True}
    spec = spec_for(tree, 3, 16, 16)
    c = inputs(spec).clamp(-1, 1)
    first = drawn(built(tree, spec).eval(), c)
    wanted = torch.cat([c[:, 3:], c[:, :3]], dim=1) if first.shape != c.shape else c
    assert (first - 0.95 * wanted).abs().max() < 1e-5


def test_a_residual_translator_needs_as_many_channels() -> None:
    given = Spec(shape=(1, 16, 16), spans=(Span(channels=1, kind="tanh"),))
    wanted = Spec(shape=(3, 16, 16), spans=(Span(channels=3, kind="tanh"),), condition=given)
    with pytest.raises(ConfigError, match=r"generator.residual=true .* got 1 in and 3 out; set it false"):
        GENERATORS["resnet-translation"].from_tree({"residual": True}).build(wanted)
