"""Player: a network, its optimiser and its average. The only place that touches gradients."""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ..schedule import Number, at
from ..settings import CheckpointError
from .collective import average, world
from .constraints import Constraint
from .optimisers import Optimiser
from .sharding import Shards


class Player:
    """What it takes to learn.

    network: the weights that are trained.
    average: their exponential moving average, which is what is sampled; None when half_life is 0. Its half-life is
    in samples seen, so it does not change with the batch size.
    shard: where there are several processes, each keeps the optimiser's moments of some weights only; `state` and
    `step` then are for all of them to call.
    freeze: so many layers, from the first on, never move.
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: Optimiser,
        half_life: Number = 0.0,
        constraints: Sequence[Constraint] = (),
        shard: bool = False,
        freeze: int = 0,
    ):
        self.network, self.settings, self.half_life, self.constraints = network, optimiser, half_life, constraints
        self.weights = list(network.parameters())
        self._frozen = _first(network, freeze)
        self._shards = Shards(network) if shard and world() > 1 else None
        self.optimiser = optimiser.build(self._shards.own() if self._shards else network.parameters())
        self.average: nn.Module | None = None
        if half_life != 0:
            self.average = copy.deepcopy(network).eval().requires_grad_(False)
            self._follow = Follower(self.average, network)

    @property
    def averaged(self) -> nn.Module:
        """The network to sample from."""
        return self.network if self.average is None else self.average

    def step(self, samples: int, progress: float) -> Tensor:
        """Move along the gradients accumulated since the last step, then follow with the average.

        samples: how many the round had here, of which each process has as many; progress: how far the run has come,
        0 to 1. Gradients are averaged over processes by hand, after the last backward pass: wrappers around the
        network are silently wrong with penalties of a second order.
        Returns the norm of the gradients, which stay in place until the next backward pass for a diagnosis.
        """
        for weight in self._frozen:
            weight.grad = None
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        average(gradients)
        norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self.settings.steer(self.optimiser, progress)
        self.optimiser.step()
        if self._shards is not None:
            self._shards.spread()
        for constraint in self.constraints:
            constraint.enforce(self.network)
        if self.average is not None:
            half_life = at(self.half_life, progress)
            self._follow(0.5 ** (samples * world() / half_life) if half_life > 0 else 0.0)
        return norm

    def clear(self) -> None:
        """Forget the gradients of the last move."""
        for weight in self.weights:
            weight.grad = None

    def state(self) -> dict[str, Tensor]:
        """Everything that changes while learning, by name: network.*, average.*, optimiser.<weight>.<moment>."""
        state = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        if self.average is not None:
            state |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for name, moments in self._moments().items():
            state |= {f"optimiser.{name}.{moment}": value for moment, value in moments.items()}
        return state

    def _moments(self) -> Mapping[str, Mapping[str, Tensor]]:
        """What the optimiser remembers of each weight."""
        if self._shards is not None:
            return self._shards.gathered(self.optimiser.state)
        return {
            name: {
                key: value for key, value in self.optimiser.state.get(weight, {}).items() if isinstance(value, Tensor)
            }
            for name, weight in self.network.named_parameters()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state. Raises CheckpointError when its names or shapes are not this player's."""
        _load(self.network, state, "network.")
        if self.average is not None:
            _load(self.average, state, "average.")
        self.optimiser.state.clear()
        # Fused optimisers count their steps on the device, the others on the CPU.
        fused = bool(self.optimiser.defaults.get("fused"))
        mine = {id(weight) for group in self.optimiser.param_groups for weight in group["params"]}
        for name, weight in self.network.named_parameters():
            if id(weight) not in mine:
                continue
            prefix, home = f"optimiser.{name}.", weight.device if fused else torch.device("cpu")
            moments = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
            for moment, value in moments.items():
                # A fused step walks weight and moment side by side in memory, so both need one layout.
                alike = value.shape == weight.shape
                place = torch.empty_like(weight) if alike else torch.empty_like(value, device=home)
                self.optimiser.state[weight][moment] = place.detach().copy_(value)

    def faults(self) -> list[str]:
        """Names of gradients, weights and averages that hold a number which is not finite."""
        found = []
        for name, weight in self.network.named_parameters():
            if weight.grad is not None and not weight.grad.isfinite().all():
                found.append(f"gradient of {name}")
            if not weight.isfinite().all():
                found.append(f"weight {name}")
        for name, value in self.averaged.state_dict().items():
            if value.is_floating_point() and not value.isfinite().all():
                found.append(f"average of {name}")
        return found


def backward(loss: Tensor, *players: Player) -> None:
    """Accumulate the gradients of loss for these players' weights and no others."""
    loss.backward(inputs=[weight for player in players for weight in player.weights])  # type: ignore[no-untyped-call]


def load_exactly(network: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Take over weights of just these names and shapes; `where` begins the message when they are not.

    Raises CheckpointError in one line that lists up to three missing, extra and misshapen names.
    """
    expected = network.state_dict()
    wrong = {
        "missing": [name for name in expected if name not in weights],
        "extra": [name for name in weights if name not in expected],
        "misshapen": [
            f"{name} is {list(weights[name].shape)} for {list(each.shape)}"
            for name, each in expected.items()
            if name in weights and weights[name].shape != each.shape
        ],
    }
    faults = [f"{what} {', '.join(names[:3])}{', ...' * (len(names) > 3)}" for what, names in wrong.items() if names]
    if faults:
        raise CheckpointError(
            f"{where} does not fit this network: {'; '.join(faults)}; use the settings it was made with"
        )
    network.load_state_dict(weights)


def _first(network: nn.Module, count: int) -> list[nn.Parameter]:
    """The weights of so many layers, in the order in which the network lists them."""
    leaves = (each for each in network.modules() if not any(each.children()) or is_parametrized(each))
    layers = [each for each in leaves if any(True for _ in each.parameters())]
    return [weight for each in layers[:count] for weight in each.parameters()]


def _load(network: nn.Module, state: Mapping[str, Tensor], prefix: str) -> None:
    mine = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    load_exactly(network, mine, f"the saved {prefix.rstrip('.')}")


class Follower:
    """Moves an average after its network, in a few calls for all tensors together."""

    def __init__(self, average: nn.Module, network: nn.Module):
        pairs = list(zip(_tensors(average), _tensors(network), strict=True))
        # The running statistics of batch norm belong to averaged weights too.
        self._means = [mean for mean, _ in pairs if mean.is_floating_point()]
        self._values = [value.detach() for mean, value in pairs if mean.is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def __call__(self, decay: float) -> None:
        """mean = decay * mean + (1 - decay) * value; what is counted is copied."""
        torch._foreach_lerp_(self._means, self._values, 1 - decay)
        for mean, value in self._counts:
            mean.copy_(value)


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
