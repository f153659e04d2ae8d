"""Whether a file shows what another one shows: exactly, but for rounding, within what its kind loses, or not."""

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..domains.audio.wav import read_wav
from ..domains.base import Raw
from ..domains.clips.film import SUFFIXES as FILMS
from ..domains.image.decode import FORMATS, own_pixel_limit
from ..extras import library
from ..settings import DataError

Sameness = Literal["same", "rounded", "lossy", "other"]
ROUNDING = 2
"""Of 255: how far a picture may be off where another engine or machine made it."""
BLOCK = 8
APART = 6.0
"""Of 255, in the worst block: how far two encoders of one kind may be apart, or as far as they lose themselves."""
_LOSSY = (".jpg", ".jpeg", ".webp")
_PICTURES = (".png", ".bmp", ".tif", ".tiff", ".gif", *_LOSSY)
_QUALITIES = (92, 80, 95, 90, 85, 75, 60, 50)
_FAULTS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    OverflowError,
    MemoryError,
)


def sameness(path: Path, again: Path) -> Sameness:
    """Compare what two files show, whatever marks they carry. Raises DataError where the first cannot be read."""
    kinds = [each.suffix.lower() for each in (path, again)]
    try:
        if kinds[0] in _PICTURES and kinds[1] in _PICTURES:
            return _pictures(path, again)
        if kinds[0] != kinds[1]:
            return "other"
        compare = _films if kinds[0] in FILMS else _KINDS.get(kinds[0], _bytes)
        return compare(path, again)
    except DataError as error:
        raise DataError(f"{path}: {error}; get the file anew") from None
    except _FAULTS as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: cannot be read ({reason}); get the file anew") from None


def _pictures(path: Path, again: Path) -> Sameness:
    """Sizes first: what was made again has honest ones, so no bomb is decoded."""
    with own_pixel_limit(), Image.open(path, formats=FORMATS) as mine, Image.open(again, formats=FORMATS) as other:
        frames = [getattr(each, "n_frames", 1) for each in (mine, other)]
        if mine.size != other.size or frames[0] != frames[1]:
            return "other"
        found = [_all(mine), _all(other)]
        verdict = _numbers(found[0], found[1], 255 if found[0].dtype == np.uint8 else 65535)
        if verdict == "same" or path.suffix.lower() not in _LOSSY:
            return verdict
        return _after_loss(mine, found[0], found[1])


def _all(picture: Any) -> Raw:
    """All frames (T, H, W, 4), opacity last; 16 bits of grey as 4 equal channels."""
    found = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        deep = picture.mode.startswith("I")
        pixels = np.asarray(picture) if deep else np.asarray(picture.convert("RGBA"))
        found.append(pixels[..., None].repeat(4, -1) if deep else pixels)
    return np.stack(found)


def _after_loss(picture: Any, mine: Raw, exact: Raw) -> Sameness:
    """A lossy file: the exact picture packed in the same way has to come out the same, or lose as much."""
    for packed in _packed(picture, Image.fromarray(exact[0])):
        with Image.open(io.BytesIO(packed)) as other:
            after = _all(other)
        if np.array_equal(after, mine):
            return "same"
        if _worst(mine, after) <= max(APART, _worst(after, exact)):
            return "lossy"
    return "other"


def _packed(picture: Any, exact: Image.Image) -> list[bytes]:
    plain = exact.convert(picture.mode if picture.mode in ("L", "RGB") else "RGB")
    found, kind = [], picture.format
    options: list[dict[str, Any]]
    if kind == "JPEG":
        from PIL.JpegImagePlugin import get_sampling  # noqa: PLC0415

        options = [{"qtables": picture.quantization, "subsampling": max(0, get_sampling(picture))}]
    else:
        options = [{"quality": quality} for quality in _QUALITIES]
        plain = exact if picture.mode == "RGBA" else plain
    for each in options:
        held = io.BytesIO()
        plain.save(held, kind, **each)
        found.append(held.getvalue())
    return found


def _worst(one: Raw, other: Raw) -> float:
    """The root mean square difference in the worst block, opacity left out."""
    apart = (one[..., :3].astype(np.float64) - other[..., :3]) ** 2
    height, width = apart.shape[1:3]
    rows, columns = range(0, height, BLOCK), range(0, width, BLOCK)
    means = (apart[:, top : top + BLOCK, left : left + BLOCK].mean() for top in rows for left in columns)
    return float(max(means) ** 0.5)


def _films(path: Path, again: Path) -> Sameness:
    """Frame by frame; both were packed by the same kind of encoder, so little may differ."""
    av = library("av", "videos", "video")
    verdict: Sameness = "same"
    try:
        with av.open(str(path)) as one, av.open(str(again)) as two:
            first, second = (each.streams.video[0].codec_context for each in (one, two))
            if (first.width, first.height) != (second.width, second.height):
                return "other"
            for mine, other in zip(one.decode(video=0), two.decode(video=0), strict=True):
                found = [each.to_ndarray(format="rgb24")[None] for each in (mine, other)]
                if not np.array_equal(*found):
                    verdict = "lossy"
                    if _worst(*found) > APART:
                        return "other"
    except (av.FFmpegError, IndexError) as error:
        raise DataError(f"cannot be read ({str(error).splitlines()[0]})") from None
    except ValueError:  # one has more frames than the other
        return "other"
    return verdict


def _arrays(path: Path, again: Path) -> Sameness:
    found = []
    for each in (path, again):
        held = np.load(each, allow_pickle=False)
        found.append({"": held} if isinstance(held, np.ndarray) else {name: held[name] for name in held.files})
    mine, other = found
    if mine.keys() != other.keys():
        return "other"
    whites = {name: int(np.iinfo(each.dtype).max) if each.dtype.kind in "iu" else 1 for name, each in mine.items()}
    verdicts = {_numbers(mine[name], other[name], whites[name]) for name in mine}
    return "same" if verdicts <= {"same"} else "rounded" if verdicts <= {"same", "rounded"} else "other"


def _numbers(mine: Raw, other: Raw, white: int) -> Sameness:
    if mine.shape != other.shape:
        return "other"
    if np.array_equal(mine, other):
        return "same"
    if mine.dtype.kind not in "iuf" or other.dtype.kind not in "iuf":
        return "other"
    apart = np.abs(mine.astype(np.float64) - other.astype(np.float64)).max()
    return "rounded" if apart <= ROUNDING * white / 255 else "other"


def _sounds(path: Path, again: Path) -> Sameness:
    found = [read_wav(each) for each in (path, again)]
    return _numbers(found[0][0], found[1][0], 1) if found[0][1] == found[1][1] else "other"


def _rows(path: Path, again: Path) -> Sameness:
    read = library("pyarrow.parquet", "Parquet files", "tabular").read_table
    return "same" if read(path).equals(read(again)) else "other"


def _bytes(path: Path, again: Path) -> Sameness:
    return "same" if path.read_bytes() == again.read_bytes() else "other"


_KINDS = {".wav": _sounds, ".parquet": _rows, ".npy": _arrays, ".npz": _arrays}
