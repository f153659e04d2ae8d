"""Extracting: the frozen networks whose features terms compare, opened when first asked for."""

import torch
from torch import Tensor, nn


class Extracting:
    """Feature maps by name of the network, as `open_backbone` spells it."""

    def __init__(self, device: torch.device):
        self.device = device
        self._open: dict[str, nn.Module] = {}

    def __call__(self, name: str, x: Tensor) -> tuple[Tensor, ...]:
        """Feature maps of x (B, C, H, W) in -1..1. Raises as `open` does."""
        self.open(name)
        maps: tuple[Tensor, ...] = self._open[name](x)
        return maps

    def open(self, *names: str) -> "Extracting":
        """Have these at hand. Raises ConfigError, DataError or CheckpointError when one cannot be had."""
        from ..metrics.features.backbones import open_backbone  # noqa: PLC0415

        for name in names:
            if name not in self._open:
                with torch.random.fork_rng(devices=[]):
                    self._open[name] = open_backbone(name).to(self.device)
        return self
