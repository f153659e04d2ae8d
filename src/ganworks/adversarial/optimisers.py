"""How a player moves: settings that build a torch optimiser and steer it over the run."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import Field, field_validator
from torch.nn import Parameter

from ..schedule import Number, at
from ..search import Search
from ..settings import Settings

Share = Annotated[float, Field(ge=0, lt=1)]


class Optimiser(Settings, ABC):
    learning_rate: Annotated[Number, Search(1 / 4, 4)] = 2e-4
    """Step size; may be a schedule over the run."""

    @field_validator("learning_rate")
    @classmethod
    def _not_negative(cls, rate: Number) -> Number:
        lowest = min(at(rate, 0.0), at(rate, 1.0))  # every schedule moves one way
        if lowest < 0:
            raise ValueError(f"must be at least 0 over the whole run, got {lowest:g}")
        return rate

    @abstractmethod
    def build(self, parameters: Iterable[Parameter]) -> torch.optim.Optimizer: ...

    def steer(self, optimiser: torch.optim.Optimizer, progress: float) -> None:
        """Set what moves over the run to its value at `progress`."""
        for group in optimiser.param_groups:
            group["lr"] = at(self.learning_rate, progress)


class Adam(Optimiser):
    """Kingma & Ba (2015)."""

    name: Literal["adam"] = "adam"
    beta1: Share = 0.0
    """Decay of the mean of gradients; 0 suits a moving opponent."""
    beta2: Number = 0.99
    """Decay of the mean of squared gradients; may be a schedule."""
    epsilon: float = Field(default=1e-8, gt=0)
    """Added to the root of the second moment."""

    def build(self, parameters: Iterable[Parameter]) -> torch.optim.Optimizer:
        parameters = list(parameters)
        fused = bool(parameters) and parameters[0].device.type in ("cpu", "cuda")
        betas = (self.beta1, at(self.beta2, 0.0))
        return torch.optim.Adam(parameters, lr=at(self.learning_rate, 0.0), betas=betas, eps=self.epsilon, fused=fused)

    def steer(self, optimiser: torch.optim.Optimizer, progress: float) -> None:
        super().steer(optimiser, progress)
        for group in optimiser.param_groups:
            group["betas"] = (self.beta1, at(self.beta2, progress))


class RMSprop(Optimiser):
    """Tieleman & Hinton (2012); what the first Wasserstein GAN was trained with."""

    name: Literal["rmsprop"] = "rmsprop"
    decay: Share = 0.99
    """Decay of the mean of squared gradients."""

    def build(self, parameters: Iterable[Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RMSprop(parameters, lr=at(self.learning_rate, 0.0), alpha=self.decay, foreach=True)


OPTIMISERS: dict[str, type[Optimiser]] = {"adam": Adam, "rmsprop": RMSprop}
