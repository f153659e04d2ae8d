"""Samples from a generator, the same bytes for the same seed however many are asked for."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ..adversarial import Latents
from ..domains import Codec
from ..domains.base import Raw
from .feed import derive

# Arithmetic can depend on the size of a batch, so samples are always computed in batches of this size.
BATCH = 64


def latents(source: Latents, length: int, count: int, seed: int, first: int = 0) -> Tensor:
    """Latents (count, length) on the CPU. The i-th of a seed is the same whatever the count and the device."""
    parts, chunk = [], first // BATCH
    while chunk * BATCH < first + count:
        generator = torch.Generator().manual_seed(derive("latents", seed, chunk))
        parts.append(source.draw(BATCH, length, torch.device("cpu"), generator))
        chunk += 1
    start = first % BATCH
    return torch.cat(parts)[start : start + count] if parts else torch.empty(0, length)


def records(network: nn.Module, codec: Codec, z: Tensor) -> Raw:
    """Records (N, ...) in the data's own form for latents z (N, L)."""
    return np.concatenate([codec.decode(x) for x in generate(network, z)])


def generate(network: nn.Module, z: Tensor) -> Iterator[Tensor]:
    """Samples for latents z (N, L), in parts, on the CPU; the network is in evaluation mode meanwhile."""
    return in_parts(network, network, z)


@torch.no_grad()
def in_parts(network: nn.Module, draw: Callable[[Tensor], Tensor], z: Tensor, batch: int = BATCH) -> Iterator[Tensor]:
    """What `draw` computes for latents z (N, L) in the place of the network, always in batches of one size."""
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    try:
        for part in torch.split(z, batch):
            padded = torch.cat([part, part.new_zeros(batch - len(part), part.shape[1])])
            yield draw(padded.to(device))[: len(part)].float().cpu()
    finally:
        network.train(training)
