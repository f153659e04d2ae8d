"""One picture -> one file that other programs open."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image as PILImage

from ..base import Raw

_PNG_COLOUR_TYPE = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}


def write_picture(pixels: Raw, stem: Path, mode: str) -> Path:
    """pixels (H, W, C) uint8 or uint16 -> `stem`.png with 8 or 16 bits a channel; `stem`.npy for mode `n`."""
    if mode == "n":
        path = stem.with_suffix(".npy")
        np.save(path, pixels)
        return path
    path = stem.with_suffix(".png")
    if pixels.dtype == np.uint16 and mode != "L":
        path.write_bytes(_png_16(pixels, mode))
    else:
        PILImage.fromarray(np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels)).save(path)
    return path


def _png_16(pixels: Raw, mode: str) -> bytes:
    """Pillow has no mode for colour of 16 bits; PNG has, and its plainest form is a few lines."""
    height, width, _ = pixels.shape
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, _PNG_COLOUR_TYPE[mode], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(unfiltered)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
