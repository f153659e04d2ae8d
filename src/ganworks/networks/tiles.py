"""The pair for grids of tiles: layers at full size at both ends, where what stands beside what is decided.

A stride at either end, as pictures like it, sees each of the four ways in which a pattern can lie on its grid as
another pattern. Which tiles may touch is a matter of exact neighbours, learnt once where every cell is looked at alike.
"""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..search import Search
from ..spec import Spec
from .base import Discriminator, Generator
from .conditions import Asked, rows
from .layers import LEAK, Draws, Judges, MinibatchStd, Shape, he, picture_grid


class TilesGenerator(Generator):
    """Dense to a small grid, a transposed convolution a doubling, and neighbours that settle who they are."""

    name: Literal["tiles"] = "tiles"
    latent: int = Field(default=32, gt=0)
    """Length of the latent vector."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """Channels at full size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=128, gt=0)
    """Channels that no grid exceeds."""
    settle: int = Field(default=1, ge=0)
    """Times that each cell looks at what its neighbours are about to be, and changes its mind."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name)
        numbers = rows(spec, self.name)
        channels = [min(self.width << stage, self.widest) for stage in reversed(range(stages + 1))]
        layers: list[nn.Module] = [
            he(nn.Linear(self.latent + numbers, channels[0] * height * width, bias=False)),
            Shape(channels[0], height, width),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(),
        ]
        for inputs, outputs in pairwise(channels):
            layers += [he(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers.append(he(nn.Conv2d(channels[-1], spec.channels, 3, padding=1), gain=0.1))
        layers += [Settle(spec.channels, self.width) for _ in range(self.settle)]
        return Draws(nn.Sequential(*layers), spec.spans, numbers)


class TilesDiscriminator(Discriminator):
    """A convolution at full size, a strided one a halving, a dense logit."""

    name: Literal["tiles"] = "tiles"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=24, gt=0)
    """Channels at full size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=96, gt=0)
    """Channels that no grid exceeds."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples in a group whose deviation is shown to the last layer; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        height, width, stages = picture_grid(spec, self.name)
        asked = Asked.of(spec, self.condition, self.name)
        channels = [min(self.width << stage, self.widest) for stage in range(stages + 1)]
        layers: list[nn.Module] = [he(nn.Conv2d(asked.channels, channels[0], 3, padding=1)), nn.LeakyReLU(LEAK)]
        for inputs, outputs in pairwise(channels):
            layers += [he(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(LEAK)]
        layers.append(nn.Flatten())
        features = channels[-1] * height * width
        if self.minibatch_std:
            layers.append(MinibatchStd(self.minibatch_std))
            features += 1
        return Judges(nn.Sequential(*layers, he(nn.Linear(features, asked.outputs), gain=1)), asked)


class Settle(nn.Module):
    """Logits (B, C, H, W) changed by what the cells around are likely to be: a pipe's left half calls for its right.

    Begins as almost nothing, so that a new network is the one without it.
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.look = he(nn.Conv2d(channels, width, 3, padding=1))
        self.change = he(nn.Conv2d(width, channels, 3, padding=1), gain=0.1)

    def forward(self, x: Tensor) -> Tensor:
        likely = (2 * x.float()).softmax(1).to(x.dtype)
        change: Tensor = self.change(functional.leaky_relu(self.look(likely), LEAK))
        return x + change
