"""What fitting a picture set learns: its size, its channels, and the padding that networks need."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ...spec import Batch, Span, Spec
from .. import classes
from ..base import Codec, Raw
from .attributes import Attributes
from .sheet import sheet
from .writing import write_picture


class Pictures(Codec):
    """Pictures (B, H, W, C) uint8 or uint16 <-> samples (B, C, H', W') in -1..1, where H' and W' include padding."""

    channels: int = Field(gt=0)
    height: int = Field(gt=0)
    """Of the user's pictures, without padding; pixels."""
    width: int = Field(gt=0)
    bits: Literal[8, 16] = 8
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Pixels repeated from the edge on encoding and cut off on decoding: top, bottom, left, right."""
    mode: Literal["L", "LA", "RGB", "RGBA", "n"]
    """What the channels mean, as Pillow names it; `n`: anything else."""
    classes: tuple[str, ...] = ()
    """Name of each label, by number."""
    shares: tuple[float, ...] = ()
    """Share of the training pictures that each class has, where samples are conditioned on their class."""
    attributes: Attributes | None = None
    """What is known of the numbers that samples are conditioned on, where there are such."""

    @property
    def spec(self) -> Spec:
        top, bottom, left, right = self.padding
        shape = (self.channels, self.height + top + bottom, self.width + left + right)
        return Spec(shape=shape, spans=(Span(channels=self.channels, kind="tanh"),), condition=self._condition)

    @property
    def _condition(self) -> Spec | None:
        if self.attributes is not None:
            return self.attributes.spec
        count = len(self.shares)
        return Spec(shape=(count,), spans=(Span(channels=count, kind="softmax"),)) if count else None

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        """Classes as one number a row, (count, classes), by their share of the training pictures. Or attributes."""
        if self.attributes is not None:
            return self.attributes.drawn(count, generator)
        return classes.drawn(self.shares, count, generator)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Classes by name, or by number where no class has that name; attributes as `age=30,smile=1`."""
        if self.attributes is not None:
            return self.attributes.asked(words, drawn)
        if not self.shares:
            return super().conditions(words)
        return classes.asked(words, self.classes, len(self.shares))

    @property
    def white(self) -> int:
        """The largest stored value."""
        return (1 << self.bits) - 1

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        """x (B, H, W, C) uint8, uint16, or int32 where a device cannot take uint16. Labels (B,), or
        attributes (B, A), become the condition, where there is one."""
        top, bottom, left, right = self.padding
        samples = x.permute(0, 3, 1, 2).to(torch.float32) * (2 / self.white) - 1
        if any(self.padding):
            samples = functional.pad(samples, (left, right, top, bottom), mode="replicate")
        if self.attributes is not None and labels is not None:
            return Batch(samples.contiguous(), self.attributes.encode(labels))
        if not self.shares or labels is None:
            return Batch(samples.contiguous())
        return Batch(samples.contiguous(), functional.one_hot(labels.long(), len(self.shares)).to(torch.float32))

    def decode(self, x: Tensor) -> Raw:
        """Samples (B, C, H', W'), clamped to -1..1 and rounded -> (B, H, W, C) uint8 or uint16."""
        top, _, left, _ = self.padding
        inner = x.detach()[:, :, top : top + self.height, left : left + self.width].to(torch.float32)
        values = ((inner + 1) * (self.white / 2)).round_().clamp_(0, self.white)
        # int32 on the way, because torch knows few operations on uint16.
        stored = values.permute(0, 2, 3, 1).to(torch.int32).cpu().numpy()
        return stored.astype(np.uint16 if self.bits == 16 else np.uint8)

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """One PNG a record, `000000.png` and on; pictures that are neither grey nor colour as .npy (H, W, C)."""
        folder.mkdir(parents=True, exist_ok=True)
        return [write_picture(each, folder / f"{first + i:06d}", self.mode) for i, each in enumerate(records)]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """A sheet of all records, near to square unless `columns` are given; small pictures are enlarged."""
        return sheet(records, self.mode, columns)
