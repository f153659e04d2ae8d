"""Sharding: each process keeps the optimiser's moments of some weights only. Rajbhandari et al. (2020), ZeRO stage 1.

Gradients are averaged everywhere, each weight is moved by its owner, and then handed to the others. The moves are
elementwise, so the weights are bit for bit those of processes that keep everything.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, distributed, nn

from .collective import gather, rank, world

Moments = Mapping[Tensor, Mapping[str, Tensor]]


class Shards:
    """Who owns which of a network's weights."""

    def __init__(self, network: nn.Module):
        self.weights = dict(network.named_parameters())
        self.owners = _dealt([each.numel() for each in self.weights.values()], world())

    def own(self) -> list[nn.Parameter]:
        """This process's weights; where there are fewer weights than processes, an empty one, as optimisers want."""
        mine = [each for each, owner in zip(self.weights.values(), self.owners, strict=True) if owner == rank()]
        return mine or [nn.Parameter(torch.empty(0))]

    @torch.no_grad()
    def spread(self) -> None:
        """Hand every weight from its owner to the others."""
        for source in range(world()):
            theirs = [each for each, owner in zip(self.weights.values(), self.owners, strict=True) if owner == source]
            if not theirs:
                continue
            flat = torch.cat([each.flatten() for each in theirs])
            distributed.broadcast(flat, source)
            if source != rank():
                parts = torch.split(flat, [each.numel() for each in theirs])
                for each, part in zip(theirs, parts, strict=True):
                    each.copy_(part.view_as(each))

    def gathered(self, moments: Moments) -> dict[str, dict[str, Tensor]]:
        """Every weight's moments by name, on all processes; each brings its own. All have to call it."""
        mine = {
            name: {key: value for key, value in moments.get(weight, {}).items() if isinstance(value, Tensor)}
            for name, weight in self.weights.items()
        }
        tables = gather({name: {key: _form(each) for key, each in kept.items()} for name, kept in mine.items()})
        whole: dict[str, dict[str, Tensor]] = {}
        for (name, weight), owner in zip(self.weights.items(), self.owners, strict=True):
            whole[name] = {}
            for key, (shape, kind, on_device) in tables[owner][name].items():
                place = weight.device if on_device else torch.device("cpu")
                held = mine[name][key].contiguous() if owner == rank() else None
                value = torch.empty(shape, dtype=getattr(torch, kind), device=place) if held is None else held
                distributed.broadcast(value, owner)
                whole[name][key] = value
        return whole


def _form(value: Tensor) -> tuple[list[int], str, bool]:
    return list(value.shape), str(value.dtype).removeprefix("torch."), value.device.type != "cpu"


def _dealt(sizes: Sequence[int], count: int) -> list[int]:
    """The owner of each weight: the largest first, each to whoever has least so far."""
    owners, held = [0] * len(sizes), [0] * count
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        owners[i] = held.index(min(held))
        held[owners[i]] += sizes[i]
    return owners
