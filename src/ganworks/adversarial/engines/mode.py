"""The mode under which a network's layers run on our kernels, whoever wrote the network."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from .kernels import Convolution, Dense, Linear, Rectify, Tape

Function = Callable[..., Any]
BITS = 16


class Kernels(TorchFunctionMode):
    """While it is entered, convolutions, dense layers, rectifiers and dropout go through kernels.py.

    Everything else is torch's, so a network of any kind keeps its mathematics. Under autocast the kernels compute in
    the type that torch's own would.
    """

    def __init__(self, tape: Tape):
        super().__init__()
        self.tape = tape

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        ours = OURS.get(func)
        if ours is None:
            return func(*args, **(kwargs or {}))
        return ours(self.tape, *args, **(kwargs or {}))


def _convolution(axes: int, original: Function) -> Function:
    def convolve(
        tape: Tape, x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        if isinstance(padding, str) or x.ndim != axes + 2:
            result: Tensor = original(x, weight, bias, stride, padding, dilation, groups)
            return result
        shape = Convolution(
            _each(stride, axes), _each(padding, axes), _each(dilation, axes), False, (0,) * axes, groups
        )
        return _run(shape, tape, x, weight, bias)

    return convolve


def _transposed(axes: int, original: Function) -> Function:
    def convolve(
        tape: Tape, x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    ) -> Tensor:  # fmt: skip
        if x.ndim != axes + 2:
            result: Tensor = original(x, weight, bias, stride, padding, output_padding, groups, dilation)
            return result
        shape = Convolution(
            _each(stride, axes), _each(padding, axes), _each(dilation, axes), True, _each(output_padding, axes), groups
        )
        return _run(shape, tape, x, weight, bias)

    return convolve


def _dense(tape: Tape, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return _run(Dense(), tape, input, weight, bias)


def _run(layer: Convolution | Dense, tape: Tape, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    device = x.device.type
    if not torch.is_autocast_enabled(device):
        return Linear.apply(x, weight, bias, layer, tape)  # type: ignore[no-any-return, no-untyped-call]
    kind = torch.get_autocast_dtype(device)
    with torch.autocast(device, enabled=False):
        narrow = None if bias is None else bias.to(kind)
        return Linear.apply(x.to(kind), weight.to(kind), narrow, layer, tape)  # type: ignore[no-any-return, no-untyped-call]


def _leaky(tape: Tape, input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    return Rectify.apply(input, negative_slope)  # type: ignore[no-any-return, no-untyped-call]


def _relu(tape: Tape, input: Tensor, inplace: bool = False) -> Tensor:
    return Rectify.apply(input, 0.0)  # type: ignore[no-any-return, no-untyped-call]


def _dropout(tape: Tape, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Which values are kept is drawn as whole numbers of 16 bits, four at once: a third of the time of torch's floats.

    The share is right to 1 in 65,536.
    """
    if not training or p == 0 or input.device.type != "cpu":
        return functional.dropout(input, p, training)
    count = input.numel()
    bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)[:count]
    least = round(p * 2**BITS) - 2 ** (BITS - 1)
    kept = torch.empty_like(input, memory_format=torch.preserve_format)
    kept.as_strided((count,), (1,)).copy_(bits >= least)  # in the order of memory, whatever the order of axes
    return input * kept.mul_(1 / (1 - p))


def _each(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value) * (axes if len(value) == 1 else 1)


OURS: dict[Function, Function] = {
    **{each: _convolution(axes, each) for axes, each in enumerate((torch.conv1d, torch.conv2d, torch.conv3d), 1)},
    **{
        each: _transposed(axes, each)
        for axes, each in enumerate((torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d), 1)
    },
    functional.linear: _dense,
    functional.leaky_relu: _leaky,
    functional.relu: _relu,
    torch.relu: _relu,
    Tensor.relu: _relu,
    functional.dropout: _dropout,
}
