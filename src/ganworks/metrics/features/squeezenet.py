"""SqueezeNet 1.0 read from a file, in torchvision's layout of names: 512 features and 1,000 class probabilities.

Source: Iandola et al. (2016).
"""

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from ...settings import ConfigError
from .base import Extractor
from .files import Weights, fitted, read_weights
from .pictures import as_imagenet, coloured, need_pictures, resized

SIDE, CLASSES = 224, 1000
# Place in the network -> channels in, squeezed, and out of each half.
FIRES = {
    3: (96, 16, 64), 4: (128, 16, 64), 5: (128, 32, 128),
    7: (256, 32, 128), 8: (256, 48, 192), 9: (384, 48, 192), 10: (384, 64, 256),
    12: (512, 64, 256),
}  # fmt: skip
POOLS = (2, 6, 11)


class Fire(nn.Module):
    """Few channels, then 1 x 1 and 3 x 3 convolutions of them side by side."""

    def __init__(self, channels: int, squeezed: int, half: int):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, half, 1)
        self.expand3x3 = nn.Conv2d(squeezed, half, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.squeeze(x))
        return relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


class SqueezeNet(nn.Module):
    """Pictures (B, 3, H, W), normalised as ImageNet -> maps (B, 512, h, w), and class scores (B, 1000)."""

    def __init__(self) -> None:
        super().__init__()
        rest = (nn.MaxPool2d(3, 2, ceil_mode=True) if i in POOLS else Fire(*FIRES[i]) for i in range(2, 13))
        self.features = nn.Sequential(nn.Conv2d(3, 96, 7, stride=2), nn.ReLU(), *rest)
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(512, CLASSES, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.features(x))
        return scores.mean((2, 3))


class SqueezeNetFeatures(Extractor):
    """The 512 last maps, averaged over the picture."""

    name = "squeezenet"
    licence: ClassVar[str] = "that of the weights; see where the file came from"
    reads: ClassVar[str] = "pictures like those of ImageNet, resized to 224 x 224"

    def __init__(self, weights: Weights):
        self.network = fitted(SqueezeNet, weights, "SqueezeNet 1.0")
        self.sha256 = weights.sha256
        self.classes = tuple(str(i) for i in range(CLASSES))

    @classmethod
    def open(cls, path: Path | None, cache: Path | None) -> "SqueezeNetFeatures":
        if path is None:
            raise ConfigError("squeezenet needs its weights: write squeezenet:FILE, in the layout of torchvision")
        return cls(read_weights(path))

    def check(self, shape: tuple[int, ...]) -> None:
        need_pictures(self.name, shape, 4)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        maps: Tensor = self.network.to(x.device).features(_prepared(x))
        return maps.mean((2, 3))

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        scores: Tensor = self.network.to(x.device)(_prepared(x))
        return scores.softmax(1)


def _prepared(x: Tensor) -> Tensor:
    return as_imagenet(resized(coloured(x.float()), SIDE))
