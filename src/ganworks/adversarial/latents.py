"""Where latents z (B, L) are drawn from."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..settings import ConfigError, Settings
from ..spec import Span, Spec
from .chance import normal, uniform


class Latents(Settings, ABC):
    @abstractmethod
    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Latents (count, length) on device, from the given generator or the step's own (chance.py)."""

    @property
    def codes(self) -> Spec | None:
        """What the last numbers of a latent mean, where a discriminator may be asked to recognise them."""
        return None


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


class Coded(Latents):
    """Standard normal numbers, and last some codes: categories, one number in each, and numbers uniform in -1..1.

    Chen et al. (2016), InfoGAN; the term `codes` makes them mean something.
    """

    name: Literal["coded"] = "coded"
    categories: tuple[Annotated[int, Field(ge=2)], ...] = (10,)
    """How many values each discrete code has."""
    continuous: int = Field(default=2, ge=0)
    """Continuous codes."""

    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        free = length - self.codes.channels
        if free < 0:
            raise ConfigError(
                f"the codes alone take {self.codes.channels} numbers, the latent has {length}; raise generator.latent"
            )
        parts = [normal((count, free), device, generator)]
        for size in self.categories:
            chosen = (uniform((count, 1), device, generator) * size).long().clamp_(max=size - 1)
            parts.append(torch.zeros(count, size, device=device).scatter_(1, chosen, 1.0))
        parts.append(uniform((count, self.continuous), device, generator) * 2 - 1)
        return torch.cat(parts, dim=1)

    @property
    def codes(self) -> Spec:
        spans = [Span(channels=size, kind="softmax") for size in self.categories]
        if self.continuous:
            spans.append(Span(channels=self.continuous, kind="linear"))
        return Spec(shape=(sum(span.channels for span in spans),), spans=tuple(spans))


LATENTS: dict[str, type[Latents]] = {
    "normal": Normal, "uniform": Uniform, "truncated": Truncated, "coded": Coded,
}  # fmt: skip
