"""The engine a service draws by: the fastest of those that agree with the network, in batches of a few sizes.

A batch costs what its size costs, full or not, so one size would make a lonely request as dear as a crowd. Sizes are
used beside one another only where they were seen to give the same bits: arithmetic may be ordered by the size of a
batch, but never by what is in it, so a few dozen samples that agree to the last bit show that the order is the same.
"""

import time
from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

from ..settings import ConfigError
from ..training.engines.choice import checked, prepared
from ..training.engines.kinds import KINDS, Draw

USUAL = ("onnxruntime", "packed", "folded", "exact")
"""Engines in float32, the usual winner first: all of onnxruntime's work is one call, during which those who talk may
compute, while torch asks for the interpreter after every layer."""
CLEARLY = 1.25
"""How many times as fast another engine has to be to be taken instead, so that noise does not choose."""
ROUNDS = 5


class Engine:
    """Draws samples for any number of latents, the same bits in any company."""

    def __init__(self, name: str, draws: dict[int, Draw], device: torch.device):
        self.name, self._draws, self._device = name, draws, device
        self.sizes = tuple(sorted(draws))

    @classmethod
    @torch.no_grad()
    def of(cls, network: nn.Module, inputs: Callable[[int], Tensor], most: int, patience: float = 0.0) -> Self:
        """The fastest engine for batches of up to `most`; `inputs` gives so many latents (N, L) to try it with.

        Engines that take longer than `patience` seconds to prepare are left out.
        """
        device = next(network.parameters()).device
        z = inputs(most).to(device)
        exact = network(z)
        draws: dict[str, Draw] = {"exact": network}
        times = {"exact": _seconds(network, z)}
        for name in USUAL[:-1]:
            if KINDS[name].missing(device) or KINDS[name].seconds > patience:
                continue
            try:
                draws[name], _ = checked(name, network, z, exact)
            except ConfigError:
                continue
            times[name] = _seconds(draws[name], z)
        best = next(name for name in USUAL if name in times and times[name] <= min(times.values()) * CLEARLY)
        return cls(best, {most: draws[best]} | _smaller(best, draws[best], network, inputs, most), device)

    @torch.no_grad()
    def draw(self, z: Tensor) -> Tensor:
        """Samples (N, *shape) float32 on the CPU, for N latents up to the largest size."""
        size = next(size for size in self.sizes if size >= len(z))
        padded = z if len(z) == size else torch.cat([z, z.new_zeros(size - len(z), z.shape[1])])
        return self._draws[size](padded.to(self._device))[: len(z)].float().cpu()


def _smaller(
    name: str, largest: Draw, network: nn.Module, inputs: Callable[[int], Tensor], most: int
) -> dict[int, Draw]:
    """Batches of half the size, and so on, as long as every sample has the very bits it has in the largest."""
    device, found, size = next(network.parameters()).device, {}, most // 2
    z = inputs(4 * most).to(device)
    wanted = torch.cat([largest(part).float().clone() for part in torch.split(z, most)])
    while size and most % size == 0:
        draw = prepared(name, network, z[:size]) if KINDS[name].sized else largest
        # Moved by one, so that a sample is seen at other places of a batch than in the largest.
        drawn = torch.cat([draw(part).float().clone() for part in torch.split(z.roll(1, 0), size)]).roll(-1, 0)
        if not torch.equal(drawn, wanted):
            break
        found[size] = draw
        size //= 2
    return found


def _seconds(draw: Draw, z: Tensor) -> float:
    """For a batch: the best of some, since whatever else the machine does only adds.

    On CPUs only the time of this very thread counts, so that a busy machine chooses as an idle one.
    """
    clock = time.thread_time if z.device.type == "cpu" else time.perf_counter
    best = float("inf")
    for _ in range(ROUNDS):
        begun = clock()
        draw(z)
        if z.device.type == "cuda":
            torch.cuda.synchronize(z.device)
        best = min(best, clock() - begun)
    return best
