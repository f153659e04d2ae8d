"""Waves: the pair for waveforms, (C, T) of thousands of samples: WaveGAN's, or residual blocks over one axis.

Measured on one core (batch 16, differentiated twice): kernels of 25 at a stride of 4 take the same time as samples
folded into channels under kernels of 7, as the same in two dimensions, and as shuffled ones on the way up; so the plain
ones stand here.
"""

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from . import lines
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Draws, Judges, Shape, he, normal
from .lines import Cut, odd
from .r3 import Bottleneck

STRIDE = 4
"""Times a line is longer than the next coarser one."""
COARSEST = 32
"""Steps of the coarsest line at most."""
GROUP = 16
"""Channels of a group in a residual block."""
Kind = Literal["plain", "residual"]
Kernel = Annotated[int, Field(ge=STRIDE, le=255)]


class WaveGenerator(Generator):
    """Dense to a short line, then four times its length again and again. Donahue et al. (2019)."""

    name: Literal["wave"] = "wave"
    latent: int = Field(default=100, gt=0)
    """Length of the latent vector."""
    kind: Kind = "plain"
    """Transposed convolutions and rectifiers, as published; or residual blocks without normalisation between low-pass
    doublings, in the manner of Huang et al. (2024)."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels a quarter of the full length from the end; each coarser line has twice as many, up to `widest`. The
    paper's has 64, for graphics cards."""
    widest: int = Field(default=256, gt=0)
    """Channels that no line exceeds."""
    kernel: Kernel = 25
    """Samples that each convolution sees, an odd number."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        lengths, kernel = _lengths(spec, self.name), odd(self.kernel, self.name)
        channels = _channels(self.width, self.widest, len(lengths) - 1, self.kind)
        layers: list[nn.Module] = [
            he(nn.Linear(self.latent + numbers, channels[-1] * lengths[-1])), Shape(channels[-1], lengths[-1])
        ]  # fmt: skip
        depth = len(lengths) - 1
        for stage in reversed(range(depth)):
            inputs, outputs = channels[stage], channels[stage - 1] if stage else spec.channels
            if self.kind == "residual":
                layers += [_Residual(inputs, kernel, 2 * depth), _Longer(lengths[stage])]
                layers.append(_mixing(inputs, outputs, kernel, last=not stage))
            else:
                layers += [nn.ReLU(), _quadrupled(inputs, outputs, kernel, last=not stage), Cut(lengths[stage])]
        return Draws(nn.Sequential(*layers), spec.spans, numbers)


class WaveDiscriminator(Discriminator):
    """A quarter of the length again and again, its phases shuffled in between, a dense logit. Donahue et al. (2019)."""

    name: Literal["wave"] = "wave"
    kind: Kind = "plain"
    """Strided convolutions, as published; or residual blocks between low-pass halvings."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels at a quarter of the full length; each coarser line has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no line exceeds."""
    kernel: Kernel = 25
    """Samples that each convolution sees, an odd number."""
    shuffle: int = Field(default=2, ge=0, le=64)
    """Steps by which each line is moved at most, to and fro, a fresh number a sample: what a generator's strides leave
    behind always stands at the same phase, and must not be what gives it away."""

    def build(self, spec: Spec) -> nn.Module:
        asked = Asked.of(spec, self.condition, self.name)
        lengths, kernel = _lengths(spec, self.name), odd(self.kernel, self.name)
        depth = len(lengths) - 1
        channels = [asked.channels, *_channels(self.width, self.widest, depth, self.kind)]
        layers: list[nn.Module] = []
        for stage, (inputs, outputs) in enumerate(pairwise(channels)):
            if self.kind == "residual":
                layers += [
                    he(nn.Conv1d(inputs, outputs, kernel, STRIDE, kernel // 2)),
                    _Residual(outputs, kernel, depth),
                ]
            else:
                layers += [he(nn.Conv1d(inputs, outputs, kernel, STRIDE, kernel // 2)), nn.LeakyReLU(LEAK)]
            if self.shuffle and stage < depth - 1:
                layers.append(_Shuffle(self.shuffle))
        layers += [nn.Flatten(), he(nn.Linear(channels[-1] * lengths[-1], asked.outputs), gain=1)]
        return Judges(nn.Sequential(*layers), asked)


class _Residual(Bottleneck):
    """x + 1, grouped k and 1 wide convolutions, twice as wide inside. (B, C, T)"""

    def __init__(self, width: int, kernel: int, depth: int):
        inner, taps = 2 * width, kernel // 2 | 1
        super().__init__(
            nn.Conv1d(width, inner, 1),
            nn.Conv1d(inner, inner, taps, padding=taps // 2, groups=max(1, inner // GROUP)),
            nn.Conv1d(inner, width, 1, bias=False),
            depth,
        )


class _Shuffle(nn.Module):
    """Each sample's line moved by -most..most steps, mirrored at its ends; untouched in evaluation. (B, C, T)"""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[2]
        most = min(self.most, length - 1)
        if not self.training or not most:
            return x
        moved = torch.randint(-most, most + 1, (len(x), 1)).to(x.device) + torch.arange(length, device=x.device)
        inside = (length - 1) - ((length - 1) - moved.abs()).abs()
        return x.gather(2, inside[:, None].expand_as(x))


class _Longer(nn.Module):
    """Drawn out to so many steps along straight lines, which lets no copies of the spectrum through."""

    def __init__(self, length: int):
        super().__init__()
        self.length = length

    def forward(self, x: Tensor) -> Tensor:
        # In two dimensions, where torch knows the second derivative of a bilinear line.
        flat = functional.interpolate(x[:, :, None], size=(1, self.length), mode="bilinear", align_corners=False)
        return flat[:, :, 0]


def _quadrupled(inputs: int, outputs: int, kernel: int, last: bool) -> nn.ConvTranspose1d:
    """Four times as long. The last one starts small: there is then no noise that has to be unlearnt."""
    edge = (kernel - 1) // 2
    # Length 4 T for every odd kernel: (T - 1) * 4 - 2 * edge + kernel + more.
    layer = nn.ConvTranspose1d(inputs, outputs, kernel, STRIDE, edge, output_padding=STRIDE - 1)
    # A step of the output is reached by one in STRIDE of the taps.
    return normal(layer, (0.1 if last else 2**0.5) * (STRIDE / (inputs * kernel)) ** 0.5)


def _mixing(inputs: int, outputs: int, kernel: int, last: bool) -> nn.Conv1d:
    taps = kernel // 2 | 1 if last else 1
    return he(nn.Conv1d(inputs, outputs, taps, padding=taps // 2), gain=0.1 if last else 1)


def _channels(width: int, widest: int, depth: int, kind: Kind) -> list[int]:
    """Of each line from a quarter of the full length on, finest first; whole groups for residual blocks."""
    found = [min(width << stage, widest) for stage in range(depth)]
    return [max(GROUP // 2, each // (GROUP // 2) * (GROUP // 2)) for each in found] if kind == "residual" else found


def _lengths(spec: Spec, family: str) -> list[int]:
    """Steps of each line, from the sample's to the coarsest; quarters are rounded up. Raises ConfigError."""
    if len(spec.axes) != 1 or spec.axes[0] <= COARSEST:
        raise ConfigError(
            f"{family} draws waveforms (channels, samples) of more than {COARSEST} samples, got samples of shape "
            f"{spec.shape}; of recordings set domain.view=wave"
        )
    return lines.lengths(spec.axes[0], COARSEST, STRIDE)
