"""Convolutions, dense layers and rectifiers whose second derivative computes what a gradient penalty needs, no more.

torch's own double backward spends work on zeros: the second derivative of a leaky rectifier is a tensor of zeros that
then travels back through every layer before it. And it pays twice for the weights, once for the loss and once for the
penalty, although both multiply the same sensitivities. With x what enters a layer, s the sensitivity of the logit to
what leaves it, and t what a penalty sends up the layers, the gradient of

    sum_i pull_i logit_i + penalty    is    sum_i (pull_i x_i + t_i) (x) s_i

which is one weight gradient instead of two, and no second journey down for the loss. It holds where a logit depends on
its own sample alone; `lean` tries that out before it relies on it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

THIN = {1: 1, 2: 3}
"""Channels, by stride, up to which a matrix product and a fold beat oneDNN's algorithms towards these channels, which
cost the same from one channel to sixteen. Measured on one AVX-512 core: ten times at one channel with stride 2."""


class Tape:
    """What the kernels of one discriminator's turn have to know from each other."""

    def __init__(self) -> None:
        self.slopes = False
        """Whether the pass under way only asks for the samples' gradients."""
        self.pull: Tensor | None = None
        """(B,) derivative of the loss by each logit, while a penalty's pass also collects the loss's gradients."""

    @contextmanager
    def asking_slopes(self) -> Iterator[None]:
        self.slopes = True
        try:
            yield
        finally:
            self.slopes = False

    @contextmanager
    def collecting(self, pull: Tensor) -> Iterator[None]:
        self.pull = pull
        try:
            yield
        finally:
            self.pull = None


