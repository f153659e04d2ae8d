"""A model that turns pictures into pictures, made ready for pictures of any size, depth and channels."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..domains.base import Indices, Raw
from ..domains.degraded import DegradedPictures
from ..domains.degraded.light import LUMINANCE, Grey
from ..domains.image.codec import Pictures
from ..domains.paired import Translated
from ..domains.translations import Translations
from ..model import Model
from ..settings import ConfigError, DataError
from .tiles import Sides, drawn, side

Direction = Literal["AtoB", "BtoA"]


class Drawer:
    """Input pixels (H, W, C) -> output pixels, through the codec and the network of a model."""

    def __init__(self, model: Model, tile: int | None = None, direction: Direction | None = None):
        codec = model.codec
        if not isinstance(codec, Translations):
            raise ConfigError(
                "this run draws from latents, not from pictures; draw from it with: "
                f"ganworks sample {model.path or 'RUN'}"
            )
        self.codec, self.network, self.tile = codec, model.network, tile
        self.sides = Sides.of(self.network)
        self._domain = model.run.domain.name
        self.two_way = isinstance(codec, Translated) and codec.stacked
        if direction and not self.two_way:
            raise ConfigError(
                f"--direction {direction}: this model translates one way, the one it was trained for; leave it out"
            )
        self.direction: Direction = direction or "AtoB"
        self._device = next(self.network.parameters()).device
        side(self.network, tile, 1, 1)  # refuses tiles that would not be exact before anything is done

    @property
    def input(self) -> Pictures:
        """The kind of pictures that go in."""
        return self.codec.input if isinstance(self.codec, Translated) else self.codec.target

    @property
    def output(self) -> Pictures:
        """The kind of pictures that come out."""
        return self.codec.output

    @property
    def holes(self) -> bool:
        return isinstance(self.codec, DegradedPictures) and self.codec.holes

    @property
    def restores(self) -> bool:
        """Whether an output shows the very thing of its input: same colours, same unit."""
        codec = self.codec
        return isinstance(codec, DegradedPictures) and not any(isinstance(step, Grey) for step in codec.steps)

    @property
    def unpaired(self) -> bool:
        """Whether it was trained without knowing which output belongs to which input."""
        return self._domain == "unpaired"

    def draw(self, pixels: Raw, finish: Callable[[Tensor], Raw], mask: Raw | None = None) -> Raw:
        """pixels (H, W, C) uint8, uint16, or float32 where 65535 is white; mask (H, W), True in holes.

        `finish` gets the output (C, h, w) in -1..1 of each tile and gives it as it is to be kept, (h, w, C).
        Raises DataError when the picture is too small, or what was drawn is not finite.
        """
        height, width, _ = pixels.shape
        least = self.sides.least
        if min(height, width) < least:
            raise DataError(f"is {height} x {width} pixels, and this model takes sides of at least {least}; enlarge it")

        def part(rows: Indices, columns: Indices) -> Raw:
            places = np.ix_(rows, columns)
            y = self._drawn(pixels[places], None if mask is None else mask[places])
            if not torch.isfinite(y).all():
                raise DataError("the model drew numbers that are not finite; train it again")
            return finish(y)

        return drawn(part, height, width, self.sides, side(self.network, self.tile, height, width))

    def forget(self) -> None:
        """Begin anew; whoever draws picture by picture remembers none."""

    def _given(self, pixels: Raw, mask: Raw | None) -> Tensor:
        """The input c (1, C, H, W) on the network's device."""
        x = torch.from_numpy(np.ascontiguousarray(pixels.astype(np.int32) if pixels.dtype == np.uint16 else pixels))
        hole = None if mask is None else torch.from_numpy(np.ascontiguousarray(mask))[None].to(self._device)
        return self.codec.condition(x[None].to(self._device), hole)

    @torch.no_grad()
    def _drawn(self, pixels: Raw, mask: Raw | None) -> Tensor:
        c = self._given(pixels, mask)
        if self.two_way:
            y: Tensor = self.network.one(c.chunk(2, 1)[0], self.direction)  # type: ignore[operator]
            return y[0].cpu()
        y = self.network(c.new_zeros(1, 0), c)
        return self.codec.compose(y, c)[0].cpu()


def fitted(pixels: Raw, channels: int) -> Raw:
    """pixels (H, W, C) with 1 or 3 channels -> as many as asked for: grey repeated, colours by their brightness."""
    if pixels.shape[2] == channels:
        return pixels
    if pixels.shape[2] == 1:
        return pixels.repeat(channels, axis=2)
    if pixels.shape[2] == 3 and channels == 1:
        brightness: Raw = np.rint(pixels.astype(np.float64) @ np.array(LUMINANCE))
        return brightness[..., None].astype(pixels.dtype)
    raise DataError(f"has {pixels.shape[2]} channels, and this model takes {channels}")


def stored(white: int) -> Callable[[Tensor], Raw]:
    """(C, h, w) in -1..1 -> (h, w, C) uint8 or uint16 with that largest value."""

    def finish(y: Tensor) -> Raw:
        values = ((y.to(torch.float32) + 1) * (white / 2)).round_().clamp_(0, white)
        return values.permute(1, 2, 0).to(torch.int32).numpy().astype(np.uint8 if white == 255 else np.uint16)

    return finish
