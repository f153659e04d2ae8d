"""JPEG: what its compression does to pictures, in torch, so that a batch with as many qualities goes at once."""

from functools import lru_cache
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from .draws import Draws, Range
from .step import Change

_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, *[99] * 32,
)  # fmt: skip
"""Quantisation tables of ITU-T T.81, annex K.1, row by row."""
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))


class Jpeg(Change):
    """Compression as files have it: 8 bits, blocks of 8 x 8, colours at half the size. Opacity is left alone."""

    name: Literal["jpeg"] = "jpeg"
    limits: ClassVar = {"quality": (1, 100)}

    quality: Range = (10.0, 50.0)
    """As programs count it: 1 to 100, rounded."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        return compressed(x, draws.within(self.quality).round())


def compressed(x: Tensor, quality: Tensor) -> Tensor:
    """x (B, C, H, W) in 0..1 after a JPEG file of each sample's quality (B,), whole numbers of 1 to 100.

    Three or four channels are colours and maybe opacity, one or two grey and maybe opacity; more are grey each.
    """
    channels = x.shape[1]
    seen = channels if channels > 4 else max(1, channels - 1 + channels % 2)
    levels = (x[:, :seen].clamp(0, 1) * 255).round()
    after = _colours(levels, quality) if seen == 3 else _recoded(levels, _tables(_LUMINANCE, quality))
    return torch.cat([after / 255, x[:, seen:]], 1) if seen < channels else after / 255


def _colours(rgb: Tensor, quality: Tensor) -> Tensor:
    height, width = rgb.shape[2:]
    even = functional.pad(rgb, (0, width % 2, 0, height % 2), mode="replicate")
    ycc = (_mixed(even, _TO_YCC) + rgb.new_tensor([0, 128, 128])[:, None, None]).round()
    # Both ways files round halves up and down in turn, so that neither wins.
    turns = rgb.new_tensor([0.25, 0.5]).repeat(-(-even.shape[3] // 4))[: even.shape[3] // 2]
    small = (functional.avg_pool2d(ycc[:, 1:], 2) + turns).floor()
    colours = _recoded(small, _tables(_CHROMINANCE, quality))
    turns = rgb.new_tensor([8 / 16, 7 / 16]).repeat(even.shape[3] // 2)
    colours = (functional.interpolate(colours, scale_factor=2, mode="bilinear") + turns).floor() - 128
    luma = _recoded(ycc[:, :1, :height, :width], _tables(_LUMINANCE, quality))
    both = torch.cat([luma, colours[:, :, :height, :width]], 1)
    return _mixed(both, _TO_RGB).round().clamp(0, 255)


def _recoded(planes: Tensor, tables: Tensor) -> Tensor:
    """Levels (B, C, H, W), 0..255, after their blocks were transformed, divided by tables (B, 64), and rounded."""
    count, channels, height, width = planes.shape
    down, right = -height % 8, -width % 8
    whole = functional.pad(planes - 128, (0, right, 0, down), mode="replicate")
    rows, columns = (height + down) // 8, (width + right) // 8
    blocks = whole.reshape(count, channels, rows, 8, columns, 8).transpose(3, 4).reshape(count, -1, 64)
    cosines, table = _cosines(planes.device), tables[:, None]
    # Programs compute in eighths of a level and round halves away from zero; which way one goes is seen for 8 pixels.
    parts = (blocks @ cosines.T * 8).round() / 8 / table
    parts = parts.sign() * (parts.abs() + 0.50001).floor()
    blocks = (parts * table) @ cosines
    whole = blocks.reshape(count, channels, rows, columns, 8, 8).transpose(3, 4).reshape(whole.shape)
    return (whole[:, :, :height, :width] + 128).round().clamp(0, 255)


def _mixed(x: Tensor, weights: tuple[tuple[float, ...], ...]) -> Tensor:
    flat = x.new_tensor(weights) @ x.flatten(2)
    return flat.reshape(x.shape)


def _tables(base: tuple[int, ...], quality: Tensor) -> Tensor:
    """Tables (B, 64) for each quality (B,), by the rule that all programs took from the first free one."""
    scale = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)[:, None]
    return ((quality.new_tensor(base) * scale + 50) / 100).floor().clamp(1, 255)


@lru_cache(maxsize=8)
def _cosines(device: torch.device) -> Tensor:
    """The two-dimensional cosine transform of blocks written as rows of 64 (64, 64); its transpose is its inverse."""
    places = torch.arange(8, dtype=torch.float64)
    one = torch.cos((2 * places[None] + 1) * places[:, None] * torch.pi / 16) / 2
    one[0] /= 2**0.5
    return torch.kron(one, one).float().to(device)
