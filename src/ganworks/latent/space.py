"""The space a generator's latents are walked in: styles w behind a mapping network, where it has one, else z itself."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ..domains.base import Raw
from ..domains.image import Pictures
from ..model import Model
from ..settings import ConfigError
from ..spec import Spec
from ..training import sampling

MEANS = 256
"""Latents whose mean style stands for a condition."""


class Space:
    """Points of a generator: its inputs (N, L + R), latents, codes last among them, and conditions; or styles (N, F).

    Only `free` numbers of a point may be moved at will: not codes, and not conditions.
    """

    def __init__(self, model: Model):
        self.model, self.network = model, model.network
        parts = (getattr(self.network, name, None) for name in ("mapping", "synthesis", "mean_w"))
        self.styled = all(each is not None for each in parts)
        codes, wanted = model.run.latents.codes, model.codec.spec.condition
        self.latent = model.run.generator.latent
        self.codes = codes.channels if codes else 0
        self.numbers = wanted.channels if wanted and not wanted.axes else 0

    @property
    def name(self) -> str:
        return "w" if self.styled else "z"

    @property
    def free(self) -> int:
        """The first so many numbers of a point may be moved."""
        return self.centre.numel() if self.styled else self.latent - self.codes

    @property
    def centre(self) -> Tensor:
        """The mean of what is free, (free,)."""
        if not self.styled:
            return torch.zeros(self.latent - self.codes)
        mean = self.network.mean_w
        assert isinstance(mean, Tensor)
        return mean.float().cpu()

    def enter(self, inputs: Tensor, psi: float = 1.0) -> Tensor:
        """Points for inputs (N, L + R) of the generator, all pulled to their mean by the factor psi."""
        if not self.styled:
            points = inputs.clone()
            points[:, : self.free] *= psi
            return points
        points = self._mapped(inputs)
        return points if psi == 1 else torch.lerp(self._centres(inputs), points, psi)

    def draw(self, points: Tensor) -> Iterator[Tensor]:
        """Samples (N, *shape) of points (N, P), in parts, on the CPU."""
        return sampling.in_parts(self.network, self.render, points)

    def render(self, points: Tensor) -> Tensor:
        """Samples of points on the network's device; may be differentiated."""
        drawn: Tensor = (self._part("synthesis") if self.styled else self.network)(points)
        return drawn

    def records(self, points: Tensor) -> Raw:
        return np.concatenate([self.model.codec.decode(x) for x in self.draw(points)])

    def _mapped(self, inputs: Tensor) -> Tensor:
        return torch.cat(list(sampling.in_parts(self.network, self._part("mapping"), inputs)))

    def _part(self, name: str) -> "nn.Module":
        part: nn.Module = getattr(self.network, name)
        return part

    def _centres(self, inputs: Tensor) -> Tensor:
        """The mean style, (N, F); with conditions that of each one, lest what was asked for be pulled away."""
        if not self.numbers:
            return self.centre.expand(len(inputs), -1)
        rows, which = torch.unique(inputs[:, -self.numbers :], dim=0, return_inverse=True)
        model = self.model
        z = sampling.latents(model.run.latents, self.latent, MEANS, 0)
        means = [self._mapped(sampling.joined(z, row.expand(MEANS, -1))).mean(0) for row in rows]
        return torch.stack(means)[which]


def codes_of(model: Model) -> Spec:
    """The codes of a model's latents. Raises ConfigError where it has none."""
    codes = model.run.latents.codes
    if codes is None:
        raise ConfigError("this model's latents have no codes; those of the recipe infogan have")
    return codes


def pictures_of(model: Model) -> Pictures:
    """The codec of a model that draws pictures. Raises ConfigError for another one."""
    if not isinstance(model.codec, Pictures):
        raise ConfigError(f"pictures are explored, this run draws {model.run.domain.name}; use ganworks sample")
    return model.codec
