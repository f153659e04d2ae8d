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
        axes, view = [0, *range(2, x.ndim)], (1, -1, *[1] * (x.ndim - 2))
        # Slices are of one size, so the union's mean is the mean of means. torch's var_mean would take one pass, and
        # on a CPU sixty times as long as a mean.
        mean = _mean(values.mean(axes))
        centred = values - mean.view(view)
        variance = _mean(centred.square().mean(axes))
        self._remember(mean, variance, distributed.get_world_size() * x.numel() // x.shape[1])
        scale = torch.rsqrt(variance + self.eps)
        if not self.affine:
            return (centred * scale.view(view)).to(x.dtype)
        return torch.addcmul(self.bias.view(view), centred, (scale * self.weight).view(view)).to(x.dtype)

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
