"""A generator rewritten for drawing alone: the same function of z, with fewer and faster layers.

Three rewritings, each exact but for rounding. Norms of the batch are constants in evaluation and melt into the layer
before them. A transposed convolution of a 1 x 1 map is a matrix product. A transposed convolution to a few channels,
which torch runs at a twentieth of the speed, is an ordinary convolution at the small size whose channels are the
sub-pixels (Shi et al. 2016).
"""

import copy
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from ...networks.layers import Shape

FEW = 4
"""Channels up to which a transposed convolution is drawn sub-pixel by sub-pixel."""

Weighted = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


def arranged(network: nn.Module) -> nn.Module:
    """A copy for evaluation, channels-last, in which nothing is left that only training needs.

    Only what follows one another in an `nn.Sequential` is rewritten; other modules are kept as they are.
    """
    network = copy.deepcopy(network).eval().requires_grad_(False)
    for module in list(network.modules()):
        if parametrize.is_parametrized(module):
            _frozen(module)
    for module in reversed(list(network.modules())):  # the innermost first
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Sequential):
                setattr(module, name, nn.Sequential(*_faster(_without_norms(list(child)))))
    layout = torch.channels_last
    return network.requires_grad_(False).to(memory_format=layout)  # type: ignore[call-overload, no-any-return]


class Maps(nn.Module):
    """Rows (B, H*W*C) to maps (B, C, H, W) that lie channels-last as they are."""

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.shape = height, width, channels

    def forward(self, x: Tensor) -> Tensor:
        return torch.unflatten(x, 1, self.shape).permute(0, 3, 1, 2)


