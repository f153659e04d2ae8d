"""Tiny videos, made here: squares that move over a gradient, with a tone beside them."""

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

NTSC = Fraction(24000, 1001)


def moving(count: int = 24, height: int = 48, width: int = 64, seed: int = 0) -> list[np.ndarray]:
    """Frames (H, W, 3) of a smooth pattern that moves by two pixels a frame, to the right."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (6, 14, 1)) + rng.uniform(-20, 20, (6, 14, 3))
    rows, columns = np.linspace(0, 5, height), np.linspace(0, 13, width + 2 * count)
    wide = np.stack([_resized(coarse[..., i], rows, columns) for i in range(3)], 2)
    return [wide[:, 2 * (count - i) : 2 * (count - i) + width].round().astype(np.uint8) for i in range(count)]


def _resized(plane: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    tall = np.stack([np.interp(rows, np.arange(len(plane)), each) for each in plane.T], 1)
    return np.stack([np.interp(columns, np.arange(plane.shape[1]), each) for each in tall])


def film(
    path: Path, frames: list[np.ndarray], codec: str = "libx264", pix: str = "yuv420p", sound: str | None = "aac",
    rate: Fraction = NTSC, times: list[int] | None = None, unit: Fraction | None = None, degrees: int = 0,
) -> Path:  # fmt: skip
    """A video of these frames, shown at these times in the unit, or evenly."""
    unit = unit or 1 / Fraction(rate.numerator)
    times = times or [i * rate.denominator for i in range(len(frames))]
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=rate, options={"crf": "12"} if codec == "libx264" else {})
        video.height, video.width, video.pix_fmt = *frames[0].shape[:2], pix
        video.codec_context.time_base = video.time_base = unit
        if degrees:
            video.set_display_rotation(degrees)
        audio = out.add_stream(sound, rate=8000, layout="mono") if sound else None
        for pixels, pts in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = pts, unit
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio:
            tone = (np.sin(np.arange(8000) / 7) * 9000).astype(np.int16)[None]
            heard = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            heard.sample_rate, heard.pts = 8000, 0
            out.mux(audio.encode(heard))
            out.mux(audio.encode(None))
    return path


class Seen(NamedTuple):
    """What a video holds."""

    frames: list[np.ndarray]
    times: list[Fraction]
    rate: Fraction
    duration: float
    sound: list[tuple[Any, bytes]]
    rotation: int
    kind: str


def look(path: Path) -> Seen:
    with av.open(str(path)) as found:
        video = found.streams.video[0]
        frames = list(found.decode(video))
        rate, duration, kind = video.average_rate, float(found.duration / av.time_base), frames[0].format.name
        unit = video.time_base
    sound = []
    with av.open(str(path)) as found:
        for audio in found.streams.audio[:1]:
            sound = [(each.pts * each.time_base, bytes(each)) for each in found.demux(audio) if each.size]
    pixels = [each.to_ndarray(format="rgb24") for each in frames]
    return Seen(pixels, [each.pts * unit for each in frames], rate, duration, sound, frames[0].rotation, kind)
