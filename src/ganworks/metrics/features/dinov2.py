"""DINOv2: the vision transformers S, B and L of patch 14, read from a file in the public layout of names.

Source: Oquab et al. (2024); Stein et al. (2023) on its features beside those of Inception.
"""

import math
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, interpolate, scaled_dot_product_attention

from ...settings import CheckpointError, ConfigError
from .base import Extractor
from .files import Weights, fitted, read_weights
from .pictures import as_imagenet, coloured, need_pictures, resized

SIDE, PATCH, HEAD = 224, 14, 64
SIZES = {384: "S", 768: "B", 1024: "L"}
"""Width of the tokens -> the name of the size."""
_OFFSET = 0.1
"""Added to the number of patches when the grid of positions is scaled, as in the network that was published."""


class Scale(nn.Module):
    """A weight a feature."""

    def __init__(self, width: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Attention(nn.Module):
    """Every token (B, N, F) looks at all."""

    def __init__(self, width: int):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        out: Tensor = self.proj(scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))
        return out


class Perceptron(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(gelu(self.fc1(x)))
        return out


class TransformerBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm1, self.attn, self.ls1 = nn.LayerNorm(width, eps=1e-6), Attention(width), Scale(width)
        self.norm2, self.mlp, self.ls2 = nn.LayerNorm(width, eps=1e-6), Perceptron(width), Scale(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        out: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return out


class Patches(nn.Module):
    """Pictures (B, 3, H, W) -> tokens (B, H / 14 * W / 14, F)."""

    def __init__(self, width: int):
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, PATCH)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.proj(x).flatten(2).transpose(1, 2)
        return out


class VisionTransformer(nn.Module):
    """Pictures (B, 3, H, W), sides multiples of 14 -> the normalised class token (B, width).

    positions: of the stored table, the class token's among them.
    """

    def __init__(self, width: int, depth: int, positions: int):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, positions, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))  # only training used it; it is in the file
        self.patch_embed = Patches(width)
        self.blocks = nn.ModuleList(TransformerBlock(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = x.shape[2] // PATCH, x.shape[3] // PATCH
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), self.patch_embed(x)], 1)
        tokens = tokens + self._positions(rows, columns)
        for block in self.blocks:
            tokens = block(tokens)
        out: Tensor = self.norm(tokens)[:, 0]
        return out

    def _positions(self, rows: int, columns: int) -> Tensor:
        """The table (1, 1 + rows * columns, F), its grid scaled bicubically where it was learnt at another size."""
        side = math.isqrt(self.pos_embed.shape[1] - 1)
        if (rows, columns) == (side, side):
            return self.pos_embed
        grid = self.pos_embed[:, 1:].view(1, side, side, -1).permute(0, 3, 1, 2)
        scale = (rows + _OFFSET) / side, (columns + _OFFSET) / side
        grid = interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], 1)


class DINOv2(Extractor):
    """The class token of a DINOv2 network, whose size is known by its weights."""

    licence: ClassVar[str] = "Apache-2.0"
    reads: ClassVar[str] = "pictures of all kinds, resized to 224 x 224"

    def __init__(self, weights: Weights):
        tensors = weights.tensors
        positions, width = tensors["pos_embed"].shape[1:] if _has(tensors) else (0, 0)
        square = positions > 1 and math.isqrt(positions - 1) ** 2 == positions - 1
        if width not in SIZES or "register_tokens" in tensors or not square:
            raise CheckpointError(
                f"{weights.path}: wanted DINOv2 S, B or L of patch 14 without registers (dinov2_vitl14_pretrain.pth), "
                "these are other weights"
            )
        depth = sum(name.startswith("blocks.") and name.endswith(".norm1.weight") for name in tensors)
        size = SIZES[width]
        self.network = fitted(lambda: VisionTransformer(width, depth, positions), weights, f"DINOv2 {size}")
        self.name, self.sha256 = f"dinov2-{size.lower()}", weights.sha256

    @classmethod
    def open(cls, path: Path | None, cache: Path | None) -> "DINOv2":
        if path is None:
            raise ConfigError(
                "dinov2 needs its weights: write dinov2:FILE with a file such as dinov2_vitl14_pretrain.pth, or choose "
                "an extractor that needs none (random, pixels, own)"
            )
        return cls(read_weights(path))

    def check(self, shape: tuple[int, ...]) -> None:
        need_pictures(self.name, shape, 4)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        features: Tensor = self.network.to(x.device)(as_imagenet(resized(coloured(x.float()), SIDE, "bicubic")))
        return features


def _has(tensors: dict[str, Tensor]) -> bool:
    return "pos_embed" in tensors and tensors["pos_embed"].ndim == 3
