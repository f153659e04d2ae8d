"""The bytes of one picture file -> an array (H, W, C), or the reason why not.

Every file is decoded whole: Pillow's own `verify` lets half a JPEG pass. Formats are an allow-list, and the
size a header declares is checked before a single pixel is decoded.
"""

import hashlib
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as PILImage
from PIL import ImageOps, UnidentifiedImageError

from ..base import Raw

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
SMALLEST = 4
"""Sides below this many pixels are no pictures: no network has fewer than 4 x 4."""
_GREY = ("1", "L", "LA", "La")
_DEEP = ("I", "F")
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"GIF8", b"P5", b"P6")
_UPRIGHT = 1
_EXIF_ORIENTATION = 0x0112


class Unreadable(Exception):
    """One picture cannot be used; the text is the reason as it stands in the quarantine list."""


class Header(NamedTuple):
    """What a file says about its picture before it is decoded. Sides are those of the upright picture."""

    height: int
    width: int
    colour: bool
    alpha: bool
    deep: bool
    """More than 8 bits a channel, kept as 16."""
    turned: bool
    """EXIF asks for a turn or a flip."""
    animated: bool
    narrowed: bool
    """Colour of 16 bits, of which Pillow gives 8."""


class Decoded(NamedTuple):
    """Pixels (H, W, C) uint8 or uint16, upright; the last channel is opacity when `alpha`."""

    pixels: Raw
    alpha: bool = False


@contextmanager
def own_pixel_limit() -> Iterator[None]:
    """Pillow's process-wide size warning is off inside: it speaks too late, and `probe` checks every header."""
    before = PILImage.MAX_IMAGE_PIXELS
    PILImage.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
            yield
    finally:
        PILImage.MAX_IMAGE_PIXELS = before


def probe(data: bytes, pixel_limit: int) -> Header:
    """Read the header alone. Raises Unreadable."""
    with _opened(data) as picture:
        width, height = picture.size
        _check_size(width, height, pixel_limit)
        try:
            orientation = _orientation(picture, data)
            alpha = picture.has_transparency_data
            animated = bool(getattr(picture, "is_animated", False))
        except Exception as error:  # a hostile file may raise anything in a decoder
            raise Unreadable(_fault(error, data)) from None
        if orientation > 4:
            width, height = height, width
        deep = picture.mode.startswith(_DEEP)
        return Header(
            height=height,
            width=width,
            colour=picture.mode not in _GREY and not deep,
            alpha=alpha and not deep,
            deep=deep,
            turned=orientation != _UPRIGHT,
            animated=animated,
            narrowed=data[:4] == _SIGNATURES[0] and data[24:25] == b"\x10" and data[25:26] in (b"\2", b"\4", b"\6"),
        )


def decode(data: bytes) -> Decoded:
    """Decode one picture whole, first frame, turned upright. Raises Unreadable.

    Bits become 0 and 255; palettes, CMYK and other colour spaces RGB; 16-bit grey stays 16 bits. 32-bit whole numbers
    are taken when they lie in 0..65535, and floating-point ones in 0..1, both as 16-bit grey.
    """
    with _opened(data) as picture:
        try:
            if picture.format == "PNG":
                with _opened(data) as twin:
                    twin.verify()  # checks the sums of all chunks, which decoding does not
            picture.load()
            return _canonical(_upright(picture))
        except Unreadable:
            raise
        except Exception as error:  # a hostile file may raise anything in a decoder
            raise Unreadable(_fault(error, data)) from None


def content_hash(pixels: Raw) -> bytes:
    """16 bytes of SHA-256 over a picture as decoded, before it is resized: what fixes its split."""
    digest = hashlib.sha256(f"{pixels.shape}{pixels.dtype.str}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()[:16]


def _canonical(picture: PILImage.Image) -> Decoded:
    mode = picture.mode
    if mode.startswith("I;16"):
        return Decoded(np.asarray(picture).astype(np.uint16)[..., None])
    if mode in _DEEP:
        values = np.asarray(picture)
        if mode == "F":
            if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
                raise Unreadable("floating-point values outside 0..1")
            values = np.rint(values.astype(np.float64) * 65535)
        elif values.min() < 0 or values.max() > 65535:
            raise Unreadable("32-bit values outside 0..65535")
        return Decoded(values.astype(np.uint16)[..., None])
    alpha = picture.has_transparency_data
    target = ("LA" if alpha else "L") if mode in _GREY else ("RGBA" if alpha else "RGB")
    pixels = np.asarray(picture if mode == target else picture.convert(target))
    return Decoded(pixels.reshape(*pixels.shape[:2], -1), alpha)


def _upright(picture: PILImage.Image) -> PILImage.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # broken EXIF is no reason to lose a whole picture
        return picture


def _opened(data: bytes) -> Any:
    if not data:
        raise Unreadable("empty (0 bytes)")
    try:
        return PILImage.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise Unreadable(_what_else(data)) from None
    except Exception as error:  # a hostile file may raise anything in a decoder
        raise Unreadable(_fault(error, data)) from None


def _check_size(width: int, height: int, pixel_limit: int) -> None:
    if min(width, height) < SMALLEST:
        raise Unreadable(f"{width} x {height} pixels, below {SMALLEST} x {SMALLEST}")
    if width * height > pixel_limit:
        raise Unreadable(f"{width} x {height} pixels, above pixel_limit={pixel_limit}")


def _orientation(picture: PILImage.Image, data: bytes) -> int:
    # Pillow decodes a whole PNG to look for EXIF behind the pixels, so those are asked only when there is some.
    if picture.format == "PNG" and b"eXIf" not in data and b"Raw profile type exif" not in data:
        return _UPRIGHT
    try:
        orientation = int(picture.getexif().get(_EXIF_ORIENTATION, _UPRIGHT))
    except Exception:  # broken EXIF is no reason to lose a whole picture
        return _UPRIGHT
    return orientation if 1 <= orientation <= 8 else _UPRIGHT


def _what_else(data: bytes) -> str:
    """What a file that Pillow does not know seems to be."""
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start):
        return "an HTML page, not a picture"
    if start.startswith((b"<svg", b"<?xml")):
        return "XML or SVG, not one of the formats read"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer; the picture itself was not fetched"
    if _cut_short(data):
        return f"truncated after {_amount(data)}"
    return "broken, or of an unsupported kind" if data.startswith(_SIGNATURES) else "not a picture"


def _fault(error: Exception, data: bytes) -> str:
    text = str(error)
    if "truncat" in text.lower() or isinstance(error, EOFError | struct.error) or _cut_short(data):
        return f"truncated after {_amount(data)}"
    if isinstance(error, MemoryError):
        return "not enough memory to decode it"
    return f"cannot be decoded ({(text.splitlines() or [type(error).__name__])[0]})"


def _cut_short(data: bytes) -> bool:
    """Whether the end that the format demands is missing."""
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data[-64:] and b"IEND" not in data
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" not in data
    if data.startswith(b"RIFF") and len(data) >= 8:
        return len(data) < int.from_bytes(data[4:8], "little") + 8
    return False


def _amount(data: bytes) -> str:
    return f"{len(data)} bytes" if len(data) < 1000 else f"{len(data) / 1000:.0f} kB"