class Convolution(NamedTuple):
    """The arguments of a convolution beside its tensors, and its three directions."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int

    @classmethod
    def of(cls, layer: nn.Conv2d | nn.ConvTranspose2d) -> Self:
        padding = layer.padding if isinstance(layer.padding, tuple) else (0, 0)
        return cls(layer.stride, padding, layer.dilation, layer.transposed, layer.output_padding, layer.groups)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.transposed and self._by_columns(weight):
            size = [
                (n - 1) * s - 2 * p + k + o
                for n, s, p, k, o in zip(
                    x.shape[2:], self.stride, self.padding, weight.shape[2:], self.output_padding, strict=True
                )
            ]
            y = _columns(x, weight, self, size)
            return y if bias is None else y + bias[:, None, None]
        return torch.convolution(
            x, weight, bias, self.stride, self.padding, self.dilation, self.transposed, self.output_padding, self.groups
        )

    def to_input(self, s: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Sensitivity to what entered, from the one to what left."""
        if not self.transposed and self._by_columns(weight):
            return _columns(s, weight, self, x.shape[2:])
        return self._backward(s, x, weight, (True, False, False))[0]

    def to_weight(self, s: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        return self._backward(s, x, weight, (False, True, False))[1]

    def _by_columns(self, weight: Tensor) -> bool:
        return weight.device.type == "cpu" and self.thin(weight.shape[1], weight.shape[2:])

    def _backward(self, s: Tensor, x: Tensor, weight: Tensor, wanted: tuple[bool, bool, bool]) -> Sequence[Tensor]:
        found: Sequence[Tensor] = torch.ops.aten.convolution_backward(
            s, x, weight, None, self.stride, self.padding, self.dilation, self.transposed, self.output_padding,
            self.groups, wanted,
        )  # fmt: skip
        return found

    def thin(self, channels: int, kernel: Sequence[int]) -> bool:
        """Whether the direction towards so many channels is faster by columns, on a CPU."""
        plain = self.groups == 1 and len(kernel) == 2 and all(each == 1 for each in self.dilation)
        return plain and max(kernel) > 1 and channels <= THIN[min(2, max(self.stride))]


class Dense(NamedTuple):
    """The same for a dense layer, which may act on any number of axes before the last."""

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return functional.linear(x, weight, bias)

    def to_input(self, s: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        return s @ weight

    def to_weight(self, s: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        return s.reshape(-1, s.shape[-1]).t() @ x.reshape(-1, x.shape[-1])


class Linear(Function):
    """A layer that is linear in what enters: x, weight, bias -> y."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, layer: Convolution | Dense, tape: Tape
    ) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        ctx.layer, ctx.tape = layer, tape
        ctx.set_materialize_grads(False)
        return layer.forward(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, s: Tensor | None) -> tuple[Tensor | None, ...]:
        if s is None:
            return None, None, None, None, None
        x, weight, bias = ctx.saved_tensors
        s = _aligned(s, x)
        to_x, to_weight, to_bias = ctx.needs_input_grad[:3]
        if torch.is_grad_enabled():
            down = Back.apply(s, x, weight, bias, ctx.layer, ctx.tape) if to_x else None  # type: ignore[no-untyped-call]
        else:
            down = ctx.layer.to_input(s, x, weight) if to_x else None
        if ctx.tape.slopes:
            return down, None, None, None, None
        s = s.detach()
        return (
            down,
            ctx.layer.to_weight(s, x.detach(), weight.detach()) if to_weight else None,
            _to_bias(s, ctx.layer) if to_bias else None,
            None,
            None,
        )


class Back(Function):
    """The journey down of `Linear`: the sensitivity to what left -> the one to what entered."""

    @staticmethod
    def forward(
        ctx: Any, s: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, layer: Convolution | Dense, tape: Tape
    ) -> Tensor:
        ctx.save_for_backward(s, x, weight)
        ctx.layer, ctx.tape = layer, tape
        ctx.set_materialize_grads(False)
        return layer.to_input(s, x, weight)

    @staticmethod
    def backward(ctx: Any, t: Tensor | None) -> tuple[Tensor | None, ...]:
        if t is None:
            return None, None, None, None, None, None
        s, x, weight = ctx.saved_tensors
        t = _aligned(t, x)
        to_s, _, to_weight, to_bias = ctx.needs_input_grad[:4]
        layer, pull = ctx.layer, ctx.tape.pull
        up = layer.forward(t, weight, None) if to_s else None
        for_weight, for_bias = None, None
        if to_weight:
            mixed = t if pull is None else torch.addcmul(t, x, _per_sample(pull, x))
            for_weight = layer.to_weight(s, mixed, weight)
        if to_bias and pull is not None:
            for_bias = _to_bias(s, layer, pull)
        return up, None, for_weight, for_bias, None, None


class Rectify(Function):
    """Leaky or plain: y = x above zero, slope * x below. It has no second derivative, so none is computed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.slope = slope
        ctx.set_materialize_grads(False)
        return functional.leaky_relu(x, slope) if slope else functional.relu(x)

    @staticmethod
    def backward(ctx: Any, s: Tensor | None) -> tuple[Tensor | None, None]:
        if s is None:
            return None, None
        (x,) = ctx.saved_tensors
        return Gate.apply(_aligned(s, x), x, ctx.slope), None  # type: ignore[no-untyped-call]


class Gate(Function):
    """What `Rectify` does to a sensitivity and to what a penalty sends up: s where x is above zero, else slope * s."""

    @staticmethod
    def forward(ctx: Any, s: Tensor, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.slope = slope
        ctx.set_materialize_grads(False)
        gated: Tensor = torch.ops.aten.leaky_relu_backward(s, x, slope, False)
        return gated

    @staticmethod
    def backward(ctx: Any, t: Tensor | None) -> tuple[Tensor | None, None, None]:
        if t is None:
            return None, None, None
        (x,) = ctx.saved_tensors
        return torch.ops.aten.leaky_relu_backward(_aligned(t, x), x, ctx.slope, False), None, None


def _aligned(s: Tensor, x: Tensor) -> Tensor:
    """s in the order of memory that x has: mixing two orders costs an elementwise operation ten times its time."""
    last = torch.channels_last
    if s.ndim == 4 and x.is_contiguous(memory_format=last) and not s.is_contiguous(memory_format=last):
        return s.contiguous(memory_format=last)
    return s


def _columns(s: Tensor, weight: Tensor, shape: Convolution, size: Sequence[int]) -> Tensor:
    """A transposed convolution towards few channels: one matrix product, and a fold that adds up what overlaps.

    s (B, C, H, W), weight (C, O, k, k) -> (B, O, *size). Added in float32, since bf16 would lose bits at each overlap.
    """
    batch, channels, height, width = s.shape
    rows = s.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    parts = (rows @ weight.flatten(1)).transpose(1, 2)
    parts = parts.float() if parts.dtype == torch.bfloat16 else parts
    folded = functional.fold(parts, tuple(size), weight.shape[2:], padding=shape.padding, stride=shape.stride)
    return folded.to(s.dtype)


def _to_bias(s: Tensor, layer: Convolution | Dense, pull: Tensor | None = None) -> Tensor:
    """Sum over all but the channels, each sample weighed by its pull."""
    if isinstance(layer, Convolution):
        if pull is None:
            return s.sum([0, *range(2, s.ndim)])
        return pull.to(s.dtype) @ s.sum(list(range(2, s.ndim)))
    return (s if pull is None else s * _per_sample(pull, s)).reshape(-1, s.shape[-1]).sum(0)


def _per_sample(pull: Tensor, like: Tensor) -> Tensor:
    return pull.to(like.dtype).view(-1, *[1] * (like.ndim - 1))
