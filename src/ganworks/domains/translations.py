"""Pictures to pictures: what the codecs of paired, unpaired and degraded pictures have in common."""

from abc import abstractmethod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from ..settings import ConfigError
from .base import Codec, Raw
from .image.codec import Pictures

ROWS = 8
"""Records of a preview, each a row of input, output and target."""


class Translations(Codec):
    """The condition c (B, C, H, W) is the input, the sample x (B, C', s H, s W) the target."""

    preview_count = ROWS

    target: Pictures
    """The codec of the pictures that come out."""
    scale: int = 1
    """Pixels of the target for one of the input, on each axis."""

    @abstractmethod
    def condition(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pictures a user brings -> c, of any height and width.

        pictures (B, H, W, C) as stored, uint8, or int32 where they have 16 bits; mask (B, H, W) bool, True where there
        is a hole, for those that fill holes. Raises ConfigError when a mask is wanted and missing, or the other way.
        """

    @property
    def paired(self) -> bool:
        """Whether x is what c should have become, so that outputs can be compared with it one by one."""
        return True

    def shown(self, c: Tensor) -> Raw:
        """Inputs as pictures of the target's kind and size, for previews."""
        seen = pictured(c, self.target.channels)
        if self.scale > 1:
            seen = functional.interpolate(seen, scale_factor=self.scale, mode="nearest")
        return self.target.decode(seen)

    def compose(self, y: Tensor, c: Tensor) -> Tensor:
        """What a user gets, from what the network drew for c; here just that."""
        return y

    @property
    def output(self) -> Pictures:
        return self.target

    def decode(self, x: Tensor) -> Raw:
        return self.target.decode(x)

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        return self.target.write(records, folder, first)

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        return self.target.preview(records, columns)


def pictured(c: Tensor, channels: int) -> Tensor:
    """The picture in a condition, with as many channels: without its mask, or grey repeated."""
    return c[:, :channels] if c.shape[1] >= channels else c[:, :1].expand(-1, channels, -1, -1)


def no_mask(mask: Tensor | None) -> None:
    """Raises ConfigError when a mask came where no holes are filled."""
    if mask is not None:
        raise ConfigError("this model fills no holes, got a mask; leave --mask out, or use a model trained to inpaint")


def scaled(pictures: Tensor, white: int) -> Tensor:
    """Stored pictures (B, H, W, C) -> (B, C, H, W) float32 in -1..1."""
    return (pictures.permute(0, 3, 1, 2).to(torch.float32) * (2 / white) - 1).contiguous()
