"""What training will take on this machine, by trying it for some seconds."""

from typing import NamedTuple

import torch

from ..bench import machine
from ..bench.pairs import pace
from ..bench.sessions import stepping
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
    """Build the session of a run and play for some seconds, as the benchmark does. Nothing is kept."""
    state = torch.get_rng_state()
    # Minutes would have to be measured first, and measuring is what this is for.
    session = Session(run.model_copy(update={"budget": Budget(samples=1 << 40)}), dataset)
    session.step()  # the first step pays for allocations
    device = session.device
    # Minutes on the wall are what a budget is in, whatever else runs here.
    rate = pace(stepping("trial", session), SECONDS, machine.WALL)
    torch.set_rng_state(state)
    minutes = run.budget.minutes or (run.budget.samples or 0) / rate / 60
    parameters = {
        name: sum(each.numel() for each in player.network.parameters())
        for name, player in session.game.players().items()
    }
    return Cost(rate, minutes, int(60 * rate * minutes), machine.peak_memory(device), parameters, str(device))
