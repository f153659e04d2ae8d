"""What fitting pairs learns: how inputs and targets are encoded, and what is drawn for both of them together."""

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from ...spec import Batch, Spec
from ..base import Raw
from ..image.codec import Pictures
from ..image.sheet import sheet
from ..image.writing import write_picture
from ..translations import Translations, no_mask, scaled


class Translated(Translations):
    """Byte rows (B, N), an input's pixels and then its target's -> c (B, C, H, W) and x (B, C', s H, s W).

    With `stacked`, for networks that translate both ways at once, c is the input over its target on the channels and x
    the target over its input; records are then (B, H, W, 2 C).
    """

    input: Pictures
    """The codec of the pictures that go in."""
    jitter: int = Field(default=0, ge=0)
    """Pixels of the target by which both are enlarged in training, before a part of the old size is cut at random."""
    flip: bool = False
    """Half of the pairs are mirrored in training, left to right."""
    stacked: bool = False
    learned_unpaired: bool = False
    """Input and target were drawn apart, so nothing in the data says what an output should have been."""

    @model_validator(mode="after")
    def _whole_pixels_of_the_input(self) -> Self:
        if self.jitter % self.scale:
            raise ValueError(f"jitter={self.jitter} must be a multiple of {self.scale}, as targets are x{self.scale}")
        return self

    @property
    def paired(self) -> bool:
        return not self.learned_unpaired

    @property
    def output(self) -> Pictures:
        """The codec of one picture that comes out."""
        if not self.stacked:
            return self.target
        return self.target.model_copy(update={"channels": self.input.channels, "mode": self.input.mode})

    @property
    def spec(self) -> Spec:
        target = self.target.spec
        return target.model_copy(update={"condition": target if self.stacked else self.input.spec})

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        """x (B, N) uint8 as stored; or targets (B, H, W, C) as `decode` gives them, which have no input.

        Jitter and mirroring are drawn from torch's global generator of the CPU, and left out with `fixed`.
        """
        if x.ndim == 4:
            return self.target.encode(x)
        count = _bytes(self.input)
        c = self.input.encode(_pixels(x[:, :count], self.input)).x
        y = self.output.encode(_pixels(x[:, count:], self.output)).x
        if self.jitter and not fixed:
            c, y = self._jittered(c, y)
        if self.flip and not fixed:
            mirrored = (torch.rand(len(x), device="cpu") < 0.5).to(x.device)[:, None, None, None]
            c, y = (torch.where(mirrored, each.flip(3), each) for each in (c, y))
        return Batch(torch.cat([y, c], 1), torch.cat([c, y], 1)) if self.stacked else Batch(y, c)

    def condition(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pictures (B, H, W, C) uint8 or, with 16 bits, int32 -> c. A stacked one has the pictures on both sides.

        So a network that translates both ways gives both translations of them, of which a user takes one half.
        """
        no_mask(mask)
        c = scaled(pictures, 255 if pictures.dtype == torch.uint8 else 65535)
        return torch.cat([c, c], 1) if self.stacked else c

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """One PNG a record; of stacked ones both pictures, side by side."""
        if not self.stacked:
            return self.target.write(records, folder, first)
        folder.mkdir(parents=True, exist_ok=True)
        beside = self._beside(records)
        return [write_picture(each, folder / f"{first + i:06d}", self.output.mode) for i, each in enumerate(beside)]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        if not self.stacked:
            return self.target.preview(records, columns)
        return sheet(self._beside(records), self.output.mode, columns)

    def _beside(self, records: Raw) -> Raw:
        """(B, H, W, 2 C) -> (B, H, 2 W, C)."""
        return np.concatenate(np.split(records, 2, axis=3), axis=2)

    def _jittered(self, c: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Both enlarged, and the same part of both, moved by whole pixels of the input."""
        steps = self.jitter // self.scale
        corners = (torch.rand(len(c), 2, device="cpu") * (steps + 1)).floor().clamp_(max=steps).long()
        return _part(c, steps, corners), _part(y, self.jitter, corners * self.scale)


def _part(x: Tensor, larger: int, corners: Tensor) -> Tensor:
    height, width = x.shape[2:]
    grown = functional.interpolate(x, (height + larger, width + larger), mode="bicubic").clamp_(-1, 1)
    places = zip(grown, corners.tolist(), strict=True)
    return torch.stack([each[:, top : top + height, left : left + width] for each, (top, left) in places])


def _bytes(codec: Pictures) -> int:
    return codec.height * codec.width * codec.channels * codec.bits // 8


def _pixels(rows: Tensor, codec: Pictures) -> Tensor:
    """Bytes (B, N) -> pixels (B, H, W, C), the low byte first where there are two; those as int32."""
    if codec.bits == 16:
        both = rows.reshape(len(rows), -1, 2).to(torch.int32)
        rows = both[..., 0] + 256 * both[..., 1]
    return rows.reshape(len(rows), codec.height, codec.width, codec.channels)
