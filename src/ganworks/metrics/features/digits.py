"""The digit classifier that comes with the package: features and class probabilities of MNIST-like pictures.

Its weights were made by `benchmarks/digits_classifier.py` and lie beside this file.
"""

import itertools
from functools import cache
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, max_pool2d

from .base import Extractor
from .files import fitted, read_weights
from .pictures import need_pictures, resized

WEIGHTS = Path(__file__).with_name("digits.safetensors")
SIDE, FEATURES, DIGITS = 28, 64, 10
MOST_CHANNELS = 3
"""Digits that may be stacked as channels; with 3 there are 1,000 classes."""


class DigitNet(nn.Module):
    """Grey pictures (B, 1, 28, 28) in -1..1 -> 64 features, and logits over the ten digits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, stride=2, padding=2, bias=False)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(64, 96, 3, padding=1, bias=False)
        self.conv4 = nn.Conv2d(96, 64, 3, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(32), nn.BatchNorm2d(64)
        self.norm3, self.norm4 = nn.BatchNorm2d(96), nn.BatchNorm2d(64)
        self.hidden = nn.Linear(64 * 25, FEATURES, bias=False)
        self.norm5 = nn.BatchNorm1d(FEATURES)
        self.answer = nn.Linear(FEATURES, DIGITS)

    def features(self, x: Tensor) -> Tensor:
        """x (B, 1, 28, 28) -> (B, 64). Leaky, so that no feature is constant."""
        h = leaky_relu(self.norm1(self.conv1(x)), 0.1)  # 14
        h = max_pool2d(leaky_relu(self.norm2(self.conv2(h)), 0.1), 2)  # 7
        h = leaky_relu(self.norm3(self.conv3(h)), 0.1)
        h = leaky_relu(self.norm4(self.conv4(h)), 0.1)  # 5
        return leaky_relu(self.norm5(self.hidden(h.flatten(1))), 0.1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.answer(self.features(x))
        return logits


class Digits(Extractor):
    """Penultimate activations and class probabilities of digits. White on black, as MNIST has them.

    Pictures of several channels are read as that many digits: their features stand side by side, and the number of a
    class is written by their digits, the first channel's first, as the picture domain numbers stacked digits.
    """

    name = "digits"
    licence: ClassVar[str] = "Apache-2.0"
    reads: ClassVar[str] = "grey pictures of digits, resized to 28 x 28; each channel is one digit"

    def __init__(self, channels: int = 1):
        need_pictures(self.name, (channels, SIDE, SIDE), MOST_CHANNELS)
        self.network, self.sha256 = _shipped()
        self.classes = tuple("".join(each) for each in itertools.product("0123456789", repeat=channels))

    def check(self, shape: tuple[int, ...]) -> None:
        need_pictures(self.name, shape, MOST_CHANNELS)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        return self._features(x).flatten(1)

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        single = self.network.answer(self._features(x)).softmax(2)  # (B, C, 10)
        joint: Tensor = single[:, 0]
        for channel in range(1, single.shape[1]):
            joint = (joint[:, :, None] * single[:, channel, None]).flatten(1)
        return joint

    def _features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, 64)."""
        self.check(tuple(x.shape[1:]))
        digits = resized(x.float(), SIDE).reshape(-1, 1, SIDE, SIDE)
        return self.network.to(x.device).features(digits).view(len(x), -1, FEATURES)


@cache
def _shipped() -> tuple[DigitNet, str]:
    weights = read_weights(WEIGHTS)
    network = fitted(DigitNet, weights, "the digit classifier")
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster
    return network, weights.sha256
