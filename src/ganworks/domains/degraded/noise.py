"""Noise: of a sensor, and of counted light."""

from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from .draws import Draws, Range
from .step import Change


class Noise(Change):
    """Gaussian noise of one strength all over a picture."""

    name: Literal["noise"] = "noise"
    limits: ClassVar = {"sigma": (0, 255)}

    sigma: Range = 25.0
    """Standard deviation, where white is 255."""
    grey: float = Field(default=0.0, ge=0, le=1)
    """Share of the samples whose noise is the same in all channels."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        return x + field(x, draws, self.grey) * (draws.within(self.sigma) / 255)[:, None, None, None]


class Poisson(Change):
    """Noise of counted light, by its normal approximation: the variance grows with the light.

    Source: Foi et al. (2008), section II, without the constant part.
    """

    name: Literal["poisson"] = "poisson"
    limits: ClassVar = {"peak": (5, 1e6)}

    peak: Range = (50.0, 1000.0)
    """Photons counted in a white pixel; fewer are noisier."""
    grey: float = Field(default=0.0, ge=0, le=1)
    """Share of the samples whose noise is the same in all channels."""

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        peak = draws.within(self.peak)[:, None, None, None]
        return x + field(x, draws, self.grey) * (x.clamp(0) / peak).sqrt()


def field(x: Tensor, draws: Draws, grey: float) -> Tensor:
    """Standard normal numbers of x's shape; a share `grey` of the samples has the same in all channels."""
    noise = draws.normal(x.shape[1:])
    if not grey or x.shape[1] == 1:
        return noise
    return noise[:, :1].where(draws.flags(grey)[:, None, None, None], noise)
