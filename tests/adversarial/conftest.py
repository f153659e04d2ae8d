"""Small games on points in the plane."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial import Game, Player, Rules
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.spec import Batch


class Drawer(nn.Module):
    def __init__(self, latent: int = 4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(latent, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        return self.body(z)


class Judge(nn.Module):
    def __init__(self, channels: int = 2):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(channels, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return self.body(x)


class Several(nn.Module):
    """Three discriminators whose logits come as a tuple."""

    def __init__(self):
        super().__init__()
        self.each = nn.ModuleList(Judge() for _ in range(3))

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, ...]:
        return tuple(judge(x, c) for judge in self.each)


@pytest.fixture
def make_game():
    def make(judge: nn.Module | None = None, half_life: float = 1e3, constraints=(), **rules) -> Game:
        torch.manual_seed(0)
        drawer, judge = Drawer(), judge or Judge()
        settings = {"objective": Relativistic(), "latents": Normal(), "latent": 4} | rules
        adam = Adam(learning_rate=1e-2)
        return Game(Player(drawer, adam, half_life), Player(judge, adam, constraints=constraints), Rules(**settings))

    return make


@pytest.fixture
def batches() -> Iterator[Batch]:
    def endless() -> Iterator[Batch]:
        source = torch.Generator().manual_seed(1)
        while True:
            yield Batch(torch.randn(32, 2, generator=source))

    return endless()
