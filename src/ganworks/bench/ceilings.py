"""Ceilings: how fast this machine multiplies, convolves and copies at a network's own shapes, and what a step needs."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from torch.utils.flop_counter import FlopCounterMode

from . import machine
from .tutorials import LATENT, Pair

SECONDS, TURNS = 0.1, 4
"""Of each turn at a ceiling, and how many; the fastest counts, since nothing runs faster than it can."""
COPIED = 64 * 2**20
"""Bytes copied at once: more than caches hold."""
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Work(NamedTuple):
    """The heaviest layer of a pair: as a product of (rows, depth) by (depth, columns), and as the convolution it is."""

    rows: int
    depth: int
    columns: int
    convolution: tuple[int, int, int, int, int, int] | None = None
    """Inputs, outputs, kernel, stride, padding, side of the input; None for a dense layer."""

    @property
    def flops(self) -> int:
        return 2 * self.rows * self.depth * self.columns


class Ceilings(NamedTuple):
    """GFLOP/s by precision; the convolution is of the forward pass, empty where the networks have none."""

    product: dict[str, float]
    convolution: dict[str, float]

    def highest(self, precision: str) -> float:
        return max(self.product[precision], self.convolution.get(precision, 0.0))


def needed_flops(pair: Pair, channels: int, side: int, batch: int) -> int:
    """What the mathematics of one step asks for: three passes of the discriminator, one of the generator, and the
    gradients of each for its own turn alone. Counted by torch; what a loop computes beside that is its own waste."""
    device = next(pair.generator.parameters()).device
    generator, discriminator = pair
    real = torch.zeros(batch, channels, side, side, device=device)
    with FlopCounterMode(display=False) as counter:
        fake = generator(torch.zeros(batch, LATENT, device=device))
        (discriminator(real).mean() - discriminator(fake.detach()).mean()).backward()
        discriminator.requires_grad_(False)
        discriminator(fake).mean().backward()
    discriminator.requires_grad_(True)
    for network in pair:
        network.zero_grad()
    return int(counter.get_total_flops())


def heaviest(pair: Pair, channels: int, side: int, batch: int) -> Work:
    """The layer with the most multiplications. A transposed convolution stands for its forward twin."""
    works: list[Work] = []

    def look(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        works.append(_work(layer, inputs[0], output))

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [
        layer.register_forward_hook(look) for network in pair for layer in network.modules() if isinstance(layer, kinds)
    ]
    device = next(pair.generator.parameters()).device
    with torch.no_grad():
        pair.discriminator(torch.zeros(batch, channels, side, side, device=device))
        pair.generator(torch.zeros(batch, LATENT, device=device))
    for hook in hooks:
        hook.remove()
    return max(works, key=lambda work: work.flops)


def measure(work: Work, device: torch.device) -> Ceilings:
    product, convolution = {}, {}
    for name, kind in PRECISIONS.items():
        left = torch.randn(work.rows, work.depth, device=device).to(kind)
        right = torch.randn(work.depth, work.columns, device=device).to(kind)
        product[name] = _fastest(work.flops, lambda a=left, b=right: a @ b, device) / 1e9  # type: ignore[misc]
        if work.convolution is not None:
            convolution[name] = _fastest(work.flops, _convolving(work, kind, device), device) / 1e9
    return Ceilings(product, convolution)


def copying(device: torch.device) -> float:
    """GB/s of a copy within the device's memory; what is read and what is written both count."""
    source = torch.ones(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return _fastest(2 * COPIED, lambda: target.copy_(source), device) / 1e9


def _work(layer: nn.Module, x: Tensor, y: Tensor) -> Work:
    if isinstance(layer, nn.Linear):
        return Work(len(x), layer.in_features, layer.out_features)
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    turned = isinstance(layer, nn.ConvTranspose2d)
    large, small = (y, x) if turned else (x, y)
    kernel, stride, padding = layer.kernel_size[0], layer.stride[0], layer.padding[0]
    assert isinstance(padding, int)
    outputs = small.shape[1]
    rows, depth = small.numel() // outputs, large.shape[1] * kernel * kernel
    return Work(rows, depth, outputs, (large.shape[1], outputs, kernel, stride, padding, large.shape[2]))


def _convolving(work: Work, kind: torch.dtype, device: torch.device) -> Callable[[], Tensor]:
    """The forward pass in the memory order that is fastest for convolutions."""
    assert work.convolution is not None
    inputs, outputs, kernel, stride, padding, side = work.convolution
    grid = (side + 2 * padding - kernel) // stride + 1
    x = torch.randn(work.rows // grid**2, inputs, side, side, device=device).to(kind, memory_format=torch.channels_last)
    weight = torch.randn(outputs, inputs, kernel, kernel, device=device).to(kind, memory_format=torch.channels_last)
    return lambda: conv2d(x, weight, stride=stride, padding=padding)


@torch.no_grad()
def _fastest(amount: float, work: Callable[[], object], device: torch.device) -> float:
    """Amount a second in the fastest turn."""
    clock, best = machine.clock(device), 0.0
    work()
    machine.wait(device)
    for _ in range(TURNS):
        begun, count = clock(), 0
        while not count or clock() - begun < SECONDS:
            work()
            count += 1
        machine.wait(device)
        best = max(best, count * amount / (clock() - begun))
    return best
