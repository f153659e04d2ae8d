"""The blocks networks share: ends of a network, low-pass resampling, normalisations, initialisations, sizes."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from ..settings import ConfigError
from ..spec import Span, Spec
from .conditions import Asked, Chain, Guess, rows

Layer = TypeVar("Layer", bound=nn.Module)

LEAK = 0.2
"""Slope of the leaky ReLU below zero, in every network whose paper does not say otherwise."""

# --- The two ends of a pair ------------------------------------------------------------------------------------------


class Activate(nn.Module):
    """The last layer of every generator: each span of the spec gets its activation.

    A softmax span is sampled by the Gumbel trick (Jang et al. 2017): soft while training, one-hot in eval with the
    gradient passed straight through. Given a latent, evaluation draws its lots from that (`lots`), so that a latent is
    one sample, whatever the batch. A span that is not drawn by lot has the same two ends without the chance.
    """

    def __init__(self, spans: Sequence[Span], temperature: float = 0.5):
        super().__init__()
        self.spans, self.temperature = tuple(spans), temperature

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        x = full(x)
        by_lot = any(span.kind == "softmax" and span.by_lot for span in self.spans)
        # All at once: a table has dozens of spans.
        drawn = torch.log(-torch.log(lots(z, x))) if by_lot and z is not None and not self.training else None
        sizes = [span.channels for span in self.spans]
        parts = torch.split(x, sizes, dim=1) if len(sizes) > 1 else (x,)
        shares = (None,) * len(parts) if drawn is None else torch.split(drawn, sizes, dim=1)
        shown = [self._activate(*each) for each in zip(self.spans, parts, shares, strict=True)]
        return torch.cat(shown, dim=1) if len(shown) > 1 else shown[0]

    def _activate(self, span: Span, x: Tensor, noise: Tensor | None) -> Tensor:
        if span.kind == "softmax" and (noise is not None or not span.by_lot):
            noisy = x - noise if noise is not None and span.by_lot else x
            if self.training:
                return (noisy / self.temperature).softmax(1)
            hard = torch.zeros_like(noisy).scatter_(1, noisy.argmax(1, keepdim=True), 1.0)
            if not noisy.requires_grad:
                return hard
            soft = (noisy / self.temperature).softmax(1)
            return hard + soft - soft.detach()
        if span.kind == "softmax":
            return functional.gumbel_softmax(x, self.temperature, hard=not self.training, dim=1)
        return x.tanh() if span.kind == "tanh" else x.sigmoid() if span.kind == "sigmoid" else x


def lots(z: Tensor, like: Tensor) -> Tensor:
    """Numbers (B, *) like `like`, uniform in 0..1 over latents z (B, L), and the same for the same latent.

    The fractions of many long, fixed projections: a projection that is a hundred wide is uniform once only what stands
    behind the point is kept, and two of them know nothing of each other.
    """
    with torch.autocast(z.device.type, enabled=False):
        long = z.float() @ _projections(z.shape[1], like[0].numel()).to(z.device)
    return (long - long.floor()).clamp(1e-6, 1 - 1e-6).view_as(like)


@lru_cache(maxsize=8)
def _projections(length: int, count: int) -> Tensor:
    return 40 * torch.randn(length, count, generator=torch.Generator().manual_seed(0))


class Draws(nn.Module):
    """A generator: a body that draws, then the spans' activations. z (B, L) and c (B, R) -> x (B, *shape).

    The condition may also be given as the last R numbers of z (B, L + R), as those do who know of no conditions.
    """

    def __init__(self, body: nn.Module, spans: Sequence[Span], numbers: int = 0, temperature: float = 0.5):
        super().__init__()
        self.body, self.activate, self.numbers = body, Activate(spans, temperature), numbers

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        if self.numbers and c is not None:
            z = torch.cat([z, c.to(z.dtype)], dim=1)
        x = self.body(z, z[:, -self.numbers :]) if isinstance(self.body, Chain) else self.body(z)
        drawn: Tensor = self.activate(x, z[:, : z.shape[1] - self.numbers])
        return drawn


class Judges(nn.Module):
    """A discriminator: a body that ends in one number a sample, or more where more is asked. x (B, *shape), c ->
    logits (B, 1)."""

    def __init__(self, body: nn.Module, asked: Asked | None = None):
        super().__init__()
        self.body, self.asked = body, asked
        self.guess = Guess() if asked and asked.guesses else None

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        asked = self.asked
        if asked is None:
            return full(self.body(x))
        found = full(self.body(asked.beside(x, c)))
        logits = found[:, :1]
        if self.guess is not None:
            self.guess(found[:, -asked.guesses :])
        if asked.way == "projection" and c is not None:
            # The inner product of features and an embedding of c, its weights in the layer that ends the body.
            logits = logits + (found[:, 1 : 1 + c.shape[1]] * c.to(found.dtype)).sum(1, keepdim=True)
        return logits


def full(x: Tensor) -> Tensor:
    """Half precision to float32: what leaves a network is compared and subtracted, and bf16 keeps 8 bits only."""
    return x.float() if x.dtype in {torch.bfloat16, torch.float16} else x


class Shape(nn.Module):
    """Rows (B, C*H*W) to maps (B, C, H, W), in the memory order the convolutions' weights are kept in."""

    def __init__(self, *shape: int):
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.unflatten(x, 1, self.shape)
        # A gradient in another order than its activation costs a rectifier ten times its time.
        return maps.contiguous(memory_format=torch.channels_last) if maps.ndim == 4 else maps


# --- Resampling ------------------------------------------------------------------------------------------------------


