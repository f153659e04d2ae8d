"""Residual classifiers of CIFAR-10 (20, 32, 44, 56 or 110 layers), read from a file: 64 features, 10 classes.

Source: He et al. (2016), section 4.2. The public files with names such as `module.layer1.0.conv1.weight` fit.
"""

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from ...settings import ConfigError
from .base import Extractor
from .files import Weights, fitted, read_weights
from .pictures import as_imagenet, coloured, need_pictures, resized

SIDE = 32
WIDTHS = (16, 32, 64)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut without weights: every second pixel, and zeros for new channels."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.stride, self.new = stride, (width - channels) // 2

    def forward(self, x: Tensor) -> Tensor:
        shortcut = pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.new, self.new))
        return relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))) + shortcut)


class ResNet(nn.Module):
    """Pictures (B, 3, 32, 32), normalised as ImageNet -> 64 features, and scores of ten classes."""

    def __init__(self, blocks: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), nn.BatchNorm2d(WIDTHS[0])
        self.layer1, self.layer2, self.layer3 = (
            nn.Sequential(
                *(BasicBlock(inward if i == 0 else width, width, stride if i == 0 else 1) for i in range(blocks))
            )
            for inward, width, stride in zip((WIDTHS[0], *WIDTHS), WIDTHS, (1, 2, 2), strict=False)
        )
        self.linear = nn.Linear(WIDTHS[-1], len(CLASSES))

    def features(self, x: Tensor) -> Tensor:
        h = relu(self.bn1(self.conv1(x)))
        maps: Tensor = self.layer3(self.layer2(self.layer1(h)))
        return maps.mean((2, 3))


class CifarResNet(Extractor):
    """Averaged last maps of a classifier of CIFAR-10."""

    name = "cifar-resnet"
    licence: ClassVar[str] = "that of the weights; see where the file came from"
    reads: ClassVar[str] = "small colour pictures like those of CIFAR-10, resized to 32 x 32"
    classes = CLASSES

    def __init__(self, weights: Weights):
        blocks = sum(name.startswith("layer1.") and name.endswith(".conv1.weight") for name in weights.tensors)
        self.network = fitted(lambda: ResNet(max(blocks, 1)), weights, "a residual classifier of CIFAR-10")
        self.sha256 = weights.sha256

    @classmethod
    def open(cls, path: Path | None, cache: Path | None) -> "CifarResNet":
        if path is None:
            raise ConfigError("cifar-resnet needs its weights: write cifar-resnet:FILE, such as resnet20-12fca82f.th")
        return cls(read_weights(path))

    def check(self, shape: tuple[int, ...]) -> None:
        need_pictures(self.name, shape, 4)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        return self.network.to(x.device).features(as_imagenet(resized(coloured(x.float()), SIDE)))

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        scores: Tensor = self.network.linear(self(x))
        return scores.softmax(1)
