"""The reference loops as tutorials write them: what ganworks is measured against, and nothing of it reused.

One picture at a time is decoded by a loader in the same process, tensors are contiguous float32, the discriminator
passes over real, detached fake and fake, the loss is cross-entropy on a sigmoid, and numbers are read every step.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ..domains.base import Raw

LATENT, BATCH = 100, 64
File = bytes | Path
"""A picture in PNG or JPEG, or where it lies."""


class Pair(NamedTuple):
    """z (B, 100) -> x (B, C, H, W) in -1..1, and x -> probabilities (B, 1)."""

    generator: nn.Sequential
    discriminator: nn.Sequential


class Tutorial(NamedTuple):
    """build(channels, side) makes the networks; side, in pixels, is what the tutorial is written for."""

    build: Callable[[int, int], Pair]
    side: int


class Decoding(TorchDataset[Tensor]):
    """Decodes a picture when it is asked for, scales it to 0..1 and normalises it with mean and deviation 0.5."""

    def __init__(self, files: Sequence[File]):
        self.files = files
        self.mean = self.deviation = torch.full((1, 1, 1), 0.5)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        file = self.files[index]
        picture = Image.open(io.BytesIO(file) if isinstance(file, bytes) else file)
        x = torch.from_numpy(np.array(picture))
        x = x.unsqueeze(0) if x.ndim == 2 else x.permute(2, 0, 1).contiguous()
        return (x.float().div(255) - self.mean) / self.deviation


class Loop:
    """One tutorial's training: `step` is the body of its inner loop."""

    def __init__(self, pair: Pair, files: Sequence[File], device: torch.device | None = None, batch: int = BATCH):
        self.device, self.batch = device or torch.device("cpu"), batch
        self.generator, self.discriminator = (network.to(self.device) for network in pair)
        self.loader = DataLoader(Decoding(files), batch_size=batch, shuffle=True, num_workers=0, drop_last=True)
        self.loss = nn.BCELoss()
        self.generator_adam, self.discriminator_adam = (
            torch.optim.Adam(network.parameters(), lr=0.0002, betas=(0.5, 0.999)) for network in pair
        )
        self._batches: Iterator[Tensor] = iter(self.loader)

    def step(self) -> tuple[float, float]:
        """One batch: the discriminator moves, then the generator. Returns their losses as numbers."""
        real = self._next().to(self.device)
        ones = torch.ones(len(real), 1, device=self.device)
        zeros = torch.zeros(len(real), 1, device=self.device)

        self.discriminator.zero_grad()
        real_loss = self.loss(self.discriminator(real), ones)
        real_loss.backward()
        fake = self.generator(torch.randn(len(real), LATENT, device=self.device))
        fake_loss = self.loss(self.discriminator(fake.detach()), zeros)
        fake_loss.backward()
        self.discriminator_adam.step()

        self.generator.zero_grad()
        generator_loss = self.loss(self.discriminator(fake), ones)
        generator_loss.backward()
        self.generator_adam.step()
        return real_loss.item() + fake_loss.item(), generator_loss.item()

    def _next(self) -> Tensor:
        try:
            return next(self._batches)
        except StopIteration:
            self._batches = iter(self.loader)
            return next(self._batches)


def mlp(channels: int, side: int) -> Pair:
    """Perceptrons of one hidden layer, 100-256-784 on digits, with torch's own initialisation."""
    size = channels * side * side
    generator = nn.Sequential(
        nn.Linear(LATENT, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, size),
        nn.Tanh(),
        nn.Unflatten(1, (channels, side, side)),
    )
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(size, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Sigmoid()
    )
    return Pair(generator, discriminator)


def conv28(channels: int, side: int) -> Pair:
    """TensorFlow's digit drawer: 5 x 5 kernels, 256-128-64 channels, dropout in the judge; Glorot's initialisation."""
    quarter = side // 4
    generator = nn.Sequential(
        nn.Linear(LATENT, 256 * quarter * quarter, bias=False),
        nn.BatchNorm1d(256 * quarter * quarter),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, quarter, quarter)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, channels, 5, 2, 2, output_padding=1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(channels, 64, 5, 2, 2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(128 * quarter * quarter, 1),
        nn.Sigmoid(),
    )
    return Pair(*(network.apply(_glorot) for network in (generator, discriminator)))


def dcgan(channels: int, side: int) -> Pair:
    """Strided 4 x 4 convolutions with batch norm on both sides, from a grid of 4 to 7. Radford et al. (2015)."""
    stages = 1
    while side >> stages > 7:
        stages += 1
    grid, widths = side >> stages, [64 << stage for stage in range(stages)]
    drawing: list[nn.Module] = [nn.Unflatten(1, (LATENT, 1, 1))]
    drawing += [nn.ConvTranspose2d(LATENT, widths[-1], grid, bias=False), nn.BatchNorm2d(widths[-1]), nn.ReLU()]
    for inputs, outputs in pairwise(reversed(widths)):
        drawing += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    drawing += [nn.ConvTranspose2d(widths[0], channels, 4, 2, 1, bias=False), nn.Tanh()]
    judging: list[nn.Module] = [nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for inputs, outputs in pairwise(widths):
        judging += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
    judging += [nn.Conv2d(widths[-1], 1, grid, bias=False), nn.Flatten(), nn.Sigmoid()]
    return Pair(*(nn.Sequential(*layers).apply(_small) for layers in (drawing, judging)))


def encoded(pictures: Raw) -> list[bytes]:
    """Pictures (N, H, W, C) uint8 of one or three channels as PNG files in memory."""
    files = []
    for each in pictures:
        file = io.BytesIO()
        Image.fromarray(each[..., 0] if each.shape[-1] == 1 else each).save(file, "PNG")
        files.append(file.getvalue())
    return files


def _glorot(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _small(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


TUTORIALS: dict[str, Tutorial] = {
    "mlp": Tutorial(mlp, 28),
    "conv28": Tutorial(conv28, 28),
    "dcgan": Tutorial(dcgan, 64),
}
"""By the name of the recipe that plays the same game."""
