"""What fitting clips learns: the kind of their frames, how many there are, and what is done to them on the fly."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from ...spec import Batch, Span, Spec
from ..base import Raw
from ..degraded.codec import DegradedPictures, whole_precision
from ..degraded.draws import Draws, follows
from ..image.codec import Pictures
from .draws import ClipDraws
from .motion import moving


class Films(Pictures):
    """Clips (N, T, H, W, C) uint8 or uint16 <-> samples (B, C, T, H, W); single pictures as `Pictures` has them."""

    frames: int = Field(ge=2)
    """Of a clip."""

    @property
    def spec(self) -> Spec:
        single = super().spec
        return Spec(shape=(single.shape[0], self.frames, *single.shape[1:]), spans=single.spans)

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        if x.ndim == 4:
            return super().encode(x, labels, fixed)
        return Batch(together(super().encode(x.flatten(0, 1)).x, x.shape[1]))

    def decode(self, x: Tensor) -> Raw:
        if x.ndim == 4:
            return super().decode(x)
        single = super().decode(apart(x))
        return single.reshape(len(x), -1, *single.shape[1:])

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """One folder a clip, `000000` and on, with a picture a frame."""
        if records.ndim == 4:
            return super().write(records, folder, first)
        return [
            path
            for i, each in enumerate(records)
            for path in super(Films, self).write(each, folder / f"{first + i:06d}")
        ]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """Each clip a row of its frames, whatever the columns."""
        if records.ndim == 4:
            return super().preview(records, columns)
        count, frames, height, width, channels = records.shape
        rows = records.transpose(0, 2, 1, 3, 4).reshape(count, height, frames * width, channels)
        return super().preview(rows, 1)


class DegradedClips(DegradedPictures):
    """x (B, C, T, s H, s W) are the clean frames, c (B, C', T, H, W) what the steps made of them, both in -1..1.

    Records are photographs (B, H, W, C), of which clips are made by moving over them, or clips (B, T, H, W, C).
    """

    target: Films
    """The codec of the clips that come out, and of their frames."""
    pan: float = 2.0
    """Of motion that is made: largest speed, in pixels a frame."""
    zoom: float = 0.01
    """Of motion that is made: largest change of size in a frame, as a share."""
    turn: float = 0.5
    """Of motion that is made: largest turn in a frame, in degrees."""

    @property
    def spec(self) -> Spec:
        channels, frames, height, width = self.target.spec.shape
        inputs = channels
        for step in self.steps:
            inputs = step.channels(inputs)
        small = (inputs, frames, height // self.scale, width // self.scale)
        return Spec(
            shape=(channels, frames, height, width),
            spans=(Span(channels=channels, kind="linear"),),
            condition=Spec(shape=small, spans=(Span(channels=inputs, kind="linear"),)),
        )

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        clean = self._cut(x, fixed) if x.ndim == 5 else self._moving(x, fixed)
        if not fixed:
            clean = self._turned(clean)
        return Batch(clean, self.degrade(clean, fixed))

    @torch.no_grad()
    def degrade(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Clean clips x (B, C, T, H, W) in -1..1 -> c. With `fixed` chance follows from each clip's own numbers."""
        frames = x.shape[2]
        unit = ((apart(x) + 1) / 2).contiguous()
        with whole_precision(x.device):
            if not fixed:
                return together(self._played(unit, ClipDraws(frames, len(unit), x.device)), frames)
            levels = (unit * self.target.white).round().to(torch.int32).cpu().numpy()
            starts = range(0, len(unit), frames)
            chances = [follows(levels[i : i + frames], x.device).generator for i in starts]
            parts = [
                self._played(unit[i : i + frames], ClipDraws(frames, frames, x.device, chance))
                for i, chance in zip(starts, chances, strict=True)
            ]
            return together(torch.cat(parts), frames)

    def shown(self, c: Tensor) -> Raw:
        if c.ndim == 4:
            return super().shown(c)
        single = super().shown(apart(c))
        return single.reshape(len(c), -1, *single.shape[1:])

    def _moving(self, x: Tensor, fixed: bool) -> Tensor:
        """Stored photographs (B, H, W, C) -> clean clips. With `fixed` their motion follows from the photographs."""
        unit = x.permute(0, 3, 1, 2).to(torch.float32) / self.target.white
        chances = [follows(each, x.device) for each in x.cpu().numpy()] if fixed else [Draws(len(x), x.device)]
        size = self.target.height, self.target.width
        with whole_precision(x.device):
            parts = [
                moving(part, draws, self.target.frames, size, self.pan, self.zoom, self.turn, middle=fixed)
                for part, draws in zip(torch.split(unit, len(x) // len(chances)), chances, strict=True)
            ]
        return self._stored(torch.cat(parts)) * 2 - 1

    def _cut(self, x: Tensor, fixed: bool) -> Tensor:
        """Stored clips (B, T, H, W, C) -> clean clips: the same crop of all frames."""
        height, width = self.target.height, self.target.width
        room = (x.shape[2] - height, x.shape[3] - width)
        draws = Draws(len(x), torch.device("cpu"))
        tops, lefts = ([each // 2] * len(x) if fixed else draws.offsets(each) for each in room)
        places = zip(x, tops, lefts, strict=True)
        cut = [each[:, top : top + height, left : left + width] for each, top, left in places]
        return self.target.encode(torch.stack(cut)).x

    def _turned(self, x: Tensor) -> Tensor:
        """Mirrored, stood on its head and laid on its side, as the settings say; and run backwards half of the time."""
        draws = Draws(len(x), x.device)

        def half(other: Tensor) -> Tensor:
            return other.where(draws.flags(0.5)[:, None, None, None, None], x)

        x = half(x.flip(2))
        if self.flip:
            x = half(x.flip(4))
        if self.turns:
            x = half(x.flip(3))
            x = half(x.transpose(3, 4))
        return x


def apart(x: Tensor) -> Tensor:
    """Clips (B, C, T, H, W) -> their frames (B T, C, H, W), clip after clip."""
    return x.movedim(2, 1).flatten(0, 1)


def together(x: Tensor, frames: int) -> Tensor:
    """Frames (B T, C, H, W) -> the clips (B, C, T, H, W)."""
    return torch.unflatten(x, 0, (-1, frames)).movedim(1, 2).contiguous()
