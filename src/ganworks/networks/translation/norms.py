"""The normalisations of these networks, by name, and the convolutions between them."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from ..layers import Layer, he, normal

Norm = Literal["batch", "instance", "none"]


class InstanceNorm(nn.Module):
    """Every channel of every sample at zero mean and unit variance. Ulyanov et al. (2016). (B, C, H, W), H W above 1.

    As a group norm with as many groups as channels, which keeps channels last in memory where torch's own does not.
    """

    def forward(self, x: Tensor) -> Tensor:
        return functional.group_norm(x, x.shape[1])


def norm_layers(norm: Norm, channels: int) -> list[nn.Module]:
    """The layer, in a list that is empty for none; gains start near 1 as Isola et al. (2017) do."""
    if norm == "none":
        return []
    if norm == "instance":
        return [InstanceNorm()]
    layer = nn.BatchNorm2d(channels)
    nn.init.normal_(layer.weight, 1.0, 0.02)
    return [layer]


def started(layer: Layer, norm: str) -> Layer:
    """Small normal weights where a norm rescales what they do, else by fan-in."""
    return normal(layer, 0.02) if norm in {"batch", "instance"} else he(layer)
