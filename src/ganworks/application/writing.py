"""Pixels -> the bytes of a picture file, at their own depth, with their opacity."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage

from ..domains.base import Raw
from ..extras import library
from .reading import Picture

QUALITY = 95
"""Of a JPEG; its colours are kept at full size."""
KINDS = {
    ".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpg", ".jpeg": "jpg", ".bmp": "bmp", ".webp": "webp",
}  # fmt: skip
"""What is written, by suffix. Files of other kinds come out as PNG."""
SUFFIXES = {"png": ".png", "tiff": ".tif", "jpg": ".jpg"}
"""The suffix of each kind a user can ask for."""
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_DEEP = ("png", "tiff")
_OPAQUE = ("jpg", "bmp")
_OPTIONS: dict[str, dict[str, Any]] = {
    "jpg": {"quality": QUALITY, "subsampling": 0},
    "webp": {"lossless": True, "exact": True},
}
_END_OF_HEADER = 33
"""Where a PNG's first chunk ends: its mark, then 13 bytes of header with their length, name and sum."""


def kept(path: Path) -> str:
    """The suffix of what comes out for a file that goes in."""
    return path.suffix if path.suffix.lower() in KINDS else ".png"


def lost(picture: Picture, kind: str) -> list[str]:
    """What a kind of file cannot hold of a picture, in words."""
    found = []
    if picture.white > 255 and kind not in _DEEP:
        found.append(f"{kind} holds 8 bits: 16 were reduced")
    if picture.alpha is not None and kind in _OPAQUE:
        found.append(f"{kind} holds no opacity: it was left out")
    return found


def encoded(picture: Picture, kind: str) -> bytes:
    """The file of a picture. Raises ConfigError when a library is missing."""
    pixels, alpha = picture.pixels, picture.alpha
    if picture.white > 255 and kind not in _DEEP:
        pixels, alpha = shallow(pixels), None if alpha is None else shallow(alpha)
    if alpha is not None and kind not in _OPAQUE:
        pixels = np.concatenate([pixels, alpha[..., None]], axis=2)
    if pixels.dtype == np.uint16 and pixels.shape[2] > 1:
        deep = _deep_png if kind == "png" else _deep_tiff
        return deep(pixels, picture.profile)
    mode = _MODES[pixels.shape[2]]
    image = PILImage.fromarray(np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels))
    options = dict(_OPTIONS.get(kind, {}))
    if picture.profile is not None and kind != "bmp":
        options["icc_profile"] = picture.profile
    buffer = io.BytesIO()
    image.save(buffer, {"jpg": "jpeg"}.get(kind, kind), **options)
    return buffer.getvalue()


def shallow(pixels: Raw) -> Raw:
    """16 bits -> 8, rounded."""
    return pixels if pixels.dtype == np.uint8 else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _deep_png(pixels: Raw, profile: bytes | None) -> bytes:
    """OpenCV has no grey with opacity, so that is written as colours that are all grey."""
    cv2 = library("cv2", "PNG files with colours of 16 bits", "imaging")
    if pixels.shape[2] == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]))
    assert done
    png = bytes(data)
    return png if profile is None else png[:_END_OF_HEADER] + _profile_chunk(profile) + png[_END_OF_HEADER:]


def _profile_chunk(profile: bytes) -> bytes:
    named = b"iCCPprofile\0\0" + zlib.compress(profile)
    return struct.pack(">I", len(named) - 4) + named + struct.pack(">I", zlib.crc32(named))


def _deep_tiff(pixels: Raw, profile: bytes | None) -> bytes:
    tifffile = library("tifffile", "TIFF files with colours of 16 bits", "imaging")
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="rgb" if pixels.shape[2] >= 3 else "minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"] if pixels.shape[2] in (2, 4) else None,
        iccprofile=profile,
        metadata=None,
    )
    return buffer.getvalue()
