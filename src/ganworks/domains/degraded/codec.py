"""What fitting a set of clean pictures learns: their kind, and what is done to them on the fly."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor

from ...settings import ConfigError, DataError
from ...spec import Batch, Span, Spec
from ..translations import Translations, no_mask, scaled
from .draws import Draws, follows
from .holes import FILLED, Holes
from .light import Grey, grey
from .presets import Steps, consistent
from .step import Untouched


class DegradedPictures(Translations):
    """x (B, C, s H, s W) is the clean picture, c (B, C', H, W) what the steps made of it, both in -1..1.

    c is rounded to the depth of the stored pictures and clamped, as a file of it would be. Where holes are filled, its
    last channel is the mask: 1 in holes, -1 elsewhere; in holes the others are 0.
    """

    steps: Steps
    crop: int | None = None
    """Side of the squares cut from the stored pictures, at random places in training, the middle otherwise; pixels."""
    flip: bool = False
    """In training half of the pictures are mirrored left to right."""
    turns: bool = False
    """In training pictures are also stood on their head and laid on their side, each half of the time."""

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        consistent(self.steps)
        return self

    @property
    def spec(self) -> Spec:
        channels, height, width = self.target.spec.shape
        inputs = channels
        for step in self.steps:
            inputs = step.channels(inputs)
        small = (inputs, height // self.scale, width // self.scale)
        return Spec(
            shape=(channels, height, width),
            # A repair adds to its input, whatever comes; what is drawn anew stays within the range.
            spans=(Span(channels=channels, kind="linear"),) if self.paired else self.target.spec.spans,
            condition=Spec(shape=small, spans=(Span(channels=inputs, kind="linear"),)),
        )

    @property
    def paired(self) -> bool:
        return not all(isinstance(step, Untouched) for step in self.steps)

    @property
    def holes(self) -> bool:
        """Whether the last channel of c is a mask."""
        return isinstance(self.steps[-1], Holes)

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        clean = self.target.encode(self._framed(x, fixed)).x
        return Batch(clean, self.degrade(clean, fixed))

    @torch.no_grad()
    def degrade(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Clean samples x (B, C, H, W) in -1..1 -> c. With `fixed` chance follows from each sample's own numbers."""
        unit = ((x + 1) / 2).contiguous()
        with whole_precision(x.device):
            if not fixed:
                return self._played(unit, Draws(len(x), x.device))
            # One by one, so that not even the last bit depends on what else is in the batch.
            levels = (unit * self.target.white).round().to(torch.int32).cpu().numpy()
            draws = [follows(record, x.device) for record in levels]
            return torch.cat([self._played(unit[i : i + 1], each) for i, each in enumerate(draws)])

    def condition(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        c = self._own_channels(scaled(pictures, 255 if pictures.dtype == torch.uint8 else 65535))
        for step in self.steps:
            if isinstance(step, Grey):
                c = grey(c, step.single)
        if not self.holes:
            no_mask(mask)
            return c
        if mask is None:
            raise ConfigError("this model fills holes and wants a mask (white = hole) beside each picture; give --mask")
        if mask.shape != (len(c), *c.shape[2:]):
            wanted, got = (" x ".join(map(str, shape[-2:])) for shape in (c.shape, mask.shape))
            raise DataError(f"wanted a mask of the picture's size, {wanted}, got {got}; resize it")
        hole = mask.to(c.device, torch.bool)[:, None]
        return torch.cat([c.masked_fill(hole, 2 * FILLED - 1), hole.to(c.dtype) * 2 - 1], 1)

    def compose(self, y: Tensor, c: Tensor) -> Tensor:
        """Holes are what the network drew; known pixels are those of the input, to the last bit."""
        return torch.where(c[:, -1:] > 0, y, c[:, :-1].to(y.dtype)) if self.holes else y

    def _played(self, unit: Tensor, draws: Draws) -> Tensor:
        for step in self.steps:
            if isinstance(step, Holes):
                unit = self._stored(unit)
            unit = step.apply(unit, draws)
        return (unit if self.holes else self._stored(unit)) * 2 - 1

    def _stored(self, unit: Tensor) -> Tensor:
        """What a file keeps of numbers in 0..1."""
        white = self.target.white
        return (unit.clamp(0, 1) * white).round() / white

    def _framed(self, x: Tensor, fixed: bool) -> Tensor:
        """Stored pictures (B, H, W, C): a crop of each, mirrored and turned, as the settings say."""
        draws = Draws(len(x), torch.device("cpu"))
        if self.crop is not None:
            room = (x.shape[1] - self.crop, x.shape[2] - self.crop)
            tops, lefts = ([each // 2] * len(x) if fixed else draws.offsets(each) for each in room)
            places = zip(x, tops, lefts, strict=True)
            x = torch.stack([each[top : top + self.crop, left : left + self.crop] for each, top, left in places])
        if fixed:
            return x
        if self.flip:
            x = _half(x, x.flip(2), draws)
        if self.turns:
            x = _half(x, x.flip(1), draws)
            x = _half(x, x.transpose(1, 2), draws)
        return x

    def _own_channels(self, c: Tensor) -> Tensor:
        wanted = self.target.channels
        if c.shape[1] == 1 and wanted == 3:
            return c.expand(-1, 3, -1, -1)
        if c.shape[1] == 3 and wanted == 1:
            return grey(c, single=True)
        if c.shape[1] != wanted:
            raise ConfigError(f"this model takes pictures of {wanted} channels, got {c.shape[1]}")
        return c


@contextmanager
def whole_precision(device: torch.device) -> Iterator[None]:
    """Training may multiply in fewer bits than the eight of a picture need; degradations may not."""
    matrices, filters = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, filters.allow_tf32
    matrices.allow_tf32 = filters.allow_tf32 = False
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        matrices.allow_tf32, filters.allow_tf32 = before


def _half(x: Tensor, other: Tensor, draws: Draws) -> Tensor:
    chosen = draws.flags(0.5).to(x.device)[:, None, None, None]
    return other.where(chosen, x)
