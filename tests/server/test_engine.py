"""Batches of every size that is used give the same bits."""

import pytest
import torch
from torch import nn

from ganworks.server.engine import Engine


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Linear(6, 32), nn.ReLU(), nn.Unflatten(1, (2, 4, 4)), nn.ConvTranspose2d(2, 3, 4, 2, 1), nn.Tanh()]
    return nn.Sequential(*layers).eval().requires_grad_(False)


def latents(count: int) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(1))


def test_a_sample_has_the_same_bits_alone_and_in_any_company() -> None:
    engine = Engine.of(network(), latents, 8)
    z = latents(8)
    whole = engine.draw(z)
    assert engine.sizes[-1] == 8
    for count in range(1, 9):
        assert torch.equal(engine.draw(z[:count]), whole[:count])
        assert torch.equal(engine.draw(z[-count:]), whole[-count:])


def test_an_engine_is_near_to_the_network() -> None:
    made = network()
    assert torch.allclose(Engine.of(made, latents, 4).draw(latents(4)), made(latents(4)), atol=1e-4)


def test_sizes_that_differ_in_a_bit_are_not_used() -> None:
    class Odd(nn.Module):
        """Computes something else in a batch of less than four."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1), requires_grad=False)

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return z * self.weight + (1e-6 if len(z) < 4 else 0)

    assert Engine.of(Odd().eval(), latents, 8).sizes == (4, 8)


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_latents_than_the_smallest_size_are_filled_up(count: int) -> None:
    assert Engine.of(network(), latents, 8).draw(latents(count)).shape == (count, 3, 8, 8)