class Subpixels(nn.Module):
    """A transposed convolution of stride s as a convolution to s * s as many channels, which are then woven.

    Output pixel s * P + r meets the taps r, s + r, 2 * s + r, ... at the inputs P, P - 1, P - 2, ...; what the
    padding of the transposed convolution cuts off is cut off after weaving.
    """

    def __init__(self, layer: nn.ConvTranspose2d):
        super().__init__()
        self.stride = stride = layer.stride[0]
        kernel, (inputs, outputs) = layer.weight, layer.weight.shape[:2]
        down, right = (-(-size // stride) for size in kernel.shape[2:])
        kernel = functional.pad(kernel, (0, right * stride - kernel.shape[3], 0, down * stride - kernel.shape[2]))
        # (I, O, t, r, u, q) -> (O, r, q, I, t, u), taps turned round since a convolution reads forwards
        phases = kernel.view(inputs, outputs, down, stride, right, stride).permute(1, 3, 5, 0, 2, 4).flip(4, 5)
        each, around = outputs * stride * stride, (down - 1, right - 1)
        biased = layer.bias is not None
        self.convolution = nn.Conv2d(inputs, each, (down, right), padding=around, bias=biased, device="meta")
        self.convolution.weight = nn.Parameter(phases.reshape(each, inputs, down, right).contiguous())
        if layer.bias is not None:
            self.convolution.bias = nn.Parameter(layer.bias.repeat_interleave(stride * stride))
        self.cut, self.extra, self.kernel = _padding(layer), layer.output_padding, layer.kernel_size

    def forward(self, x: Tensor) -> Tensor:
        woven = functional.pixel_shuffle(self.convolution(x), self.stride)
        top, left = self.cut
        height, width = (
            (side - 1) * self.stride - 2 * cut + kernel + extra
            for side, cut, kernel, extra in zip(x.shape[2:], self.cut, self.kernel, self.extra, strict=True)
        )
        return woven[:, :, top : top + height, left : left + width]

    @staticmethod
    def fits(layer: nn.Module) -> TypeGuard[nn.ConvTranspose2d]:
        return (
            isinstance(layer, nn.ConvTranspose2d)
            and layer.out_channels <= FEW
            and layer.groups == 1
            and set(layer.dilation) == {1}
            and len(set(layer.stride)) == 1
            and layer.stride[0] > 1
            # what output padding adds must lie within what the taps reach
            and all(extra <= cut for extra, cut in zip(layer.output_padding, _padding(layer), strict=True))
        )


def _frozen(module: nn.Module) -> None:
    """Make what a parametrisation computes a plain weight.

    Torch's own way deletes the property from the class, which a copy shares with the network it was copied from.
    """
    values = {name: getattr(module, name).detach() for name in module.parametrizations}  # type: ignore[union-attr]
    module.__class__ = parametrize.type_before_parametrizations(module)
    del module.parametrizations
    for name, value in values.items():
        module.register_parameter(name, nn.Parameter(value))


def _without_norms(layers: list[nn.Module]) -> list[nn.Module]:
    kept: list[nn.Module] = []
    for layer in layers:
        before = kept[-1] if kept else None
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and layer.running_mean is not None:
            if _takes(before):
                kept[-1] = _folded(before, layer, 1)
                continue
            if isinstance(before, Shape) and len(kept) > 1 and isinstance(kept[-2], nn.Linear):
                kept[-2] = _folded(kept[-2], layer, kept[-2].out_features // layer.num_features)
                continue
        kept.append(layer)
    return kept


def _takes(layer: nn.Module | None) -> TypeGuard[Weighted]:
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.groups == 1
    return isinstance(layer, nn.Linear | nn.Conv2d)


def _folded(layer: Weighted, norm: nn.BatchNorm1d | nn.BatchNorm2d, spread: int) -> Weighted:
    """The layer with a norm in it; each channel of the norm scales `spread` outputs. Computed in float64."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = torch.rsqrt(norm.running_var.double() + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight.double()
    shift = -norm.running_mean.double() * scale
    if norm.bias is not None:
        shift = shift + norm.bias.double()
    scale, shift = scale.repeat_interleave(spread), shift.repeat_interleave(spread)
    bias = shift if layer.bias is None else layer.bias.double() * scale + shift
    sides = [1] * (layer.weight.ndim - 2)
    across = scale.view(1, -1, *sides) if isinstance(layer, nn.ConvTranspose2d) else scale.view(-1, 1, *sides)
    folded = copy.copy(layer)
    folded._parameters = {}
    folded.weight = nn.Parameter((layer.weight.double() * across).to(layer.weight.dtype))
    folded.bias = nn.Parameter(bias.to(layer.weight.dtype))
    return folded


def _faster(layers: list[nn.Module]) -> list[nn.Module]:
    kept: list[nn.Module] = []
    for layer in layers:
        before = kept[-1] if kept else None
        if isinstance(before, Shape) and before.shape[1:] == (1, 1) and _plain(layer):
            kept[-1:] = _product(layer)
        else:
            kept.append(Subpixels(layer) if Subpixels.fits(layer) else layer)
    return kept


def _padding(layer: nn.ConvTranspose2d) -> tuple[int, ...]:
    assert not isinstance(layer.padding, str)
    return tuple(layer.padding)


def _plain(layer: nn.Module) -> TypeGuard[nn.ConvTranspose2d]:
    return (
        isinstance(layer, nn.ConvTranspose2d)
        and layer.groups == 1
        and set(layer.dilation) == {1}
        and not any((*_padding(layer), *layer.output_padding))
    )


def _product(layer: nn.ConvTranspose2d) -> list[nn.Module]:
    """A transposed convolution of a 1 x 1 map as a linear layer whose rows lie channels-last."""
    inputs, outputs, height, width = layer.weight.shape
    linear = nn.Linear(inputs, outputs * height * width, bias=layer.bias is not None, device="meta")
    linear.weight = nn.Parameter(layer.weight.permute(2, 3, 1, 0).reshape(-1, inputs).contiguous())
    if layer.bias is not None:
        linear.bias = nn.Parameter(layer.bias.repeat(height * width))
    return [linear, Maps(outputs, height, width)]
