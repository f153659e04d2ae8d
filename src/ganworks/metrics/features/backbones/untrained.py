"""Networks of random weights: what they are is decided by their shape and a seed, so there is nothing to fetch.

Liu et al. (2021): as structure goes, a network's weights matter less than its shape. Ustyuzhaninov et al. (2016): one
layer of random filters of many sizes makes textures as good as VGG's.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu

from ..pictures import coloured
from .alexnet import TAPS, alexnet
from .base import Backbone, Layered, Maps, hashed
from .vgg import vgg, vgg_taps

SHARE = 4
"""Random VGG has one in so many of VGG16's channels: a sixteenth of its time. Its pools take the largest: with averages
it depends on the seed whether it minds a blur (docs/terms.md)."""
SIDES, FILTERS = (3, 5, 7, 11, 15), 32
"""Of the shallow one: sides of its filters, and how many there are of each."""


class Shallow(Backbone):
    """One layer of random filters, a map for each of five sizes."""

    def __init__(self, name: str, seed: int):
        super().__init__()
        self.name, self.trained = name, False
        stream = np.random.PCG64(seed)
        weights = {f"filters{side}": _drawn(stream, (FILTERS, 3, side, side)) for side in SIDES}
        for key, each in weights.items():
            self.register_buffer(key, each)
        self.sha256 = hashed("shallow", weights)

    def maps(self, x: Tensor) -> Maps:
        x, found = coloured(x), []
        for side in SIDES:
            edge = side // 2
            found.append(relu(conv2d(pad(x, (edge,) * 4, mode="replicate"), self.get_buffer(f"filters{side}"))))
        return tuple(found)


@cache
def untrained(kind: str, seed: int) -> Backbone:
    """One of KINDS. The same one each time."""
    name = f"random:{kind}:{seed}"
    if kind == "shallow":
        return Shallow(name, seed)
    with torch.device("meta"):
        features, taps = KINDS[kind]()
    stream = np.random.PCG64(seed)
    weights = {
        key: _drawn(stream, tuple(each.shape)) if each.ndim > 1 else torch.zeros(each.shape)
        for key, each in features.state_dict().items()
    }
    features.load_state_dict(weights, assign=True)
    return Layered(name, features, taps, hashed(kind, weights), trained=False)


def _drawn(stream: np.random.PCG64, shape: tuple[int, ...]) -> Tensor:
    """Uniform weights with the deviation of He et al. (2015), from integers that numpy promises never to change."""
    raw = np.asarray(stream.random_raw(math.prod(shape)), np.uint64) >> np.uint64(40)
    unit = raw.astype(np.float64) / 2.0**23 - 1
    return torch.from_numpy((unit * math.sqrt(6 / math.prod(shape[1:]))).astype(np.float32)).view(shape)


KINDS: dict[str, Callable[[], tuple[nn.Sequential, tuple[int, ...]]]] = {
    "vgg": lambda: (vgg("vgg16", SHARE), vgg_taps("vgg16")),
    "alexnet": lambda: (alexnet(), TAPS),
    "shallow": lambda: (nn.Sequential(), ()),
}
