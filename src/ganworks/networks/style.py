"""The style generator: a latent becomes a style, and the style scales every convolution's channels.

Karras et al. (2019) for the mapping and the noise, Karras et al. (2020) for modulation, demodulation and the sum of
pictures. Weights lie with unit variance and are scaled when used (Karras et al., 2018, section 4.1). As in the paper a
`tanh` span is left linear.
"""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, distributed, nn
from torch.nn import functional

from ..search import Search
from ..spec import Span, Spec
from .base import Generator
from .conditions import rows
from .layers import LEAK, Activate, Grid, PixelNorm, Upsample, picture_grid

GAIN = math.sqrt(2 / (1 + LEAK**2))
"""What a leaky rectifier takes from the size of what passes it."""
MEMORY = 0.995
"""Share of the mean style that stays in each step."""


class StyleGenerator(Generator):
    """Mapping, constant, modulated convolutions with noise, pictures summed over grids. Karras et al. (2020)."""

    name: Literal["style"] = "style"
    latent: int = Field(default=64, gt=0)
    """Length of the latent vector."""
    style: int = Field(default=128, gt=0)
    """Length of a style, w in the papers."""
    mapping: int = Field(default=4, gt=0)
    """Dense layers between a latent and its style."""
    mapping_rate: float = Field(default=0.01, gt=0)
    """How fast the mapping learns, as a share of the learning rate."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels at the sample's own size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""

    def build(self, spec: Spec) -> nn.Module:
        grid = picture_grid(spec, self.name)
        widths = [min(self.width << stage, self.widest) for stage in reversed(range(grid.stages + 1))]
        mapping = Mapping(self.latent, rows(spec, self.name), self.style, self.mapping, self.mapping_rate)
        spans = [span if span.kind != "tanh" else Span(channels=span.channels, kind="linear") for span in spec.spans]
        return Styled(mapping, Synthesis(grid, widths, self.style, spec.channels), Activate(spans))


class Styled(nn.Module):
    """z (B, L), c (B, R) -> x, by way of `mapping(z, c)` -> w (B, F) and `synthesis(w)` -> x.

    mean_w (F,): the running mean of styles; towards it they are truncated.
    path (1,): the running mean of path lengths, kept here for the term that measures them.
    """

    mean_w: Tensor
    path: Tensor

    def __init__(self, mapping: "Mapping", synthesis: "Synthesis", activate: Activate):
        super().__init__()
        self.mapping, self._body, self.activate = mapping, synthesis, activate
        self.register_buffer("mean_w", torch.zeros(mapping.style))
        self.register_buffer("path", torch.zeros(1))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        w = self.mapping(z, c)
        if self.training:
            self._remember(w)
        return self.synthesis(w)

    def synthesis(self, w: Tensor) -> Tensor:
        """w (B, F), or (B, `layers`, F) where grids are given styles of their own -> x (B, *shape)."""
        drawn: Tensor = self.activate(self._body(w))
        return drawn

    @property
    def layers(self) -> int:
        """How many styles a sample may be given."""
        return len(self._body.layers)

    @torch.no_grad()
    def _remember(self, w: Tensor) -> None:
        mean = w.float().mean(0)
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(mean)
            mean /= distributed.get_world_size()
        self.mean_w.lerp_(mean, 1 - MEMORY)


class Mapping(nn.Module):
    """Latents (B, L), with conditions (B, R) beside them or apart -> styles (B, F). Each comes in at one length."""

    def __init__(self, latent: int, numbers: int, style: int, layers: int, rate: float):
        super().__init__()
        self.numbers, self.style = numbers, style
        self.embed = Scaled(numbers, latent) if numbers else None
        inputs = [2 * latent if numbers else latent, *[style] * (layers - 1)]
        self.body = nn.Sequential(
            PixelNorm(),
            *(each for size in inputs for each in (Scaled(size, style, rate, gain=GAIN), nn.LeakyReLU(LEAK))),
        )

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        if self.embed is not None:
            if c is None:
                z, c = z[:, : -self.numbers], z[:, -self.numbers :]
            z = torch.cat([_unit(z), _unit(self.embed(c.to(z.dtype)))], dim=1)
        w: Tensor = self.body(z)
        return w


class Synthesis(nn.Module):
    """Styles -> pictures: a convolution on the coarsest grid, two on each finer one, a picture from each, added up."""

    def __init__(self, grid: Grid, widths: list[int], style: int, channels: int):
        super().__init__()
        self.constant = nn.Parameter(torch.randn(widths[0], grid.height, grid.width))
        self.upsample = Upsample()
        self.layers, self.pictures = nn.ModuleList(), nn.ModuleList()
        for stage, width in enumerate(widths):
            axes = grid.height << stage, grid.width << stage
            if stage:
                self.layers.append(Layer(widths[stage - 1], width, style, axes, doubles=True))
            self.layers.append(Layer(width, width, style, axes))
            self.pictures.append(Modulated(width, channels, style, kernel=1, demodulates=False))

    def forward(self, w: Tensor) -> Tensor:
        styles = w.unbind(1) if w.ndim == 3 else (w,) * len(self.layers)
        x = self.constant.to(w.dtype)[None].expand(len(w), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        drawn: Tensor | None = None
        for stage, picture in enumerate(self.pictures):
            for index in range(max(0, 2 * stage - 1), 2 * stage + 1):
                x = self.layers[index](x, styles[index])
            shown = picture(x, styles[2 * stage])
            drawn = shown if drawn is None else self.upsample(drawn) + shown
        assert drawn is not None
        return drawn


class Layer(nn.Module):
    """A modulated 3x3 convolution, doubled after it where asked, noise and a leaky rectifier.

    Convolving before doubling takes a quarter of the time. Noise is drawn anew while training; in evaluation it is the
    same for every sample, so that a latent has one picture.
    """

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, style: int, axes: tuple[int, int], doubles: bool = False):
        super().__init__()
        self.convolution = Modulated(inputs, outputs, style)
        self.enlarge: nn.Module = Upsample() if doubles else nn.Identity()
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", torch.randn(axes))
        self.rectify = nn.LeakyReLU(LEAK)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = self.enlarge(self.convolution(x, w))
        shape = len(x), 1, *x.shape[2:]
        noise = torch.randn(shape, dtype=x.dtype, device=x.device) if self.training else self.noise.to(x.dtype)
        shown: Tensor = self.rectify(x + self.strength.to(x.dtype) * noise)
        return shown


class Modulated(nn.Module):
    """A convolution whose weights a style scales, input channel by input channel. Karras et al. (2020), section 2.2.

    Each sample has weights of its own, w'_oik = s_i w_oik / sqrt(sum_ik (s_i w_oik)^2). They are never made: scaling
    what enters and what leaves one plain convolution is the same, and torch's grouped ones are slow.
    (B, I, H, W), w (B, F) -> (B, O, H, W), with a bias, and sized for a rectifier where it demodulates.
    """

    def __init__(self, inputs: int, outputs: int, style: int, kernel: int = 3, demodulates: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Scaled(style, inputs, start=1.0)
        self.scale, self.demodulates = 1 / math.sqrt(inputs * kernel**2), demodulates

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        weight, scale = self.weight * self.scale, self.affine(w)
        x = functional.conv2d(x * scale[:, :, None, None].to(x.dtype), weight, padding=weight.shape[2] // 2)
        bias = self.bias.to(x.dtype)[:, None, None]
        if not self.demodulates:
            return x + bias
        energy = scale.float().square() @ weight.float().square().sum((2, 3)).t()
        size = GAIN * torch.rsqrt(energy.float() + 1e-8)
        return torch.addcmul(bias, x, size[:, :, None, None].to(x.dtype))


class Scaled(nn.Module):
    """A dense layer whose weights lie `1 / rate` times as large as they act, and so learn that much slower.

    `start` is what its bias begins with. Karras et al. (2019), appendix C.
    """

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, gain: float = 1.0, start: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), start / rate))
        self.rate, self.scale = rate, gain * rate / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.scale, self.bias * self.rate)


def _unit(x: Tensor) -> Tensor:
    return functional.normalize(x, dim=1)
