"""A backbone learnt from the user's own pictures: `self:FILE`. Minutes of one core, nothing to fetch.

It learns from cuts of the pictures at their own size, so that it knows their grain, to tell which two views show the
same cut (learning.py), and is then read layer by layer at any size.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from ....settings import ConfigError, DataError
from ..learning import SMALL, Notify
from ..own import Own, keep, train
from .base import Backbone, Maps

CUTS, STEPS = 2000, 300


class Learned(Backbone):
    """The convolutions of what `learn_backbone` keeps: maps after the third and the fourth rectifier.

    The first two are left out: however long they learn, their directions judge a blur as leniently as L1 does.
    """

    def __init__(self, name: str, own: Own):
        super().__init__()
        self.name, self.sha256, self.trained = name, own.sha256, True
        self.encoder = own.network.encoder
        self.channels = own.shape[0]
        if len(own.shape) != 3:
            raise ConfigError(f"{name} was learnt from samples of shape {own.shape}, not from pictures; learn it anew")

    def maps(self, x: Tensor) -> Maps:
        if x.shape[1] != self.channels:
            raise DataError(f"{self.name} was learnt from pictures of {self.channels} channels, got {x.shape[1]}")
        x, found = self.encoder.standard(x), []
        for layer in self.encoder.body.children():
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                found.append(x)
        return tuple(found[2:])


def learn_backbone(
    parts: Iterable[Tensor], path: Path, steps: int = STEPS, seed: int = 0, notify: Notify = lambda line: None
) -> Backbone:
    """Learn from encoded pictures, parts of (B, C, H, W) in -1..1, and keep weights at `path` and a page beside them.

    Raises ConfigError when `path` is no .safetensors file, DataError when pictures are missing or it cannot be written.
    """
    if path.suffix != ".safetensors":
        raise ConfigError(f"{path}: a learnt backbone is kept in a .safetensors file; give it that ending")
    cuts = _cuts([part.detach().float().cpu() for part in parts], seed)
    own = train([cuts], tuple(cuts.shape[1:]), steps=steps, seed=seed, notify=notify)
    data = safetensors.torch.save({key: each.contiguous() for key, each in own.network.state_dict().items()})
    page = {**own.page, "sha256": hashlib.sha256(data).hexdigest()}
    try:
        keep(path, data, json.dumps(page, indent=1))
    except OSError as error:
        raise DataError(f"{path}: cannot be written, {error.strerror or error}") from None
    return Learned(f"self:{path}", Own.open(path))


def _cuts(parts: list[Tensor], seed: int) -> Tensor:
    """Squares (N, C, side, side) from random places of random pictures, at their own size."""
    parts = [part for part in parts if len(part)]
    if not parts:
        raise DataError("a backbone is learnt from pictures, there are none")
    least = min(min(part.shape[2:]) for part in parts)
    side = min(SMALL, least)
    generator = torch.Generator().manual_seed(seed)
    total = sum(len(part) for part in parts)
    cuts = []
    for part in parts:
        count = round(CUTS * len(part) / total) + 1
        rows = torch.randint(len(part), (count,), generator=generator).tolist()
        room = [part.shape[axis] - side + 1 for axis in (2, 3)]
        downs, rights = (torch.randint(each, (count,), generator=generator).tolist() for each in room)
        cuts += [part[row, :, y : y + side, x : x + side] for row, y, x in zip(rows, downs, rights, strict=True)]
    return torch.stack(cuts)
