"""Models of known behaviour: networks that were built and not trained, and ones whose faults were planted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganworks.domains.image.classics import idx
from ganworks.domains.image.toy import shapes
from ganworks.launch import Words, open_data, plan
from ganworks.model import Model


@pytest.fixture
def built(tmp_path: Path):
    """A model of 16 x 16 shapes by recipe and settings, its network as it starts."""
    data = shapes(0)
    np.savez(tmp_path / "shapes.npz", x=data.train.array, y=data.train.labels)

    def make(recipe: str, *settings: str, data: Path = tmp_path / "shapes.npz") -> Model:
        run = plan(Words(str(data), recipe, folder=str(tmp_path / "run"), settings=settings)).run
        codec = run.domain.fit(open_data(run))
        torch.manual_seed(0)
        return Model(run, codec, run.generator.build(codec.spec), 0)

    return make


SMALL = ("generator=mlp", "generator.latent=8", "generator.widths=[32]", "discriminator=mlp")


class Shows(nn.Module):
    """Draws one of its pictures (K, M, 1, H, W): which of K the last numbers of a latent say, unless told otherwise."""

    def __init__(self, bank: Tensor, instead: dict[int, int]):
        super().__init__()
        self.bank = nn.Parameter(bank)
        self.instead = torch.tensor([instead.get(each, each) for each in range(len(bank))])

    def forward(self, z: Tensor) -> Tensor:
        which = self.instead[z[:, -len(self.bank) :].argmax(1)]
        return self.bank[which, (z[:, 0].abs() * 1000).long() % self.bank.shape[1]]


class Leans(nn.Module):
    """Draws a bar; of the last two numbers of a latent one makes it lean, the other makes it thick."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        down, across = torch.meshgrid(torch.arange(28.0) - 13.5, torch.arange(28.0) - 13.5, indexing="ij")
        lean, thick = z[:, -2, None, None], z[:, -1, None, None]
        off = (across + 0.4 * lean * down).abs()
        bar = (2.5 + thick - off).clamp(0, 1) * (down.abs() < 10)
        return bar[:, None] * 2 - 1


class _Cut(nn.Module):
    """A network that does not see the last numbers of a latent."""

    def __init__(self, network: nn.Module, count: int):
        super().__init__()
        self.network, self.count = network, count

    def forward(self, z: Tensor) -> Tensor:
        drawn: Tensor = self.network(z[:, : -self.count])
        return drawn


@pytest.fixture
def digits(built, real_data, tmp_path: Path):
    """A model that shows real digits of the class or code it is given, and its data; `instead` plants faults."""

    def make(recipe: str, instead: dict[int, int] | None = None) -> Model:
        folder = real_data("mnist")
        x = idx(next(folder.glob("t10k-images*")), 3)[:3000]
        y = idx(next(folder.glob("t10k-labels*")), 1)[:3000]
        np.savez(tmp_path / "mnist-some.npz", x=x, y=y)
        model = built(recipe, data=tmp_path / "mnist-some.npz")
        bank = np.stack([x[y == each][:200] for each in range(10)])[:, :, None].astype(np.float32) / 127.5 - 1
        codes = model.run.latents.codes
        network: nn.Module = Shows(torch.from_numpy(bank), instead or {})
        if codes is not None:
            network = _Cut(network, codes.channels - 10)
        return Model(model.run, model.codec, network, 0)

    return make
