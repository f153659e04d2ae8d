"""What every backbone promises: pictures -> feature maps that can be differentiated, under a name and a hash."""

import hashlib
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from ....settings import DataError
from ..pictures import as_imagenet, coloured

Maps = tuple[Tensor, ...]


class Backbone(nn.Module, ABC):
    """A frozen network from pictures (B, C, H, W) in -1..1, of any size, to maps (B, F, h, w), the finest first.

    Gradients reach the pictures and nothing else. It follows the device of what it is given. The same name and hash
    give the same maps.
    """

    name: str
    """How it is spelled in settings and beside numbers."""
    sha256: str
    """Of the weights, or of whatever else determines the maps."""
    trained: bool
    """Whether its weights were learnt: maps of random ones have to be compared in another way."""

    def forward(self, x: Tensor) -> Maps:
        held = next(self.buffers(), next(self.parameters(), None))
        if held is not None and held.device != x.device:
            self.to(x.device)
        # In full precision whatever the run computes in: differences of features are small.
        with torch.autocast(x.device.type, enabled=False):
            return self.maps(x.float())

    @abstractmethod
    def maps(self, x: Tensor) -> Maps:
        """Of float32 pictures (B, C, H, W)."""


class Layered(Backbone):
    """A stack of layers read at some of them: VGG, AlexNet, SqueezeNet. Pictures are made ones of ImageNet first."""

    def __init__(self, name: str, features: nn.Sequential, taps: tuple[int, ...], sha256: str, trained: bool):
        super().__init__()
        self.name, self.sha256, self.trained = name, sha256, trained
        self.taps = taps
        self.layers = nn.ModuleList(list(features)[: taps[-1] + 1]).eval().requires_grad_(False)

    def maps(self, x: Tensor) -> Maps:
        x, found = as_imagenet(coloured(x)), []
        for number, layer in enumerate(self.layers):
            if _too_small(layer, x):
                break
            x = layer(x)
            if number in self.taps:
                found.append(x)
        if not found:
            raise DataError(f"{self.name} reads larger pictures than {x.shape[2]} x {x.shape[3]}; use random:shallow:0")
        return tuple(found)


def _too_small(layer: nn.Module, x: Tensor) -> bool:
    """Whether nothing would be left of x: small pictures have fewer maps."""
    if not isinstance(layer, nn.Conv2d | nn.MaxPool2d):
        return False
    reach, edge = (torch.as_tensor(each).max() for each in (layer.kernel_size, layer.padding))
    return min(x.shape[2:]) + 2 * int(edge) < int(reach)


def hashed(about: str, weights: dict[str, Tensor]) -> str:
    """SHA-256 of what a random network is and of its weights."""
    digest = hashlib.sha256(about.encode())
    for name, each in weights.items():
        digest.update(name.encode() + each.numpy().tobytes())
    return digest.hexdigest()
