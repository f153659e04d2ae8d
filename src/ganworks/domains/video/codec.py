"""Codec of clips and volumes: stored numbers <-> samples (B, C, T, H, W); and back into files that play."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ...spec import Batch, Span, Spec
from .. import classes
from ..base import Codec, Raw
from ..clips.film import pyav
from ..image.writing import write_picture
from . import drawing
from .first import First
from .volumes import write_volume

Files = Literal["gif", "webp", "mp4", "frames", "npz"]


class Moving(Codec):
    """Clips (N, T, H, W, C) uint8, or volumes (N, D, H, W, 1) uint16, <-> samples (B, C, T, H, W) in -1..1."""

    preview_count: ClassVar[int] = 20
    kind: Literal["clips", "volumes"] = "clips"
    channels: int = Field(gt=0)
    frames: int = Field(gt=0)
    """Of a clip; of a volume its slices, its first axis."""
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    mode: str
    """What the channels mean, as Pillow names it."""
    rate: float = Field(default=8.0, gt=0)
    """Frames a second that clips are written with."""
    files: Files = "gif"
    """What clips are written as."""
    classes: tuple[str, ...] = ()
    """Name of each label, by number."""
    shares: tuple[float, ...] = ()
    """Share of the training windows that each class has, where samples are conditioned on it."""
    first: First | None = None
    """What is known of first frames, where samples are conditioned on them."""
    low: float = 0.0
    """Of volumes: the value that 0 stands for."""
    high: float = 1.0
    """Of volumes: the value that 65535 stands for."""
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Of volumes: size of a voxel on each axis."""
    nifti: bool = False
    """Whether volumes are written as .nii.gz, as they came; else as .npy."""

    @property
    def spec(self) -> Spec:
        condition = self.first.spec if self.first else None
        if self.shares:
            condition = Spec(shape=(len(self.shares),), spans=(Span(channels=len(self.shares), kind="softmax"),))
        shape = (self.channels, self.frames, self.height, self.width)
        return Spec(shape=shape, spans=(Span(channels=self.channels, kind="tanh"),), condition=condition)

    @property
    def white(self) -> int:
        """The largest stored value."""
        return 65535 if self.kind == "volumes" else 255

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        samples = (x.permute(0, 4, 1, 2, 3).to(torch.float32) * (2 / self.white) - 1).contiguous()
        if self.first is not None:
            return Batch(samples, self.first.of(samples))
        if not self.shares or labels is None:
            return Batch(samples)
        return Batch(samples, functional.one_hot(labels.long(), len(self.shares)).to(torch.float32))

    def decode(self, x: Tensor) -> Raw:
        values = ((x.detach().to(torch.float32) + 1) * (self.white / 2)).round_().clamp_(0, self.white)
        stored = values.permute(0, 2, 3, 4, 1).to(torch.int32).cpu().numpy()
        return stored.astype(np.uint16 if self.kind == "volumes" else np.uint8)

    def some_conditions(self, count: int, generator: torch.Generator) -> Tensor:
        """Classes by their share of the training windows; first frames by their law."""
        if self.first is not None:
            return self.first.some(count, generator)
        if not self.shares:
            return super().some_conditions(count, generator)
        return classes.drawn(self.shares, count, generator)

    def conditions(self, words: Sequence[str], drawn: Tensor | None = None) -> Tensor:
        """Classes by name or number; with first frames given, picture files that clips begin with."""
        if self.first is not None:
            return torch.stack([self.first.given(word) for word in words])
        if not self.shares:
            return super().conditions(words)
        return classes.asked(words, self.classes, len(self.shares))

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        """A file a clip, or a folder of frames, `000000` and on; with files=npz one for all of them."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "volumes":
            return [
                write_volume(each, folder / f"{number:06d}", self.nifti, self.low, self.high, self.spacing)
                for number, each in enumerate(records, first)
            ]
        if self.files == "npz":
            path = folder / f"clips-{first:06d}.npz"
            np.savez_compressed(path, clips=records)
            return [path]
        return [path for number, each in enumerate(records, first) for path in self._written(each, folder, number)]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        """Each clip a row of its frames, from first to last; of a volume its slices."""
        return drawing.still(self._seen(records), self.mode)

    def moving(self, records: Raw, path: Path, columns: int) -> Path:
        """One picture, .webp or .gif, in which all the clips play side by side."""
        return drawing.animation(drawing.moving(self._seen(records), self.mode, columns), path, self.rate)

    def _seen(self, records: Raw) -> Raw:
        return records if records.dtype == np.uint8 else ((records.astype(np.uint32) + 128) // 257).astype(np.uint8)

    def _written(self, clip: Raw, folder: Path, number: int) -> list[Path]:
        if self.files == "frames":
            inner = folder / f"{number:06d}"
            inner.mkdir(exist_ok=True)
            return [write_picture(each, inner / f"{t:06d}", self.mode) for t, each in enumerate(clip)]
        path = folder / f"{number:06d}.{self.files}"
        shown = clip if clip.shape[-1] == 3 else np.repeat(clip[..., :1], 3, axis=-1)
        if self.files == "mp4":
            return [_film(shown, path, self.rate)]
        return [drawing.animation(list(shown), path, self.rate)]


def _film(frames: Raw, path: Path, rate: float) -> Path:
    """Frames (T, H, W, 3) as H.264, whose sides have to be even: an odd one gets its last line twice."""
    av = pyav()
    even = [(0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)]
    frames = np.pad(frames, even, mode="edge")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1000))
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        stream.options = {"crf": "12"}
        for each in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(each), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path
