"""The Inception network of 2015 that FID is defined on, and no other: features (2048) and 1,008 class probabilities.

The layout of names is that of the weights published with pytorch-fid. Sources: Szegedy et al. (2016) for the network,
Heusel et al. (2017) for its use, Parmar et al. (2022) for the resizing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

from ...settings import CheckpointError, ConfigError
from .base import Extractor
from .files import Weights, fetched, fitted, read_weights
from .pictures import coloured, need_pictures, resized

URL = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d"
"""How the SHA-256 of the weights begins."""
SIDE, FEATURES, CLASSES = 299, 2048, 1008
WAYS_OUT = (
    "give the file pt_inception-2015-12-05-6726825d.pth (inception:FILE), or choose an extractor that needs none "
    "(random, pixels, own)"
)


class Conv(NamedTuple):
    """A convolution with normalisation. With stride 2 nothing is padded, else the size is kept."""

    name: str
    width: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1


Step = tuple[Conv, ...] | str
"""Convolutions side by side, whose maps are joined; or a kind of pooling: average, max, halve."""
Branch = Sequence[Step]


class Unit(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, channels: int, conv: Conv, padding: tuple[int, int]):
        super().__init__()
        self.conv = nn.Conv2d(channels, conv.width, conv.kernel, conv.stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(conv.width, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.bn(self.conv(x)))


class Block(nn.Module):
    """Branches side by side, whose maps are joined in order."""

    def __init__(self, channels: int, *branches: Branch):
        super().__init__()
        self.branches, self.width = branches, 0
        for branch in branches:
            width = channels
            for step in branch:
                if not isinstance(step, str):
                    for conv in step:
                        self.add_module(conv.name, Unit(width, conv, _same(conv)))
                    width = sum(conv.width for conv in step)
            self.width += width

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self._along(branch, x) for branch in self.branches], 1)

    def _along(self, branch: Branch, x: Tensor) -> Tensor:
        for step in branch:
            x = pooled(x, step) if isinstance(step, str) else torch.cat([self._modules[c.name](x) for c in step], 1)  # type: ignore[misc]
        return x


class InceptionNet(nn.Module):
    """Pictures (B, 3, 299, 299) in -1..1 -> features (B, 2048)."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, Conv("", 32, (3, 3), 2), (0, 0))
        self.Conv2d_2a_3x3 = Unit(32, Conv("", 32, (3, 3)), (0, 0))
        self.Conv2d_2b_3x3 = Unit(32, Conv("", 64, (3, 3)), (1, 1))
        self.Conv2d_3b_1x1 = Unit(64, Conv("", 80), (0, 0))
        self.Conv2d_4a_3x3 = Unit(80, Conv("", 192, (3, 3)), (0, 0))
        width = 192
        for name, branches in _blocks().items():
            block = Block(width, *branches)
            self.add_module(name, block)
            width = block.width
        self.fc = nn.Linear(width, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(pooled(x, "halve")))
        x = pooled(x, "halve")
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                x = block(x)
        return x.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (B, 1008) without the bias, as the score of Salimans et al. (2016) was computed."""
        return self.features(x) @ self.fc.weight.t()


class Inception(Extractor):
    """The features that FID is defined on. Any other weights are refused, so that the word keeps its meaning."""

    name = "inception"
    licence: ClassVar[str] = "Apache-2.0"
    reads: ClassVar[str] = "pictures like those of ImageNet, resized to 299 x 299"

    def __init__(self, weights: Weights):
        self.network = fitted(InceptionNet, weights, "the Inception network of 2015")
        self.sha256 = weights.sha256
        self.classes = tuple(str(i) for i in range(CLASSES))

    @classmethod
    def open(cls, path: Path | None, cache: Path | None) -> "Inception":
        """From a file, or fetched into the folder `cache`. Raises DataError or CheckpointError in one line."""
        if path is None and cache is None:
            raise ConfigError(f"inception needs its weights, and there is no folder to fetch them into; {WAYS_OUT}")
        path = path or fetched(URL, Path(cache or ".") / "weights", SHA256, WAYS_OUT)
        weights = read_weights(path)
        if not weights.sha256.startswith(SHA256):
            raise CheckpointError(
                f"{path}: FID is defined by weights whose SHA-256 begins with {SHA256}, this file's begins with "
                f"{weights.sha256[: len(SHA256)]}; {WAYS_OUT}"
            )
        return cls(weights)

    @property
    def official(self) -> bool:
        """Whether a Fréchet distance on these features may be called FID."""
        return self.sha256.startswith(SHA256)

    def check(self, shape: tuple[int, ...]) -> None:
        need_pictures(self.name, shape, 4)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        return self.network.to(x.device).features(_prepared(x))

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network.to(x.device)(_prepared(x))
        return logits.softmax(1)


def pooled(x: Tensor, kind: str) -> Tensor:
    """3 x 3 pooling. The average leaves out what lies beyond the edge, as the network of 2015 did."""
    if kind == "average":
        return avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    return max_pool2d(x, 3, stride=1, padding=1) if kind == "max" else max_pool2d(x, 3, stride=2)


def _prepared(x: Tensor) -> Tensor:
    return resized(coloured(x.float()), SIDE, "bicubic")


def _same(conv: Conv) -> tuple[int, int]:
    return (0, 0) if conv.stride == 2 else (conv.kernel[0] // 2, conv.kernel[1] // 2)


def _a(pool: int) -> list[Branch]:
    return [
        [(Conv("branch1x1", 64),)],
        [(Conv("branch5x5_1", 48),), (Conv("branch5x5_2", 64, (5, 5)),)],
        [
            (Conv("branch3x3dbl_1", 64),),
            (Conv("branch3x3dbl_2", 96, (3, 3)),),
            (Conv("branch3x3dbl_3", 96, (3, 3)),),
        ],
        ["average", (Conv("branch_pool", pool),)],
    ]


def _b() -> list[Branch]:
    return [
        [(Conv("branch3x3", 384, (3, 3), 2),)],
        [
            (Conv("branch3x3dbl_1", 64),),
            (Conv("branch3x3dbl_2", 96, (3, 3)),),
            (Conv("branch3x3dbl_3", 96, (3, 3), 2),),
        ],
        ["halve"],
    ]


def _c(width: int) -> list[Branch]:
    wide, high = (1, 7), (7, 1)
    return [
        [(Conv("branch1x1", 192),)],
        [
            (Conv("branch7x7_1", width),),
            (Conv("branch7x7_2", width, wide),),
            (Conv("branch7x7_3", 192, high),),
        ],
        [
            (Conv("branch7x7dbl_1", width),),
            (Conv("branch7x7dbl_2", width, high),),
            (Conv("branch7x7dbl_3", width, wide),),
            (Conv("branch7x7dbl_4", width, high),),
            (Conv("branch7x7dbl_5", 192, wide),),
        ],
        ["average", (Conv("branch_pool", 192),)],
    ]


def _d() -> list[Branch]:
    return [
        [(Conv("branch3x3_1", 192),), (Conv("branch3x3_2", 320, (3, 3), 2),)],
        [
            (Conv("branch7x7x3_1", 192),),
            (Conv("branch7x7x3_2", 192, (1, 7)),),
            (Conv("branch7x7x3_3", 192, (7, 1)),),
            (Conv("branch7x7x3_4", 192, (3, 3), 2),),
        ],
        ["halve"],
    ]


def _e(pool: str) -> list[Branch]:
    def fork(name: str) -> Step:
        return Conv(f"{name}a", 384, (1, 3)), Conv(f"{name}b", 384, (3, 1))

    return [
        [(Conv("branch1x1", 320),)],
        [(Conv("branch3x3_1", 384),), fork("branch3x3_2")],
        [(Conv("branch3x3dbl_1", 448),), (Conv("branch3x3dbl_2", 384, (3, 3)),), fork("branch3x3dbl_3")],
        [pool, (Conv("branch_pool", 192),)],
    ]


def _blocks() -> dict[str, list[Branch]]:
    return {
        "Mixed_5b": _a(32), "Mixed_5c": _a(64), "Mixed_5d": _a(64),
        "Mixed_6a": _b(), "Mixed_6b": _c(128), "Mixed_6c": _c(160), "Mixed_6d": _c(160), "Mixed_6e": _c(192),
        "Mixed_7a": _d(), "Mixed_7b": _e("average"), "Mixed_7c": _e("max"),
    }  # fmt: skip
