"""Path length: a small step of the style shall change the picture by one size everywhere."""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..schedule import Number
from ..settings import ConfigError
from . import chance
from .collective import average
from .turn import Term, Turn

DECAY = 0.01
"""How far the running mean of lengths moves in a step."""


class PathLength(Term):
    """(|J^T y| - a)^2 for noise pictures y, J of the picture by its style, a their running mean length.
    Karras et al. (2020), equation 4.

    Wants a generator that offers `mapping(z, c)` -> w, `synthesis(w)` -> x and a buffer `path` (1,), which keeps a and
    so travels with the weights. It draws its own samples.
    """

    name: Literal["path-length"] = "path-length"
    player = "generator"
    weight: Number = 2.0
    """Factor of the cost; may be a schedule over the run."""
    every: int = Field(default=4, ge=1)
    """Charged on one step in so many, that many times as dear; 8 in the paper."""
    share: float = Field(default=0.5, gt=0, le=1)
    """Of a batch, how much is measured."""

    def cost(self, turn: Turn) -> Tensor:
        generator = turn.generator
        if not isinstance(getattr(generator, "mapping", None), nn.Module):
            raise ConfigError("the term path-length measures styles, which only generator.name=style has; leave it out")
        count = math.ceil(self.share * len(turn.z))
        w = generator.mapping(turn.z[:count], None if turn.c is None else turn.c[:count])  # type: ignore[operator]
        x: Tensor = generator.synthesis(w)  # type: ignore[operator]
        lengths = path_lengths(x, w)
        mean = generator.path
        assert isinstance(mean, Tensor)
        with torch.no_grad():
            now = lengths.mean()[None]
            average([now])
            mean.lerp_(now, DECAY)
        return (lengths - mean).square()


def path_lengths(x: Tensor, w: Tensor) -> Tensor:
    """|J^T y| of each sample, (B,), for a picture x (B, C, H, W) computed from w (B, F), and noise y of deviation 1
    over the square root of the pixels, so that the size of a picture does not matter. Differentiable."""
    y = chance.normal_like(x) / math.sqrt(x[0, 0].numel())
    (slope,) = torch.autograd.grad((x * y).sum(), w, create_graph=True)
    # The root has no derivative at zero.
    return (slope.square().sum(1) + 1e-12).sqrt()
