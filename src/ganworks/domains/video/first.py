"""First frames as a condition: what a clip begins with is given, what happens is drawn.

A model keeps no record: what is known of first frames is their mean and a few directions in which they differ most. So
first frames that it draws by itself are blurred mixtures; a real one is given as a file.
"""

from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from ...settings import ConfigError, Settings
from ...spec import Span, Spec
from ..base import Raw
from ..image.decode import Unreadable, decode

PARTS, SEEN = 12, 1000
"""Directions that are kept, and first frames that they are found in."""


class First(Settings):
    """The first frame of a clip, as a row (B, C * H * W) of values in -1..1."""

    shape: tuple[int, int, int]
    """Channels, height, width."""
    mean: str = Field(repr=False)
    """Of first frames, a byte a value from -1 to 1, in hexadecimal."""
    parts: tuple[str, ...] = Field(repr=False)
    """Directions, a byte a value, 128 for zero."""
    lengths: tuple[float, ...]
    """Deviation along each direction, of the byte that is farthest from zero."""

    @property
    def spec(self) -> Spec:
        numbers = int(np.prod(self.shape))
        return Spec(shape=(numbers,), spans=(Span(channels=numbers, kind="linear"),))

    def of(self, x: Tensor) -> Tensor:
        """Clips x (B, C, T, H, W) -> their first frames (B, R)."""
        return x[:, :, 0].flatten(1)

    def some(self, count: int, generator: torch.Generator) -> Tensor:
        """Made-up first frames by the law of the data's."""
        drawn = torch.randn(count, len(self.parts), generator=generator)
        ways = torch.stack([(_bytes(each) - 128) / 127 for each in self.parts]) if self.parts else torch.zeros(0, 1)
        return (_bytes(self.mean) / 127.5 - 1 + (drawn * torch.tensor(self.lengths)) @ ways).clamp(-1, 1)

    def given(self, word: str) -> Tensor:
        """The row of a picture file. Raises ConfigError when it is none or has another size."""
        channels, height, width = self.shape
        try:
            pixels, alpha = decode(Path(word).read_bytes())
        except (OSError, Unreadable) as error:
            raise ConfigError(f"'{word}': wanted a picture that the clip begins with, {error}") from None
        pixels = pixels[..., :-1] if alpha else pixels
        if pixels.dtype != np.uint8 or pixels.shape[:2] != (height, width):
            raise ConfigError(f"'{word}': wanted {height} x {width} pixels of 8 bits, got {pixels.shape[:2]}")
        if pixels.shape[2] != channels:
            weights = np.array([0.299, 0.587, 0.114]) if pixels.shape[2] == 3 else np.ones(1)
            grey = pixels.astype(np.float32) @ weights
            pixels = np.repeat(np.rint(grey)[..., None], channels, axis=2)
        row: Tensor = torch.from_numpy(pixels.astype(np.float32)).movedim(-1, 0).flatten() / 127.5 - 1
        return row


def learnt(frames: Raw) -> First:
    """From the first frames (N, H, W, C) uint8 of training clips."""
    flat = torch.from_numpy(frames[:SEEN].astype(np.float32)).movedim(-1, 1).flatten(1) / 127.5 - 1
    mean = flat.mean(0)
    count = min(PARTS, len(flat) - 1)
    ways, lengths = [], []
    if count > 0:
        _, size, found = torch.linalg.svd(flat - mean, full_matrices=False)
        for i in range(count):
            top = float(found[i].abs().max()) or 1.0
            ways.append(_hexadecimal((found[i] / top) * 127 + 128))
            lengths.append(round(float(size[i]) / len(flat) ** 0.5 * top, 6))
    shape = (frames.shape[3], frames.shape[1], frames.shape[2])
    return First(shape=shape, mean=_hexadecimal((mean + 1) * 127.5), parts=tuple(ways), lengths=tuple(lengths))


def _hexadecimal(values: Tensor) -> str:
    return bytes(values.round().clamp(0, 255).to(torch.uint8).tolist()).hex()


def _bytes(text: str) -> Tensor:
    return torch.tensor(list(bytes.fromhex(text)), dtype=torch.float32)
