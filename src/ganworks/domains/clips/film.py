"""A video file read frame by frame: the decoder flushed, the time of each frame known, other packets handed on."""

import re
from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from ...extras import library
from ...settings import DataError
from ..base import Raw

SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2ts", ".mts", ".wmv", ".flv", ".3gp", ".ogv",
)  # fmt: skip
"""What is read as a video."""
SLACK = Fraction(3, 2)
"""Frames that may lack at the end of a file before it is called truncated."""


class Shot(NamedTuple):
    """One frame of a video."""

    pixels: Raw
    """(H, W, 3) uint8, or uint16 where the video has more than 8 bits."""
    pts: int
    """When it is shown, in the stream's time base."""
    duration: int
    """In the same unit; 0 where the file does not say."""
    frame: Any
    """PyAV's own, for what else it knows."""


class Film:
    """An open video: iterating gives Shots, and between them the packets of sound and subtitles, in the file's order.

    Raises DataError on opening, in one line, when it is no video; what is wrong inside is in `damage` after iterating.
    """

    def __init__(self, path: Path):
        self._av = pyav()
        self.path = path
        try:
            self.container = self._av.open(str(path))
        except (self._av.FFmpegError, OSError) as error:
            raise DataError(f"{path.name}: cannot be opened as a video ({reason(error)})") from None
        pictures = [each for each in self.container.streams.video if not each.disposition & _COVER]
        if not pictures:
            kinds = ", ".join(sorted({str(each.type) for each in self.container.streams}))
            self.container.close()
            raise DataError(f"{path.name}: has no video in it, only {kinds or 'nothing'}")
        self.video = pictures[0]
        self.video.thread_type = "AUTO"
        self.beside = [*self.container.streams.audio, *self.container.streams.subtitles]
        self.left = len(self.container.streams) - len(self.beside) - 1
        """Streams that are not carried over: further pictures, cover art, data."""
        self.frames, self._broken, self._stopped = 0, 0, ""
        self._steps: set[int] = set()
        self._last = 0
        self._next: int | None = None
        self._end = Fraction(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()

    def __iter__(self) -> Iterator[Any]:
        try:
            for packet in self.container.demux(self.video, *self.beside):
                if packet.stream.index == self.video.index:
                    yield from self._decoded(packet)
                elif packet.dts is not None:
                    self._seen(packet.pts, packet.duration, packet.time_base)
                    yield packet
        except self._av.FFmpegError as error:
            self._stopped = reason(error)
            yield from self._decoded(None)

    @property
    def rate(self) -> Fraction:
        """Frames a second, as a ratio: 24000/1001 stays that."""
        return self.video.average_rate or self.video.guessed_rate or Fraction(25)

    @property
    def uneven(self) -> tuple[float, float] | None:
        """The shortest and the longest time between frames in milliseconds, where the rate varies."""
        if not self._steps or max(self._steps) - min(self._steps) <= max(1, 0.02 * min(self._steps)):
            return None
        low, high = (float(each * self.video.time_base * 1000) for each in (min(self._steps), max(self._steps)))
        return low, high

    @property
    def damage(self) -> str | None:
        """What could not be decoded, in words; None for a whole file. Asked after iterating."""
        found = []
        promised = self.video.frames
        if self._broken:
            found.append(f"{self._broken} damaged pieces")
        if self._stopped:
            found.append(f"reading stopped: {self._stopped}")
        if promised > self.frames:
            found.append(f"{promised - self.frames} of {promised} frames missing")
        elif self.container.duration is not None:
            lacking = Fraction(self.container.duration, self._av.time_base) - self._end
            if lacking > max(SLACK / self.rate, Fraction(1, 10)):
                found.append(f"ends {float(lacking):.2g} s early")
        return "; ".join(found) or None

    def _decoded(self, packet: Any) -> Iterator[Shot]:
        try:
            frames = self.video.codec_context.decode(None) if packet is None else packet.decode()
        except self._av.FFmpegError:
            self._broken += 1
            return
        for frame in frames:
            self._broken += bool(frame.is_corrupt)
            yield self._shot(frame)

    def _shot(self, frame: Any) -> Shot:
        usual = max(1, round(1 / (self.rate * self.video.time_base)))
        pts = frame.pts if frame.pts is not None else self._next
        pts = 0 if pts is None else pts
        duration = frame.duration or 0
        if self._next is not None:
            # An encoder takes no two frames of one time, nor a step back.
            pts = max(pts, self._last + 1)
            self._steps.add(pts - self._last)
        self._last, self._next = pts, pts + (duration or usual)
        self._seen(pts, duration or usual, self.video.time_base)
        self.frames += 1
        return Shot(pixels(frame), pts, duration, frame)

    def _seen(self, pts: int | None, duration: int | None, unit: Fraction | None) -> None:
        if pts is not None and unit is not None:
            self._end = max(self._end, (pts + (duration or 0)) * unit)


def pyav() -> Any:
    """PyAV. Raises ConfigError when it is not installed."""
    return library("av", "videos", "video")


def natural(path: Path) -> list[tuple[int, str]]:
    """What paths are sorted by so that frame 10 comes after frame 9."""
    parts = re.split(r"(\d+)", path.as_posix())
    return [(int(each), each) if each.isdecimal() else (-1, each) for each in parts]


def reason(error: Exception) -> str:
    """Why FFmpeg gave up, in one line."""
    return str(getattr(error, "strerror", None) or error).splitlines()[0]


def pixels(frame: Any) -> Raw:
    """(H, W, 3): uint8, or uint16 where the frame has more than 8 bits."""
    found: Raw = converted(frame, format="rgb48le" if deep(frame) else "rgb24").to_ndarray()
    return np.ascontiguousarray(found)


def converted(frame: Any, **wanted: Any) -> Any:
    """Another format, rounded and with whole colours on the way.

    FFmpeg's usual way darkens by a level of 255 and is off by 1.4 after there and back; this one is off by 0.4.
    """
    ways = import_module("av.video.reformatter").Interpolation
    way = ways.BICUBIC | ways.ACCURATE_RND | ways.FULL_CHR_H_INT | ways.FULL_CHR_H_INP
    return frame.reformat(**wanted, interpolation=way)


def deep(frame: Any) -> bool:
    """Whether it has more than 8 bits."""
    return bool(max(each.bits for each in frame.format.components) > 8)


def opaque(frame: Any) -> bool:
    return not any(each.is_alpha for each in frame.format.components)


_COVER = 0x0400
"""FFmpeg's mark of a picture that stands for a sound file."""
