"""A video file written frame by frame: whole or not at all, times, colours and turn as they were, sound copied."""

import contextlib
import itertools
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ...domains.base import Raw
from ...domains.clips.film import Film, Shot, converted, deep, opaque, pyav, reason
from ...settings import ConfigError, DataError
from ...training.folder import PARTIAL, sync_folder

OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "16"},
    "libx265": {"crf": "18", "x265-params": "log-level=error"},
    "libvpx-vp9": {"crf": "20", "b": "0"},
    "libsvtav1": {"crf": "20"},
}
"""Of encoders; a low crf, because what was repaired should not be spoilt again."""
_serial = itertools.count()


class Making:
    """A video that is being made beside `film`. Nothing stands at the target before `finish`."""

    def __init__(self, target: Path, film: Film, encoder: str):
        self._av = pyav()
        self.target, self.film, self.encoder = target, film, encoder
        target.parent.mkdir(parents=True, exist_ok=True)
        name = f"{PARTIAL}{os.getpid()}-{next(_serial)}{target.suffix.lower()}"
        self._partial = target.resolve().with_name(name)
        self._video: Any = None
        self._beside: dict[int, Any] = {}
        self._waiting: list[Any] = []
        self._rounded = False
        try:
            self._out = self._av.open(str(self._partial), "w")
        except (self._av.FFmpegError, OSError) as error:
            raise ConfigError(f"{target} cannot be written: {reason(error)}; choose another place") from None
        try:
            self._prepare()
        except BaseException:
            self._abandon()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()

    @property
    def notes(self) -> list[str]:
        """What of the times or the pixels could not be kept, in words."""
        found = []
        if self._rounded:
            found.append(f"times were rounded to {1000 * float(self._video.time_base):g} ms, as such files count")
        if self._video is not None and self._odd:
            found.append(f"sides are odd: written as {self._video.pix_fmt}, which some players do not know")
        return found

    def add(self, drawn: Raw, shot: Shot) -> None:
        """The next frame, pixels (H, W, 3) of the kind of the shot it was drawn from."""
        if self._video is None:
            self._begin(drawn, shot)
        size = drawn.shape[1], drawn.shape[0]
        if size != self._size:
            raise DataError(f"{self.film.path.name}: frames change their size in the middle; cut it there")
        kind = "rgb48le" if drawn.dtype == np.uint16 else "rgb24"
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(drawn), format=kind)
        colours = {"dst_colorspace": shot.frame.colorspace, "dst_color_range": self._range(shot)}
        frame = converted(frame, format=self._video.pix_fmt, **colours)
        frame.pts, frame.time_base, frame.duration = shot.pts, self.film.video.time_base, shot.duration
        self._mux(frame)
        self._rounded |= (shot.pts * self.film.video.time_base / self._video.time_base).denominator > 1

    def copy(self, packet: Any) -> None:
        """A packet of sound or subtitles, as it is."""
        if packet.stream.index not in self._beside:
            return
        if self._video is None:  # the header needs the size of what is drawn
            self._waiting.append(packet)
            return
        packet.stream = self._beside[packet.stream.index]
        self._write(packet)

    def finish(self) -> None:
        """Flush the encoder and put the file in its place. Raises DataError when there was no frame."""
        if self._video is None:
            raise DataError(f"{self.film.path.name}: no frame could be decoded")
        self._mux(None)
        self._guarded(self._out.close)
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
        self._partial.replace(self.target.resolve())
        sync_folder(self.target.resolve().parent)

    def _prepare(self) -> None:
        """Streams beside the pictures. Raises ConfigError when the kind of file cannot hold them."""
        held, ending = self._out.supported_codecs, self.target.suffix
        if self.encoder not in held and self._av.Codec(self.encoder, "w").canonical_name not in held:
            raise ConfigError(f"{self.target}: {ending} files hold no {self.encoder}; name the output .mkv")
        for stream in self.film.beside:
            name = stream.codec_context.name
            if name not in held and stream.codec_context.codec.canonical_name not in held:
                raise ConfigError(f"{self.target}: {ending} files hold no {name} {stream.type}; name the output .mkv")
            copy = self._out.add_stream_from_template(stream)
            copy.metadata.update(stream.metadata)
            self._beside[stream.index] = copy
        self._out.metadata.update(self.film.container.metadata)
        self._out.set_chapters(self.film.container.chapters())

    def _begin(self, drawn: Raw, shot: Shot) -> None:
        given, unit = self.film.video, self.film.video.time_base
        video = self._out.add_stream(self.encoder, rate=self.film.rate, options=OPTIONS.get(self.encoder, {}))
        self._size = video.width, video.height = drawn.shape[1], drawn.shape[0]
        self._odd = bool(video.width % 2 or video.height % 2) and self.encoder != "ffv1"
        video.pix_fmt = self._format(shot)
        video.codec_context.time_base = video.time_base = unit
        if given.sample_aspect_ratio:
            video.codec_context.sample_aspect_ratio = given.sample_aspect_ratio
        for name in ("colorspace", "color_primaries", "color_trc"):
            setattr(video.codec_context, name, getattr(shot.frame, name))
        video.codec_context.color_range = self._range(shot)
        self._turn(video, shot)
        video.metadata.update({name: text for name, text in given.metadata.items() if name.lower() != "duration"})
        self._video = video
        self._guarded(self._out.start_encoding)
        waiting, self._waiting = self._waiting, []
        for packet in waiting:
            self.copy(packet)

    def _turn(self, video: Any, shot: Shot) -> None:
        """How players are to turn the pictures, which are drawn as they are stored."""
        matrix = shot.frame.side_data.get(self._av.sidedata.sidedata.Type.DISPLAYMATRIX)
        if matrix is not None:
            video.set_display_matrix(np.frombuffer(bytes(matrix), "<i4").tolist())

    def _format(self, shot: Shot) -> str:
        """How pixels are stored: as they were where the encoder can; with full colours where sides are odd."""
        known = {each.name for each in self._av.Codec(self.encoder, "w").video_formats or ()}
        was, bits = shot.frame.format.name if opaque(shot.frame) else "", "10le" if deep(shot.frame) else ""
        if self.encoder == "ffv1":
            return "gbrp16le" if bits else "bgr0"
        plain = [f"yuv444p{bits}"] if self._odd else [was, f"yuv420p{bits}", f"yuv444p{bits}"]
        wanted = [*plain, "yuv444p", "yuv420p"]
        return str(next((each for each in wanted if each in known), wanted[-1]))

    def _range(self, shot: Shot) -> int:
        """Full or limited, as the frame had it; 0 where it did not say."""
        return int(shot.frame.color_range)

    def _mux(self, frame: Any) -> None:
        for packet in self._guarded(lambda: self._video.encode(frame)):
            self._write(packet)

    def _write(self, packet: Any) -> None:
        self._guarded(lambda: self._out.mux(packet))

    def _guarded(self, act: Any) -> Any:
        try:
            return act()
        except (self._av.FFmpegError, OSError) as error:
            raise ConfigError(
                f"{self.target} cannot be written with {self.encoder}: {reason(error)}; try another place or --codec"
            ) from None

    def _abandon(self) -> None:
        """Leave nothing behind of a file that was not finished."""
        with contextlib.suppress(self._av.FFmpegError, OSError, RuntimeError):
            self._out.close()
        self._partial.unlink(missing_ok=True)
