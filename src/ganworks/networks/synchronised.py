"""Batch norm over the union batch of several processes: torch's own refuses the CPU and a second derivative."""

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm


def synchronise(network: nn.Module) -> nn.Module:
    """The network with every batch norm's statistics those of the union, where there are several processes.

    Weights and their names stay. Each process must pass batches of one size through it, the same number of times.
    """
    if not (distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1):
        return network
    for name, child in network.named_children():
        setattr(network, name, UnionBatchNorm.of(child) if isinstance(child, _BatchNorm) else synchronise(child))
    return network


class UnionBatchNorm(_BatchNorm):
    """(B, C, ...) -> the same, each channel at zero mean and unit variance over the union. Ioffe & Szegedy (2015)."""

    @classmethod
    def of(cls, norm: _BatchNorm) -> "UnionBatchNorm":
        """Takes over the weights and running statistics of a batch norm."""
        other = cls(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        other._parameters, other._buffers = norm._parameters, norm._buffers
        return other.train(norm.training)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        values = x.float() if x.dtype.itemsize < 4 else x
        normal: Tensor
        normal, _, mean, variance = _Normalise.apply(values, self.eps)  # type: ignore[no-untyped-call]
        self._remember(mean, variance, distributed.get_world_size() * x.numel() // x.shape[1])
        if self.affine:
            normal = torch.addcmul(_over(self.bias, x), normal, _over(self.weight, x))
        return normal.to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics, the variance by its unbiased estimate, as torch does."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        unbiased = variance * (count / max(count - 1, 1))
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), share)

    def _check_input_dim(self, x: Tensor) -> None:
        """Any number of axes will do."""


class _Normalise(torch.autograd.Function):
    """x -> (x - mean) * rate, where rate is one over the deviation; and rate, mean, variance.

    torch's own gradient of these few lines takes four times as long in channels-last, because what it expands on the
    way has another memory order. The second derivative is torch's, of `backward`: its inputs are this function's
    outputs, so that they depend on x there too. The gradient is that of the sum of all processes' losses.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        axes = _axes(x)
        # Slices are of one size, so the union's mean is the mean of means. torch's var_mean would take one pass, and
        # on a CPU sixty times as long as a mean.
        mean = _mean(x.mean(axes))
        centred = x - _over(mean, x)
        variance = _mean(centred.square().mean(axes))
        rate = torch.rsqrt(variance + eps)
        normal = centred.mul_(_over(rate, x))
        ctx.save_for_backward(normal, rate)
        ctx.mark_non_differentiable(mean, variance)
        ctx.set_materialize_grads(False)
        return normal, rate, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None, of_rate: Tensor | None, *_: Any) -> Any:
        normal, rate = ctx.saved_tensors
        found: Tensor | None = None
        if gradient is not None:
            along = _mean((gradient * normal).mean(_axes(normal)))
            rest = gradient - _over(_mean(gradient.mean(_axes(normal))), normal)
            if torch.is_grad_enabled():
                found = (rest - normal * _over(along, normal)) * _over(rate, normal)
            else:  # in place: most of the time goes into fetching fresh memory
                found = rest.addcmul_(normal, _over(-along, normal)).mul_(_over(rate, normal))
        if of_rate is not None:
            share = _mean(of_rate) * rate.square() * len(rate) / normal.numel()
            pulled = -normal * _over(share, normal)
            found = pulled if found is None else found + pulled
        return found, None


def _axes(x: Tensor) -> list[int]:
    """All but the channels'."""
    return [0, *range(2, x.ndim)]


def _over(values: Tensor, x: Tensor) -> Tensor:
    """One value a channel, shaped to broadcast over x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))


def _mean(x: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(x)  # type: ignore[no-untyped-call]
    return total / distributed.get_world_size()


class _Sum(torch.autograd.Function):
    """The sum over processes. Its gradient is the sum of theirs, so it may be differentiated as often as one likes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.detach().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return _Sum.apply(gradient.contiguous())  # type: ignore[no-untyped-call]
