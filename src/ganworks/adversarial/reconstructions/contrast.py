"""PatchNCE: each place of the output must resemble the same place of the input more than it does any other place.

What ties an output to its input where there are no pairs. The generator itself is asked for features and needs

* `encode(x) -> tuple of (B, C, h, w)`, its activations at the depths that are compared, for x like its input;
* `project(index, vectors (B, P, C)) -> (B, P, F)`, a small head a depth, whose weights are the generator's own.

Source: Park et al. (2020).
"""

from typing import Literal, Protocol, cast, runtime_checkable

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ...settings import ConfigError
from ..chance import uniform
from ..turn import Term, Turn


@runtime_checkable
class Encodes(Protocol):
    """A generator whose features can be compared."""

    def encode(self, x: Tensor) -> tuple[Tensor, ...]:
        """Activations (B, C, h, w) for x like the generator's input."""

    def project(self, index: int, vectors: Tensor) -> Tensor:
        """Vectors (B, P, C) of the activation of that number -> (B, P, F)."""


class PatchNce(Term):
    """Cross-entropy of finding a place of the input among `places` by what the output shows there."""

    name: Literal["patch-nce"] = "patch-nce"
    player = "generator"
    places: int = Field(default=256, ge=2)
    """Places compared in each activation; all of them where there are fewer."""
    temperature: float = Field(default=0.07, gt=0)
    """Of the softmax over places."""
    identity: bool = True
    """Whether a target, translated, must resemble itself likewise; the cost is the mean of both. It keeps colours, and
    takes one more pass of the generator."""

    mirrored: bool = False
    """Whether half of the steps look for the output's places in the mirrored input, so that translating and mirroring
    may change places: FastCUT's flip equivariance."""

    def cost(self, turn: Turn) -> Tensor:
        if turn.c is None or turn.c.shape[1:] != turn.fake.shape[1:]:
            came = "none" if turn.c is None else _shape(turn.c)
            raise ConfigError(
                "patch-nce compares outputs with inputs of the same channels and sides, got "
                f"inputs of {came} for outputs of {_shape(turn.fake)}"
            )
        generator = _encoder(turn.generator)
        cost = self._between(generator, turn.fake, turn.c)
        if not self.identity:
            return cost
        same = turn.generator(turn.z, turn.real)
        return (cost + self._between(generator, same, turn.real)) / 2

    def _between(self, generator: Encodes, output: Tensor, given: Tensor) -> Tensor:
        """(B,): the mean over activations. Only what the output shows is differentiated."""
        # Drawn on the CPU, where the choice is made: nothing waits for the device.
        mirror = self.mirrored and bool(uniform((1,), torch.device("cpu")) < 0.5)
        with torch.no_grad():
            keys = generator.encode(given.flip(-1) if mirror else given)
            keys = tuple(key.flip(-1) for key in keys) if mirror else keys
        costs = []
        for index, (query, key) in enumerate(zip(generator.encode(output), keys, strict=True)):
            where = drawn_places(query, self.places)
            found = generator.project(index, at_places(query, where))
            with torch.no_grad():
                wanted = generator.project(index, at_places(key, where))
            costs.append(contrast(found, wanted, self.temperature))
        return torch.stack(costs).mean(0)


def contrast(found: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """(B, P, F) twice -> (B,): cross-entropy of each found vector with the wanted one of its own place, against those
    of the picture's other places. Directions alone count."""
    found, wanted = (normalize(each.float(), dim=2) for each in (found, wanted))
    alike = found @ wanted.transpose(1, 2) / temperature
    own = torch.arange(alike.shape[1], device=alike.device).expand(alike.shape[:2])
    return cross_entropy(alike.transpose(1, 2), own, reduction="none").mean(1)


def drawn_places(like: Tensor, count: int) -> Tensor:
    """Numbers (B, P) of different places in maps (B, C, h, w), drawn for each sample."""
    total = like.shape[2] * like.shape[3]
    return uniform((len(like), total), like.device).topk(min(count, total), dim=1).indices


def at_places(x: Tensor, where: Tensor) -> Tensor:
    """Maps (B, C, h, w), places (B, P) -> their vectors (B, P, C)."""
    flat = x.flatten(2).transpose(1, 2)
    return flat.gather(1, where[:, :, None].expand(-1, -1, flat.shape[2]))


def _encoder(generator: nn.Module) -> Encodes:
    if not isinstance(generator, Encodes):
        raise ConfigError(
            "patch-nce wants a generator that can be asked for its features (encode, project), "
            f"got {type(generator).__name__}; choose generator=resnet-translation"
        )
    return cast(Encodes, generator)


def _shape(x: Tensor) -> str:
    return " x ".join(map(str, x.shape[1:]))
