"""Fast Fourier convolutions: part of the channels sees the whole picture at once. Chi et al. (2020).

As LaMa uses them for holes (Suvorov et al. 2022): the local part by 3 x 3 convolutions, the rest also by 1 x 1
convolutions of its spectrum.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from ..layers import full, normal

GLOBAL = 0.75
"""Share of the channels that see the whole picture; LaMa's."""


class FourierBlock(nn.Module):
    """Two Fourier convolutions beside the identity. (B, C, H, W) -> the same."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(FourierConvolution(width), FourierConvolution(width))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


class FourierConvolution(nn.Module):
    """Local from both parts, global from the local part and its own spectrum, then batch norm and a rectifier."""

    def __init__(self, width: int):
        super().__init__()
        self.wide = round(width * GLOBAL)
        self.near = width - self.wide
        self.to_near = convolution(width, self.near, 3)
        self.to_wide = convolution(self.near, self.wide, 3)
        self.spectral = _Spectral(self.wide)
        self.finish = normed(width)

    def forward(self, x: Tensor) -> Tensor:
        near, wide = x[:, : self.near], x[:, self.near :]
        parts = self.to_near(x), self.to_wide(near) + self.spectral(wide)
        finished: Tensor = self.finish(torch.cat(parts, dim=1))
        return finished


class _Spectral(nn.Module):
    """At half the channels: a 1 x 1 convolution of the spectrum's real and imaginary parts beside the identity."""

    def __init__(self, width: int):
        super().__init__()
        half = max(1, width // 2)
        self.narrow = nn.Sequential(convolution(width, half, 1), *normed(half))
        self.mix = nn.Sequential(convolution(2 * half, 2 * half, 1), *normed(2 * half))
        self.widen = convolution(half, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.narrow(x)
        # Transforms know no half precision. With this norm the spectrum's variance is the picture's.
        waves = torch.fft.rfft2(full(x), norm="ortho")
        real, imaginary = full(self.mix(torch.cat([waves.real, waves.imag], dim=1))).chunk(2, dim=1)
        mixed = torch.fft.irfft2(torch.complex(real, imaginary), s=x.shape[2:], norm="ortho")
        widened: Tensor = self.widen(x + mixed.to(x.dtype))
        return widened


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Without a bias, since a norm follows; edges are reflected."""
    mode: Literal["reflect", "zeros"] = "reflect" if kernel > 1 else "zeros"
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False, padding_mode=mode)
    return normal(layer, 0.02)


def normed(width: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(width), nn.ReLU())
