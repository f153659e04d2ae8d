"""Samples from a generator, the same bytes for the same seed however many are asked for."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ..adversarial import Latents
from ..domains import Codec
from ..domains.base import Raw
from ..domains.translations import Translations
from ..spec import Spec
from .feed import derive

# Arithmetic can depend on the size of a batch, so samples are always computed in batches of this size.
BATCH = 64
ROWS = 1024
"""The same for rows, each of which is a few products: what a call costs would be most of it."""
AT_ONCE = 16
"""Pictures that are translated together."""


def batch_of(spec: Spec) -> int:
    """How many samples are computed at once, always."""
    return BATCH if spec.axes else ROWS


def latents(source: Latents, length: int, count: int, seed: int, first: int = 0) -> Tensor:
    """Latents (count, length) on the CPU. The i-th of a seed is the same whatever the count and the device."""
    parts, chunk = [], first // BATCH
    while chunk * BATCH < first + count:
        generator = torch.Generator().manual_seed(derive("latents", seed, chunk))
        parts.append(source.draw(BATCH, length, torch.device("cpu"), generator))
        chunk += 1
    start = first % BATCH
    return torch.cat(parts)[start : start + count] if parts else torch.empty(0, length)


def classes(codec: Codec, count: int, seed: int, first: int = 0) -> Tensor | None:
    """Conditions (count, R) as often as the training data has each; None where the samples have none.

    The i-th of a seed is the same whatever the count.
    """
    wanted = codec.spec.condition
    if wanted is None or wanted.axes:
        return None
    parts, chunk = [], first // BATCH
    while chunk * BATCH < first + count:
        generator = torch.Generator().manual_seed(derive("conditions", seed, chunk))
        parts.append(codec.some_conditions(BATCH, generator))
        chunk += 1
    start = first % BATCH
    return torch.cat(parts)[start : start + count] if parts else torch.empty(0, *wanted.shape)


def joined(z: Tensor, c: Tensor | None) -> Tensor:
    """Latents with the conditions that are rows beside them, as generators take them in one piece. (N, L + R)"""
    return z if c is None else torch.cat([z, c.to(z)], dim=1)


def records(network: nn.Module, codec: Codec, z: Tensor) -> Raw:
    """Records (N, ...) in the data's own form for latents z (N, L), with their conditions where there are some."""
    return decoded(codec, in_parts(network, network, z, batch_of(codec.spec)))


def decoded(codec: Codec, parts: Iterable[Tensor]) -> Raw:
    """Records of samples that come in parts. Rows are small and many: they are decoded all at once."""
    if not codec.spec.axes:
        return codec.decode(torch.cat(list(parts)))
    return np.concatenate([codec.decode(x) for x in parts])


def generate(network: nn.Module, z: Tensor) -> Iterator[Tensor]:
    """Samples for latents z (N, L), in parts, on the CPU; the network is in evaluation mode meanwhile."""
    return in_parts(network, network, z)


def drawn(network: nn.Module, codec: Codec, z: Tensor, c: Tensor | None) -> Iterator[Tensor]:
    """Samples for latents z (N, L) and conditions c of any kind, in parts, on the CPU."""
    if isinstance(codec, Translations) and c is not None:
        return translate(network, codec, c)
    return in_parts(network, network, joined(z, c), batch_of(codec.spec))


@torch.no_grad()
def translate(network: nn.Module, codec: Translations, c: Tensor, batch: int = AT_ONCE) -> Iterator[Tensor]:
    """What a user gets for inputs c (N, C, H, W), or clips (N, C, T, H, W), in parts of at most `batch`, on the CPU.

    A network that draws besides is given the middle of its latents, zero.
    """
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    try:
        laid = c.to(memory_format=torch.channels_last) if c.ndim == 4 else c
        for part in torch.split(laid, batch):
            given = part.to(device)
            drawn = network(given.new_zeros(len(given), 0), given)
            yield codec.compose(drawn, given).float().cpu()
    finally:
        network.train(training)


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
