"""Sampler: a generator with the engine that draws its samples."""

from collections.abc import Iterator
from typing import Self

import torch
from torch import Tensor, nn

from ...settings import ConfigError, no_such
from ..sampling import BATCH, in_parts
from .choice import Say, checked, choose, difference, prepared
from .kinds import KINDS, Draw

FAST = "fast"
"""In place of an engine's name: whichever is the fastest here."""
FOREVER = 20_000
"""A count for those who will draw on and on, and not wait minutes for the first sample."""


class Sampler:
    """Draws samples by one engine, always in batches of one size, so that a sample does not depend on its company."""

    def __init__(self, name: str, draw: Draw, network: nn.Module, batch: int):
        self.engine, self.batch = name, batch
        self._draw, self._network = draw, network

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        network: nn.Module,
        z: Tensor,
        engine: str = FAST,
        count: int = FOREVER,
        say: Say = lambda line: None,
    ) -> Self:
        """A sampler for batches of the size of z (B, L), latents to try it with.

        The network must not change afterwards: engines keep copies of its weights. Raises ConfigError when the engine
        is not known, or cannot be had here, or draws something else than the network does.
        """
        if engine not in (FAST, *KINDS):
            raise ConfigError(no_such("engine", engine, (FAST, *KINDS)))
        if engine == "exact":
            return cls(engine, network, network, len(z))
        device = next(network.parameters()).device
        if engine != FAST and (reason := KINDS[engine].missing(device)):
            raise ConfigError(f"engine '{engine}' cannot be had here: {reason}; take engine=fast")
        z, training = z.to(device), network.training
        network.eval()
        try:
            if engine == FAST:
                engine = choose(network, z, count, say)
                return cls(engine, prepared(engine, network, z), network, len(z))
            return cls(engine, checked(engine, network, z, network(z))[0], network, len(z))
        finally:
            network.train(training)

    @torch.no_grad()
    def draw(self, z: Tensor) -> Tensor:
        """Samples (N, *shape) for latents z (N, L), float32 on the CPU."""
        return torch.cat(list(self.parts(z)))

    def parts(self, z: Tensor) -> Iterator[Tensor]:
        """The same in parts of a batch."""
        return in_parts(self._network, self._draw, z, self.batch)

    def apart(self, z: Tensor) -> float:
        """How far samples are from the exact ones: the most in float32, the mean share of the range in bfloat16."""
        exact = torch.cat(list(in_parts(self._network, self._network, z, BATCH)))
        return difference(self.engine, self.draw(z), exact)
