"""Convolutions whose weights lie as oneDNN wants them, with the activation that follows computed inside.

torch turns the weights round on every call, which a single sample cannot pay for: one picture of 64 x 64 takes 1.4 ms
instead of 2.3. The operators are the ones torch's own compiler calls; they are no public interface, so their absence is
an answer, and what they draw is compared before it is used.
"""

from typing import Any

import torch
from torch import Tensor, nn

_OPERATORS = (
    ("_reorder_convolution_weight", "_convolution_pointwise"),
    ("_reorder_convolution_transpose_weight", "_convolution_transpose_pointwise"),
)


def there() -> bool:
    """Whether this build of torch has the operators."""
    names = {name for pair in _OPERATORS for name in pair}
    return onednn() and all(hasattr(torch.ops.mkldnn, name) for name in names)


def onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def packed(network: nn.Module, z: Tensor) -> nn.Module:
    """The network itself with its convolutions packed for batches of the size of z (B, L)."""
    sizes: dict[nn.Module, list[int]] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sizes[module] = list(inputs[0].shape)

    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [each.register_forward_pre_hook(note) for each in convolutions]
    try:
        network(z)
    finally:
        for hook in hooks:
            hook.remove()
    for parent in list(network.modules()):
        children = list(parent.named_children())
        for position, (name, child) in enumerate(children):
            if child not in sizes or not _packable(child):
                continue
            after = children[position + 1 : position + 2] if isinstance(parent, nn.Sequential) else []
            activation = _activation(after[0][1]) if after else None
            setattr(parent, name, _Packed(child, sizes[child], activation))
            if activation:
                delattr(parent, after[0][0])
    return network


class _Packed(nn.Module):
    def __init__(self, layer: nn.Module, size: list[int], activation: tuple[str, list[float]] | None):
        super().__init__()
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        transposed = isinstance(layer, nn.ConvTranspose2d)
        place = [
            [int(each) for each in layer.padding],
            *([list(layer.output_padding)] if transposed else []),
            list(layer.stride),
            list(layer.dilation),
            layer.groups,
        ]
        reorder, self._compute = (getattr(torch.ops.mkldnn, name) for name in _OPERATORS[transposed])
        word, numbers = activation or ("none", [])
        # Neither parameters nor buffers: a packed tensor can be computed with, and little else.
        self._weight = reorder(layer.weight.detach(), *place, size)
        self._bias = None if layer.bias is None else layer.bias.detach()
        self._rest: list[Any] = [*place, word, numbers, ""]

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self._compute(x, self._weight, self._bias, *self._rest)
        return drawn


def _packable(layer: nn.Module) -> bool:
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _activation(layer: nn.Module) -> tuple[str, list[float]] | None:
    if isinstance(layer, nn.ReLU):
        return "relu", []
    if isinstance(layer, nn.LeakyReLU):
        return "leaky_relu", [layer.negative_slope]
    return None
