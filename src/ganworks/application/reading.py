"""A picture file -> all of its pixels at their own depth, upright, with its opacity; or the reason why not.

Pillow gives colours of 16 bits at 8, so those are read with OpenCV (PNG) and tifffile (TIFF).
"""

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as PILImage
from PIL import ImageCms

from ..domains.base import Raw
from ..domains.image.decode import FORMATS, Unreadable, decode, own_pixel_limit, probe
from ..extras import library
from ..settings import ConfigError

LARGEST = 1 << 30
"""Pixels of one picture."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _BITS, _SAMPLES = 0x0112, 258, 277
_TURNS = {2: "mirrored", 3: "turned", 4: "mirrored", 5: "turned", 6: "turned", 7: "turned", 8: "turned"}


class Picture(NamedTuple):
    """Pixels (H, W, 1 or 3) uint8 or uint16 with their opacity (H, W), and what was found on the way."""

    pixels: Raw
    alpha: Raw | None = None
    profile: bytes | None = None
    """A colour profile that has to stay with the pixels."""
    notes: tuple[str, ...] = ()
    """What the user should know about how it was read."""

    @property
    def white(self) -> int:
        return int(np.iinfo(self.pixels.dtype).max)


def read(path: Path) -> Picture:
    """Raises Unreadable, or ConfigError when a library is missing."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror})") from None
    with own_pixel_limit():
        if data.startswith(_TIFF) and (deep := _deep_tiff(data)) is not None:
            return deep
        header = probe(data, LARGEST)
        shallow = decode(data)  # also where it is read deeper below: only this finds that a file is truncated
        if header.narrowed:
            return _deep_png(data)
        alpha = shallow.pixels[..., -1] if shallow.alpha else None
        pixels = shallow.pixels[..., :-1] if shallow.alpha else shallow.pixels
        said = {"turned upright as EXIF asks": header.turned, "the first of several frames": header.animated}
        notes = tuple(line for line, true in said.items() if true)
        return _without_profile(Picture(pixels, alpha, _profile(data), notes))


def _deep_png(data: bytes) -> Picture:
    cv2 = library("cv2", "PNG files with colours of 16 bits", "imaging")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise Unreadable("cannot be decoded at 16 bits")
    with PILImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        grey = data[25:26] == b"\4"  # colour type: grey with opacity, which OpenCV spreads over three colours
        orientation = picture.getexif().get(_ORIENTATION, 1) if b"eXIf" in data else 1
    colours = pixels[..., :1] if grey else pixels[..., 2::-1]
    return _turned(Picture(colours, pixels[..., 3] if pixels.shape[2] == 4 else None, _profile(data)), orientation)


def _deep_tiff(data: bytes) -> Picture | None:
    """A TIFF of 16 bits with several channels; None where Pillow reads all there is, or says what is wrong."""
    try:
        with PILImage.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            tags = picture.tag_v2  # type: ignore[attr-defined]
            if tags.get(_SAMPLES, 1) == 1 or max(tags.get(_BITS, (1,))) <= 8:
                return None
    except Exception:  # Pillow knows fewer kinds than tifffile
        if not data:
            return None
    tifffile = library("tifffile", "TIFF files with colours of 16 bits", "imaging")
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            if page.dtype != np.uint16 or page.photometric.name not in ("RGB", "MINISBLACK"):
                raise Unreadable(f"stores {page.dtype} {page.photometric.name}; wanted grey or RGB of 8 or 16 bits")
            if page.imagelength * page.imagewidth > LARGEST:
                raise Unreadable(f"{page.imagewidth} x {page.imagelength} pixels, above {LARGEST}")
            colours = 3 if page.photometric.name == "RGB" else 1
            pixels, decoded = _decoded_tiff(page, data)
            tag = page.tags.get(_ORIENTATION)
            orientation = int(tag.value) if tag and decoded else 1
            notes = ("the first of several pages",) if len(file.pages) > 1 else ()
            profile = page.tags.get("InterColorProfile")
    except (Unreadable, ConfigError, MemoryError):
        raise
    except Exception as error:  # a hostile file may raise anything in a decoder
        raise Unreadable(f"cannot be decoded ({(str(error).splitlines() or [type(error).__name__])[0]})") from None
    alpha = pixels[..., colours] if pixels.shape[2] > colours else None
    kept = bytes(profile.value) if profile else None
    return _turned(Picture(pixels[..., :colours], alpha, kept, notes), orientation)


def _decoded_tiff(page: Any, data: bytes) -> tuple[Raw, bool]:
    """(H, W, C), and whether the orientation is still to be applied: OpenCV, which knows LZW, does that itself."""
    try:
        pixels = page.asarray()
    except (ValueError, KeyError) as error:
        if "imagecodecs" not in str(error):
            raise
        cv2 = library("cv2", f"TIFF files compressed as {page.compression.name}", "imaging")
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.dtype != np.uint16:
            raise Unreadable(f"compressed as {page.compression.name}, which cannot be decoded here") from None
        pixels = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
        return pixels.reshape(*pixels.shape[:2], -1), False
    if page.planarconfig.name == "SEPARATE":
        pixels = np.moveaxis(pixels, 0, -1)
    return pixels.reshape(page.imagelength, page.imagewidth, -1), True


def _turned(picture: Picture, orientation: int) -> Picture:
    """As EXIF numbers the eight ways a picture can lie."""
    if orientation not in _TURNS:
        return picture

    def upright(pixels: Raw) -> Raw:
        if orientation >= 5:
            pixels = pixels.swapaxes(0, 1)
        if orientation in (2, 3, 6, 7):
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(pixels[::-1] if orientation in (3, 4, 7, 8) else pixels)

    alpha = None if picture.alpha is None else upright(picture.alpha)
    notes = (*picture.notes, "turned upright as EXIF asks")
    return picture._replace(pixels=upright(picture.pixels), alpha=alpha, notes=notes)


def _profile(data: bytes) -> bytes | None:
    with PILImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        profile = picture.info.get("icc_profile")
        return profile if isinstance(profile, bytes) and picture.mode in ("RGB", "RGBA", "I;16") else None


def _without_profile(picture: Picture) -> Picture:
    """Colours of 8 bits in sRGB, which is what networks were shown; deeper ones keep their profile."""
    if picture.profile is None or picture.white > 255 or picture.pixels.shape[2] != 3:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(picture.profile))
        if "srgb" in ImageCms.getProfileDescription(own).lower():
            return picture
        image = PILImage.fromarray(np.ascontiguousarray(picture.pixels))
        turned = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is no reason to lose a picture
        return picture._replace(profile=None, notes=(*picture.notes, "its colour profile is broken and was left out"))
    notes = (*picture.notes, "its colours were brought to sRGB")
    return picture._replace(pixels=np.asarray(turned), profile=None, notes=notes)
