"""`patch`: a judge of overlapping patches (Isola et al. 2017), at several scales, or of both sides of a cycle."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Spec
from ..base import Discriminator
from ..layers import LEAK, full, spectral
from .norms import Norm, norm_layers, started

Sees = Literal["both", "output"]
PatchNorm = Literal["batch", "instance", "spectral", "none"]


class Patches(Discriminator):
    """What the judges of patches share: convolutions of 4 x 4 that halve, two that do not, a logit a patch.

    `layers` halvings see patches of 16, 34, 70, 142, 286 pixels.
    """

    condition: Literal["none"] = "none"
    """Classes and attributes are not taken."""
    width: int = Field(default=64, gt=0)
    """Channels after the first convolution; twice as many after each that follows, up to eight times."""
    layers: int = Field(default=3, ge=1, le=5)
    """Halvings. A logit is for a patch of 16, 34, 70, 142 or 286 pixels a side."""
    norm: PatchNorm = "instance"
    """Of each sample, of the batch, none, or of the weights by their largest singular value (Miyato et al., 2018).
    Penalties on the gradient of each sample want any but that of the batch."""


class PatchDiscriminator(Patches):
    """A logit for every overlapping patch: 70 x 70 pixels with three halvings. Isola et al. (2017), section 6.1.2."""

    name: Literal["patch"] = "patch"
    sees: Sees = "both"
    """Input and output side by side, a smaller input enlarged to the output's size; or the output alone."""

    def build(self, spec: Spec) -> nn.Module:
        _need_patches(spec, self, self.name)
        return Judge(_body(_channels(spec, self.sees, self.name), self), self.sees)


class PatchScalesDiscriminator(Patches):
    """A `patch` at full size, one at half, and so on; logits a tuple. Wang et al. (2018), section 3.2."""

    name: Literal["patch-scales"] = "patch-scales"
    sees: Sees = "both"
    """Input and output side by side, a smaller input enlarged to the output's size; or the output alone."""
    scales: int = Field(default=2, ge=2, le=4)
    """How many, each of its own weights and half the size of the one before."""

    def build(self, spec: Spec) -> nn.Module:
        _need_patches(spec, self, self.name, self.scales)
        channels = _channels(spec, self.sees, self.name)
        return Scales([_body(channels, self) for _ in range(self.scales)], self.sees)


class PatchCycleDiscriminator(Patches):
    """Two of `patch` for pictures stacked as the generator `cycle` draws them: cat(B, A), each half its own judge."""

    name: Literal["patch-cycle"] = "patch-cycle"

    def build(self, spec: Spec) -> nn.Module:
        _need_patches(spec, self, self.name)
        if spec.channels % 2:
            raise ConfigError(
                f"patch-cycle judges two pictures stacked on channels, got {spec.channels} channels; "
                "set domain.cycle=true on the domain unpaired, or use patch"
            )
        return Halves(*(Judge(_body(spec.channels // 2, self), "output") for _ in range(2)))


class Judge(nn.Module):
    """x (B, C, sH, sW), c (B, C', H, W) -> logits (B, K), a patch each, row by row."""

    def __init__(self, body: nn.Module, sees: Sees):
        super().__init__()
        self.body, self.sees = body, sees

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return full(self.body(_seen(x, c, self.sees)).flatten(1))


class Scales(nn.Module):
    """x (B, C, sH, sW), c (B, C', H, W) -> a tuple of logits (B, K), the finest first."""

    def __init__(self, bodies: list[nn.Sequential], sees: Sees):
        super().__init__()
        self.bodies, self.sees = nn.ModuleList(bodies), sees

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, ...]:
        seen, logits = _seen(x, c, self.sees), []
        for scale, body in enumerate(self.bodies):
            if scale:
                seen = functional.avg_pool2d(seen, 3, 2, 1, count_include_pad=False)
            logits.append(full(body(seen).flatten(1)))
        return tuple(logits)


class Halves(nn.Module):
    """x (B, 2C, H, W) = cat(B, A) -> logits (B, K) of the judge of B, and of the judge of A."""

    def __init__(self, b: Judge, a: Judge):
        super().__init__()
        self.b, self.a = b, a

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, ...]:
        b, a = x.chunk(2, dim=1)
        return self.b(b), self.a(a)


def _seen(x: Tensor, c: Tensor | None, sees: Sees) -> Tensor:
    if sees == "output" or c is None:
        return x
    if c.shape[2:] != x.shape[2:]:
        c = functional.interpolate(c, size=x.shape[2:], mode="nearest")
    return torch.cat([x, c.to(x.dtype)], dim=1)


def _body(inputs: int, settings: Patches) -> nn.Sequential:
    norm: Norm = "none" if settings.norm == "spectral" else settings.norm
    widths = [settings.width << min(stage, 3) for stage in range(settings.layers + 1)]
    layers: list[nn.Module] = []
    for stage, outputs in enumerate([*widths, 1]):
        inside = norm if 0 < stage <= settings.layers else "none"
        stride = 2 if stage < settings.layers else 1
        layer = started(nn.Conv2d(inputs, outputs, 4, stride, 1, bias=inside == "none"), norm)
        layers += [spectral(layer) if settings.norm == "spectral" else layer, *norm_layers(inside, outputs)]
        layers += [nn.LeakyReLU(LEAK)] if stage <= settings.layers else []
        inputs = outputs
    return nn.Sequential(*layers)


def _channels(spec: Spec, sees: Sees, family: str) -> int:
    """Channels of what is seen. Raises ConfigError when a condition is no picture."""
    condition = spec.condition
    if condition is None or sees == "output":
        return spec.channels
    if len(condition.axes) != 2:
        raise ConfigError(
            f"{family} sees pictures as condition, got one of shape {condition.shape}; set discriminator.sees=output, "
            "or use a discriminator that takes classes, such as dcgan"
        )
    return spec.channels + condition.channels


def _need_patches(spec: Spec, settings: Patches, family: str, scales: int = 1) -> None:
    """Raises ConfigError unless samples are pictures that hold a patch's last grid, and nothing is to be guessed."""
    if spec.guess is not None:
        raise ConfigError(f"{family} recognises nothing beside real and fake; use another discriminator, such as dcgan")
    if len(spec.axes) != 2:
        raise ConfigError(
            f"{family} judges pictures (channels, height, width), got samples of shape {spec.shape}; "
            "mlp takes samples of any shape"
        )
    shorter = min(spec.axes)
    if shorter >= _least(settings.layers, scales):
        return
    fits = [layers for layers in range(1, settings.layers) if shorter >= _least(layers, scales)]
    advice = f"set discriminator.layers={fits[-1]}" if fits else f"set domain.size to at least {_least(1, scales)}"
    raise ConfigError(
        f"{family} with layers={settings.layers} judges sides of at least {_least(settings.layers, scales)}, "
        f"got {spec.axes[0]} x {spec.axes[1]}; {advice}"
    )


def _least(layers: int, scales: int) -> int:
    """Three pixels after the halvings: each of the last two convolutions takes one away."""
    side = 3 << layers
    for _ in range(scales - 1):
        side = 2 * side - 1  # the pooling between scales rounds up
    return side