class Upsample(nn.Module):
    """Twice the size with the low-pass [1, 3, 3, 1] / 4 on each axis, edges repeated. (B, C, H, W) -> (B, C, 2H, 2W).

    Bilinear interpolation between pixel centres has exactly these weights, and is torch's fastest way to them.
    """

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Downsample(nn.Module):
    """Half the size with the low-pass [1, 3, 3, 1] / 8 on each axis, edges repeated. (B, C, H, W) -> (B, C, H/2, W/2).

    The depthwise convolution was the fastest of four ways in channels-last, twice differentiated.
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", taps[:, None] * taps, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        x = functional.pad(x, (1, 1, 1, 1), mode="replicate")
        return functional.conv2d(x, self.kernel.expand(channels, 1, 4, 4), stride=2, groups=channels)


# --- Normalisations --------------------------------------------------------------------------------------------------


class PixelNorm(nn.Module):
    """Every position's channels scaled to a mean square of 1 (Karras et al. 2018, section 4.2)."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class MinibatchStd(nn.Module):
    """One more channel: how much the samples of a group differ (Karras et al. 2018, section 3).

    The deviation over the group, averaged over channels and axes. (B, C, ...) -> (B, C+1, ...). Groups are the
    largest that divide the batch evenly, at most `group`.
    """

    def __init__(self, group: int = 4):
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        batch = len(x)
        size = next(size for size in range(min(self.group, batch), 0, -1) if batch % size == 0)
        grouped = x.reshape(size, batch // size, *x.shape[1:])
        # The small number keeps the second derivative finite where all samples agree.
        deviation = (grouped.var(0, correction=0) + 1e-8).sqrt().flatten(1).mean(1)
        shown = deviation.repeat(size).view(batch, *[1] * (x.ndim - 1)).expand(batch, 1, *x.shape[2:])
        return torch.cat([x, shown.to(x.dtype)], dim=1)


def spectral(layer: nn.Module) -> nn.Module:
    """The layer with its largest singular value held at 1 by one power iteration a pass (Miyato et al. 2018)."""
    return spectral_norm(layer, n_power_iterations=1)


# --- Initialisations -------------------------------------------------------------------------------------------------


def he(layer: Layer, slope: float = LEAK, gain: float | None = None) -> Layer:
    """Normal weights that keep the variance through a leaky ReLU (He et al. 2015); the bias is zero.

    `gain` replaces the leaky ReLU's own; 1 suits a layer that nothing follows.
    """
    std = (math.sqrt(2 / (1 + slope**2)) if gain is None else gain) / math.sqrt(fan_in(layer))
    return normal(layer, std)


def normal(layer: Layer, std: float) -> Layer:
    """Normal weights of this deviation and a zero bias."""
    assert isinstance(layer.weight, Tensor)
    nn.init.normal_(layer.weight, std=std)
    if isinstance(layer.bias, Tensor):
        nn.init.zeros_(layer.bias)
    return layer


def fan_in(layer: nn.Module) -> float:
    """How many inputs one output of a linear layer or convolution sums."""
    assert isinstance(layer.weight, Tensor)
    if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        # Each output meets only every stride-th tap on each axis; torch's own count reads the outputs instead.
        return layer.in_channels * math.prod(layer.kernel_size) / math.prod(layer.stride) / layer.groups
    return layer.weight[0].numel()


# --- Sizes -----------------------------------------------------------------------------------------------------------


class Grid(NamedTuple):
    """The coarsest grid of a network, and how many doublings lead from it to the sample."""

    height: int
    width: int
    stages: int


def base_grid(axes: Sequence[int]) -> Grid:
    """Halve while every side is even and the shortest is at least 8: 28 x 28 -> 7 x 7 and 2 doublings."""
    height, width = axes
    stages = 0
    while height % 2 == width % 2 == 0 and min(height, width) >= 8:
        height, width, stages = height // 2, width // 2, stages + 1
    return Grid(height, width, stages)


def picture_grid(spec: Spec, family: str, longest: int = 16) -> Grid:
    """The base grid of a picture, whose sides must come out between 4 and `longest`.

    Raises ConfigError for samples that are no pictures and for sizes that do not halve far enough.
    """
    need_picture(spec, family)
    grid = base_grid(spec.axes)
    if not (grid.stages and min(grid[:2]) >= 4 and max(grid[:2]) <= longest):
        height, width = spec.axes
        near = min(_sizes(longest), key=lambda size: (_distance(size, spec.axes), -size[0] * size[1]))
        raise ConfigError(
            f"{family} draws sides of 4 to {longest} times a power of two (28, 32, 64, 128), got {height} x {width}; "
            f"set domain.size, for example domain.size=[{near[0]}, {near[1]}]"
        )
    return grid


def need_picture(spec: Spec, family: str) -> None:
    """Raises ConfigError unless the spec is a picture (C, H, W), of a row or of nothing."""
    rows(spec, family)
    if len(spec.axes) != 2:
        raise ConfigError(
            f"{family} draws pictures (channels, height, width), got samples of shape {spec.shape}; "
            "mlp takes samples of any shape"
        )


def _sizes(longest: int) -> Iterator[tuple[int, int]]:
    """Every size whose base sides are 4 to `longest`, up to 1024 or so."""
    sides = range(4, longest + 1)
    return ((h << k, w << k) for k in range(1, 9) for h in sides for w in sides)


def _distance(one: Sequence[int], other: Sequence[int]) -> float:
    return sum(abs(math.log(a / max(b, 1))) for a, b in zip(one, other, strict=True))
