"""How far a translator sees, and tiles that equal the whole."""

import pytest
import torch
from torch import Tensor, nn

from tests.networks.translating import BUILDS, built, drawn, inputs, spec_for, trained

LOCAL = [name for name in BUILDS if name not in {"unet-instance", "resnet", "fourier", "cycle"}]


def seen(network: nn.Module, c: Tensor, first: tuple[int, int]) -> int:
    """The largest distance, in input pixels and on either axis, of an output pixel from an input that moves it.

    One input pixel after the other is moved, from `first` on, until the pattern of strides repeats.
    """
    before, radius = drawn(network, c), 0
    for offset in range(network.multiple):
        at = first[0] + offset, first[1] + offset
        moved = c.clone()
        moved[:, 0, *at] += 0.5
        changed = (drawn(network, moved) - before).abs().amax((0, 1)).nonzero() // network.scale
        radius = max(radius, int((changed - torch.tensor(at)).abs().max()))
    return radius


@pytest.mark.parametrize("variant", LOCAL)
def test_a_moved_pixel_moves_what_is_within_reach_and_nothing_further(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 1, 128, 96, kind="linear")
    network, c = trained(built(BUILDS[variant], spec)), inputs(spec, 1, torch.float64)
    if BUILDS[variant]["name"] == "holes":  # what lies in a hole is not read, and what is known is not drawn
        c[:, -1] = 1
        c[:, -1, 64 : 64 + network.multiple, 48 : 48 + network.multiple] = -1
    reached = seen(network, c, (64, 48))
    assert network.tileable
    assert reached <= network.reach <= reached + network.multiple


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("tail", ["full", "direct"])
def test_the_reach_of_restoration_holds_at_every_scale(scale: int, tail: str) -> None:
    tree = {"name": "restoration", "width": 4, "blocks": 1, "tail": tail}
    spec = spec_for(tree, 1, 40, 32, scale, kind="linear")
    network = trained(built(tree, spec))
    assert network.scale == scale and seen(network, inputs(spec, 1, torch.float64), (20, 16)) == network.reach


def test_the_reach_of_a_unet_is_three_times_its_depth_of_doublings() -> None:
    for depth in range(3, 9):
        with torch.device("meta"):
            tree = {"name": "unet", "width": 4, "depth": depth}
            assert built(tree, spec_for(tree, 3, 256, 256)).reach == 3 * (2**depth - 1)


def in_tiles(network: nn.Module, c: Tensor, side: int) -> Tensor:
    """The picture from tiles of at most `side`, each with a margin of the network's reach in whole multiples."""
    step, scale = network.multiple, network.scale
    margin = -(-network.reach // step) * step
    height, width = c.shape[2:]
    rows = []
    for top in range(0, height, side):
        row = []
        for left in range(0, width, side):
            above, before = max(0, top - margin), max(0, left - margin)
            tile = c[:, :, above : top + side + margin, before : left + side + margin]
            inner = drawn(network, tile)[:, :, (top - above) * scale :, (left - before) * scale :]
            row.append(inner[:, :, : side * scale, : side * scale])
        rows.append(torch.cat(row, 3))
    return torch.cat(rows, 2)


@pytest.mark.parametrize("variant", LOCAL)
def test_tiles_equal_the_whole_where_the_network_says_so(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 3, 160, 192, kind="linear")
    network = trained(built(BUILDS[variant], spec))
    c = inputs(spec, 1, torch.float64)
    assert network.tileable
    whole = drawn(network, c)
    assert (in_tiles(network, c, 64) - whole).abs().max() <= 1e-12 * whole.abs().max() and whole.std() > 0.1


def test_tiles_of_a_network_that_enlarges_equal_the_whole() -> None:
    tree = {"name": "restoration", "width": 4, "blocks": 2}
    spec = spec_for(tree, 3, 64, 80, 2, kind="linear")
    network, c = trained(built(tree, spec)), inputs(spec, 1, torch.float64)
    whole = drawn(network, c)
    assert (in_tiles(network, c, 32) - whole).abs().max() <= 1e-12 * whole.abs().max() and whole.std() > 0.1


@pytest.mark.parametrize("variant", [name for name in BUILDS if name not in LOCAL])
def test_a_network_that_says_it_has_no_tiles_has_none(variant: str) -> None:
    spec = spec_for(BUILDS[variant], 3, 160, 192, kind="linear")
    network, c = trained(built(BUILDS[variant], spec)), inputs(spec, 1, torch.float64)
    c[:, :, :64] *= 0.2  # no part of the picture stands for the whole
    assert not network.tileable
    assert (in_tiles(network, c, 64) - drawn(network, c)).abs().max() > 1e-6
