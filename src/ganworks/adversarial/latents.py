"""Where latents z (B, L) are drawn from."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..settings import Settings
from .chance import normal, uniform


class Latents(Settings, ABC):
    @abstractmethod
    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Latents (count, length) on device, from the given generator or the step's own (chance.py)."""


class Normal(Latents):
    """Independent standard normal numbers."""

    name: Literal["normal"] = "normal"

    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        return normal((count, length), device, generator)


class Uniform(Latents):
    """Independent numbers uniform in -1..1, as the earliest models had."""

    name: Literal["uniform"] = "uniform"

    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        return uniform((count, length), device, generator) * 2 - 1


class Truncated(Latents):
    """Standard normal numbers redrawn until they lie within +-limit. Brock et al. (2019), section 3.1."""

    name: Literal["truncated"] = "truncated"
    limit: float = Field(default=2.0, gt=0)
    """Largest absolute value of a latent number; smaller is safer and less diverse."""

    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        # The inverse of the normal distribution function on the allowed quantiles: one draw, no rejection loop.
        edge = 0.5 * (1 + torch.erf(torch.tensor(self.limit / 2**0.5, device=device)))
        share = uniform((count, length), device, generator)
        z: Tensor = torch.special.ndtri((1 - edge) + (2 * edge - 1) * share)
        return z.clamp(-self.limit, self.limit)


LATENTS: dict[str, type[Latents]] = {"normal": Normal, "uniform": Uniform, "truncated": Truncated}
