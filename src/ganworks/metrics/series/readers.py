"""Many small recurrent networks that learn side by side, each from its own windows, as if it were alone.

A GRU of three units costs a core next to nothing and its bookkeeping everything, so the networks of several seeds and
several sets share each operation: twenty take about as long as two. Weights, batches and optimiser of one depend on its
own seed alone.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

RATE = 1e-3


class Readers(nn.Module):
    """K networks with weights of their own: (K, B, T, C) -> a number a step, (K, B, T). Cho et al. (2014)."""

    def __init__(self, seeds: Sequence[int], inputs: int, units: int):
        super().__init__()
        self.units, count = units, len(seeds)
        streams = [torch.Generator().manual_seed(seed) for seed in seeds]

        def weight(*shape: int) -> nn.Parameter:
            """As torch begins its recurrent layers: uniform within 1 / sqrt(units)."""
            drawn = torch.stack([torch.rand(shape, generator=stream) for stream in streams])
            return nn.Parameter((2 * drawn - 1) / units**0.5)

        self.streams = streams
        self.from_input, self.input_bias = weight(inputs, 3 * units), weight(1, 3 * units)
        self.from_state, self.state_bias = weight(units, 3 * units), weight(1, 3 * units)
        self.last, self.last_bias = weight(units, 1), weight(1, 1)
        assert self.last.shape[0] == count

    def forward(self, x: Tensor) -> Tensor:
        count, batch, steps, channels = x.shape
        seen = torch.baddbmm(self.input_bias, x.reshape(count, batch * steps, channels), self.from_input)
        seen = seen.view(count, batch, steps, 3 * self.units)
        inward = seen.unbind(2)
        state = x.new_zeros(count, batch, self.units)
        states = []
        for each in inward:
            own = torch.baddbmm(self.state_bias, state, self.from_state)
            gates = (each[..., : 2 * self.units] + own[..., : 2 * self.units]).sigmoid()
            reset, keep = gates.chunk(2, dim=-1)
            fresh = torch.addcmul(each[..., 2 * self.units :], reset, own[..., 2 * self.units :]).tanh()
            state = torch.lerp(fresh, state, keep)
            states.append(state)
        found = torch.stack(states, 2).view(count, batch * steps, self.units)
        told: Tensor = torch.baddbmm(self.last_bias, found, self.last)
        return told.view(count, batch, steps)

    def some(self, kinds: Sequence[Tensor], size: int) -> Tensor:
        """A batch (K, size, T, C) of each network's own windows (N, T, C), by its own stream."""
        return torch.stack([
            x[torch.randint(len(x), (size,), generator=stream)]
            for x, stream in zip(kinds, self.streams, strict=True)
        ])  # fmt: skip

    def learn(self, loss: Callable[[], Tensor], steps: int) -> None:
        """Adam on a loss (K,), one number a network."""
        optimiser = torch.optim.Adam(self.parameters(), lr=RATE, fused=True)
        for _ in range(steps):
            optimiser.zero_grad()
            loss().sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
