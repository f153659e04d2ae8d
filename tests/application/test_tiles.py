"""Tiles: exactly the whole where a network allows them, refused where it does not."""

import numpy as np
import pytest
import torch
from torch import nn

from ganworks.application.tiles import Sides, along, drawn, reflected, side, why_not
from ganworks.domains.degraded import PRESETS, DegradedPictures
from ganworks.domains.image.codec import Pictures
from ganworks.networks.translation import (
    HolesGenerator,
    ResnetTranslationGenerator,
    RestorationGenerator,
    UnetGenerator,
)
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec


def spec(inputs: int, size: int, scale: int = 1) -> Spec:
    condition = Spec(shape=(inputs, size, size), spans=(Span(channels=inputs, kind="linear"),))
    shape = (3, size * scale, size * scale)
    return Spec(shape=shape, spans=(Span(channels=3, kind="linear"),), condition=condition)


def stirred(network: nn.Module) -> nn.Module:
    torch.manual_seed(1)
    for each in network.parameters():
        nn.init.normal_(each, std=0.2)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean.normal_()
            each.running_var.uniform_(0.5, 2)
    return network.double().eval()


class Whole(nn.Module):
    """Strides, dilation, a transposed convolution and a pixel shuffle, in whole numbers: sums of them never round."""

    tileable, reach, multiple, least, scale = True, 19, 4, 4, 2

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=2, dilation=2), nn.ReLU(),
            nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 12, 4, 2, 1), nn.PixelShuffle(2),
        )  # fmt: skip
        torch.manual_seed(0)
        for each in self.parameters():
            each.data = torch.randint(-3, 4, each.shape).double()

    def forward(self, z: torch.Tensor | None, c: torch.Tensor) -> torch.Tensor:
        return self.layers(c)


def whole_and_tiled(network: nn.Module, c: torch.Tensor, tile: int) -> tuple[np.ndarray, np.ndarray]:
    def draw(rows, columns):
        with torch.no_grad():
            return network(None, c[:, :, rows][:, :, :, columns])[0].permute(1, 2, 0).numpy()

    whole, tiled = (drawn(draw, *c.shape[2:], Sides.of(network), each) for each in (None, tile))
    assert whole.shape == (c.shape[2] * network.scale, c.shape[3] * network.scale, 3)
    return whole, tiled


def test_tiles_are_the_whole_to_the_last_bit_where_sums_do_not_round() -> None:
    network = Whole().eval()
    c = torch.randint(-100, 101, (1, 3, 131, 75)).double()
    for tile in (4, 13, 40):
        whole, tiled = whole_and_tiled(network, c, tile)
        assert np.abs(whole).max() > 1e4 and np.abs(whole - tiled).max() == 0
    network.reach = 12  # an understated reach shows
    whole, tiled = whole_and_tiled(network, c, 4)
    assert np.abs(whole - tiled).max() > 0


@pytest.mark.parametrize(
    ("generator", "inputs", "scale"),
    [
        (RestorationGenerator(width=4, blocks=2), 3, 1),
        (RestorationGenerator(width=4, blocks=2), 3, 2),
        (RestorationGenerator(width=4, blocks=2, fold=2), 3, 2),
        (HolesGenerator(width=4, halvings=2, depth=1), 4, 1),
        (ResnetTranslationGenerator(width=4, blocks=1, norm="batch"), 3, 1),
        (UnetGenerator(width=4, depth=3, norm="batch"), 3, 1),
    ],
)
def test_tiles_of_every_generator_that_allows_them_are_the_whole(generator, inputs: int, scale: int) -> None:
    """Up to the last bit of a sum, which matrix products of another size add up in another order."""
    network = stirred(generator.build(spec(inputs, 64, scale)))
    sides = Sides.of(network)
    assert sides.tileable and sides.scale == scale
    c = torch.rand(1, inputs, 2 * sides.margin + 41, 70, dtype=torch.float64) * 2 - 1
    c[:, -1] = c[:, -1].sign()
    whole, tiled = whole_and_tiled(network, c, 23)
    assert np.abs(whole - tiled).max() <= 1e-14 * max(1, np.abs(whole).max())


def test_every_place_is_kept_once_and_tiles_begin_on_the_grid_of_the_network() -> None:
    sides = Sides(True, reach=5, multiple=4, least=4, scale=1)
    tiles = list(along(100, sides, 30))
    assert [tile.kept for tile in tiles] == [(0, 32), (32, 64), (64, 96), (96, 100)]
    assert all(tile.seen[0] % 4 == 0 for tile in tiles)
    assert tiles[1].seen == (24, 72) and tiles[0].seen[0] == 0 and tiles[-1].seen[1] == 100


def test_padding_reflects_and_repeats_the_edge_where_there_is_too_little() -> None:
    assert reflected(5, 8).tolist() == [0, 1, 2, 3, 4, 3, 2, 1]
    assert reflected(2, 6).tolist() == [0, 1, 0, 1, 1, 1]
    assert reflected(4, 4).tolist() == [0, 1, 2, 3]


def test_networks_that_see_the_whole_picture_are_refused_with_the_reason() -> None:
    instance = ResnetTranslationGenerator(width=4, blocks=1).build(spec(3, 32))
    fourier = HolesGenerator(width=4, blocks="fourier").build(spec(4, 32))
    with pytest.raises(ConfigError, match=r"^--tile 64: instance norm of this model see the whole picture, so tiles"):
        side(instance, 64, 100, 100)
    with pytest.raises(ConfigError, match="Fourier convolutions"):
        side(fourier, 64, 100, 100)
    assert "group norm" in why_not(nn.Sequential(nn.GroupNorm(1, 2)))
    assert side(instance, None, 5000, 5000) is None


def test_large_pictures_are_tiled_unasked_where_that_changes_nothing() -> None:
    codec = DegradedPictures(target=Pictures(channels=3, height=16, width=16, mode="RGB"), steps=PRESETS["denoise-25"])
    network = RestorationGenerator(width=4, blocks=1).build(codec.spec)
    assert side(network, None, 512, 512) is None and side(network, None, 4000, 3000) == 512
    assert side(network, 100, 50, 60) is None and side(network, 100, 50, 160) == 100
    with pytest.raises(ConfigError, match="at least 1"):
        side(network, 0, 50, 50)
