"""What training will take on this machine, by trying it for some seconds."""

import resource
import sys
import time
from typing import NamedTuple

import torch

from ..domains import Dataset
from ..training.run import Budget, Run
from ..training.session import Session

SECONDS = 4.0


class Cost(NamedTuple):
    rate: float
    """Samples a second."""
    minutes: float
    """Of the recipe's own budget."""
    samples: int
    """That those minutes are worth."""
    memory: float
    """Most of the memory of this process so far, in GB; of the device where there is one."""
    parameters: dict[str, int]
    device: str


def cost(run: Run, dataset: Dataset) -> Cost:
    """Build the session of a run and play for some seconds. Nothing is kept."""
    state = torch.get_rng_state()
    # Minutes would have to be measured first, and measuring is what this is for.
    session = Session(run.model_copy(update={"budget": Budget(samples=1 << 40)}), dataset)
    session.step()  # the first step pays for allocations
    begun, start = time.monotonic(), session.samples
    while session.samples == start or time.monotonic() - begun < SECONDS:
        for value in session.step().values():
            value.item()  # waits for the device
    rate = (session.samples - start) / (time.monotonic() - begun)
    torch.set_rng_state(state)
    minutes = run.budget.minutes or (run.budget.samples or 0) / rate / 60
    parameters = {
        name: sum(each.numel() for each in player.network.parameters())
        for name, player in session.game.players().items()
    }
    device = session.device
    return Cost(rate, minutes, int(60 * rate * minutes), _memory(device), parameters, str(device))


def _memory(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    unit = 1 if sys.platform == "darwin" else 1024  # one system counts bytes, the others kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
