"""What is enforced on a discriminator's weights after each of its moves."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from ..settings import Settings


class Constraint(Settings, ABC):
    @abstractmethod
    def enforce(self, network: nn.Module) -> None:
        """Put the weights back where they are allowed to be."""


class WeightClipping(Constraint):
    """Every weight within +-limit. Arjovsky et al. (2017), algorithm 1."""

    name: Literal["weight-clipping"] = "weight-clipping"
    limit: float = Field(default=0.01, gt=0)
    """Largest absolute value of a weight."""

    @torch.no_grad()
    def enforce(self, network: nn.Module) -> None:
        for weight in network.parameters():
            weight.clamp_(-self.limit, self.limit)


CONSTRAINTS: dict[str, type[Constraint]] = {"weight-clipping": WeightClipping}
