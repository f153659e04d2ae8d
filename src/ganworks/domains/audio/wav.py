"""WAV files in and out, without a library: the one format that every program on earth reads."""

import struct
import wave
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from ..base import Raw

Samples = npt.NDArray[np.float32]
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
STREAMED = 0x7FFFFFF0
"""Bytes from which on a header's length stands for `I did not know`, as programs that write to a pipe leave it."""


class Unusual(DataError):
    """A WAV file of a kind that is not read here, and that a library may know."""


class _Format(NamedTuple):
    kind: int
    channels: int
    rate: int
    bits: int

    @property
    def block(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8


def read_wav(path: Path) -> tuple[Samples, int]:
    """(channels, T) in -1..1, and samples a second. Whole numbers of 8, 16, 24 and 32 bits, fractions of 32 and 64.

    Raises DataError, without the file's name, for what is no WAV file or holds less than its header says.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
            raise DataError("no WAV file, whatever its name says" if head else "an empty file")
        end = file.seek(0, 2)
        file.seek(12)
        form: _Format | None = None
        while len(chunk := file.read(8)) == 8:
            name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
            if name == b"fmt ":
                form = _format(file.read(size))
                file.seek(size % 2, 1)
            elif name == b"data":
                if form is None:
                    raise DataError("its header does not say how the sound is stored")
                return _numbers(_bytes(file, size, end - file.tell(), form), form), form.rate
            else:
                file.seek(size + size % 2, 1)
    raise DataError("its header is there, the sound is not")


def write_wav(path: Path, sound: Raw, rate: int) -> Path:
    """int16 (channels, T) as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(sound.T).astype("<i2").tobytes())
    return path


def sixteen(sound: Raw) -> npt.NDArray[np.int16]:
    """Fractions in -1..1 as whole numbers of 16 bits; what is louder is cut off."""
    whole: npt.NDArray[np.int16] = np.clip(np.rint(np.asarray(sound, np.float64) * 32768), -32768, 32767).astype(
        np.int16
    )
    return whole


def _format(page: bytes) -> _Format:
    if len(page) < 16:
        raise DataError("its header is cut short")
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", page[:16])
    if kind == EXTENSIBLE and len(page) >= 26:
        kind = int.from_bytes(page[24:26], "little")
    form = _Format(kind, channels, rate, bits)
    if not 1 <= channels <= 64 or not 100 <= rate <= 1_000_000:
        raise DataError(f"its header says {channels} channels and {rate:,} samples a second, which cannot be")
    if (kind, bits) not in {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)}:
        raise Unusual(f"stored in a way that is not read here (format {kind}, {bits} bits); save it as 16-bit WAV")
    if block != form.block:
        raise DataError(f"its header says {block} bytes a sample for {channels} channels of {bits} bits")
    return form


def _bytes(file: BinaryIO, size: int, there: int, form: _Format) -> bytes:
    """What the chunk holds. A length of nothing or of nearly everything means: until the end."""
    if size >= STREAMED or (size == 0 and there > 0):
        size = there
    if size > there:
        raise DataError(
            f"cut short: its header promises {size // form.block:,} samples, {there // form.block:,} are there"
        )
    return file.read(size - size % form.block)


def _numbers(data: bytes, form: _Format) -> Samples:
    found: Samples
    if form.kind == FLOAT:
        found = np.frombuffer(data, f"<f{form.bits // 8}").astype(np.float32)
    elif form.bits == 8:
        found = (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    elif form.bits == 24:
        parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
        # Three bytes above an empty fourth are the same number 256 times as large.
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts
        found = (wide.view("<i4")[:, 0] / 2**31).astype(np.float32)
    else:
        found = (np.frombuffer(data, f"<i{form.bits // 8}") / 2 ** (form.bits - 1)).astype(np.float32)
    return np.ascontiguousarray(found.reshape(-1, form.channels).T)
