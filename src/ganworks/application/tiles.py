"""A picture of any size, drawn whole or tile by tile; exactly the same where a network allows tiles at all."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from torch import nn

from ..domains.base import Indices, Raw
from ..settings import ConfigError

Draw = Callable[[Indices, Indices], Raw]
"""Which rows and which columns of the input are to be drawn -> (s rows, s columns, C)."""

WHOLE = 1 << 20
"""Input pixels from which a picture is drawn in tiles without being asked, where that is exact."""
TILE = 512
"""Side of such tiles, in input pixels."""


class Sides(NamedTuple):
    """What a translation network says about the pictures it takes; see `networks.translation.translator`."""

    tileable: bool
    reach: int
    multiple: int
    least: int
    scale: int

    @classmethod
    def of(cls, network: nn.Module) -> "Sides":
        multiple = int(getattr(network, "multiple", 1))
        return cls(
            bool(getattr(network, "tileable", False)),
            int(getattr(network, "reach", 0)),
            multiple,
            int(getattr(network, "least", multiple)),
            int(getattr(network, "scale", 1)),
        )

    @property
    def margin(self) -> int:
        """Input pixels that a tile needs around it: the reach, and no place between the network's own grid."""
        return up(self.reach, self.multiple)


class Tile(NamedTuple):
    """Part of an axis: what the network sees, and which part of that is kept."""

    seen: tuple[int, int]
    kept: tuple[int, int]


def drawn(draw: Draw, height: int, width: int, sides: Sides, tile: int | None) -> Raw:
    """The whole output (s H, s W, C) of an input (H, W). `tile` is the side of tiles in input pixels, None for none.

    The input is reflected at its lower and right edge up to sides that the network takes; where it is too small for
    that, its edge is repeated. Tiles see a margin as wide as the network's reach, so that nothing depends on them.
    """
    down, across = (up(side, sides.multiple) for side in (height, width))
    rows, columns = (reflected(length, padded) for length, padded in ((height, down), (width, across)))
    whole: Raw | None = None
    for top in along(down, sides, tile):
        for left in along(across, sides, tile):
            part = draw(rows[slice(*top.seen)], columns[slice(*left.seen)])
            if whole is None:
                whole = np.empty((height * sides.scale, width * sides.scale, part.shape[2]), part.dtype)
            place = whole[_scaled(top.kept, sides.scale), _scaled(left.kept, sides.scale)]
            y, x = ((each.kept[0] - each.seen[0]) * sides.scale for each in (top, left))
            place[...] = part[y : y + place.shape[0], x : x + place.shape[1]]
    assert whole is not None
    return whole


def along(length: int, sides: Sides, tile: int | None) -> Iterator[Tile]:
    """The tiles of an axis, each beginning on the network's own grid."""
    step = length if tile is None else up(tile, sides.multiple)
    for start in range(0, length, step):
        end = min(start + step, length)
        yield Tile((max(0, start - sides.margin), min(length, end + sides.margin)), (start, end))


def reflected(length: int, padded: int) -> Indices:
    """Which input pixel stands at each place of an axis that is padded at its end."""
    places = np.arange(padded)
    beyond = places >= length
    mirrored = 2 * (length - 1) - places
    return np.where(beyond, np.where(mirrored >= 0, mirrored, length - 1), places).astype(np.int64)


def side(network: nn.Module, asked: int | None, height: int, width: int) -> int | None:
    """The side of tiles for a picture, or None to draw it whole. Raises ConfigError where tiles would not be exact."""
    sides = Sides.of(network)
    if asked is not None and asked < 1:
        raise ConfigError(f"tile must be at least 1 pixel, got {asked}")
    if asked is not None and not sides.tileable:
        raise ConfigError(f"--tile {asked}: {why_not(network)}, so tiles would not fit together; leave --tile out")
    if asked is not None:
        return asked if asked < max(height, width) else None
    return TILE if sides.tileable and height * width > WHOLE else None


def why_not(network: nn.Module) -> str:
    """Which layers see the whole picture, in words."""
    names = {type(each).__name__ for each in network.modules()}
    seen = {
        "Fourier convolutions": any("Fourier" in name for name in names),
        "instance norm": any(name.startswith("InstanceNorm") for name in names),
        "group norm": "GroupNorm" in names,
        "pooling over the whole picture": any(name.startswith("AdaptiveAvgPool") for name in names),
    }
    layers = [name for name, there in seen.items() if there]
    return f"{' and '.join(layers) or 'this generator'} of this model {'see' if layers else 'sees'} the whole picture"


def up(length: int, multiple: int) -> int:
    """The smallest multiple that is not below."""
    return -(-length // multiple) * multiple


def _scaled(ends: tuple[int, int], scale: int) -> slice:
    return slice(ends[0] * scale, ends[1] * scale)
