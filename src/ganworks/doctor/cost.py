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
ENDLESS, PLACES = 1 << 40, 128
"""Samples of a run that no trial comes to the end of, and the places of it that are asked for their stage."""


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
    session = Session(run.model_copy(update={"budget": Budget(samples=ENDLESS)}), dataset)
    device = session.device
    game = [session.game.contested(place / PLACES) for place in range(PLACES)]
    seconds = 0.0
    # A stage without the discriminator costs less than one with it: each is timed as it is in its midst.
    for stage in sorted(set(game)):
        inside = [place for place in range(PLACES) if game[place] == stage]
        session.samples = ENDLESS // PLACES * inside[-1]
        session.step()  # the first step pays for allocations
        # Minutes on the wall are what a budget is in, whatever else runs here.
        rate = pace(stepping("trial", session), SECONDS / len(set(game)), machine.WALL)
        seconds += len(inside) / PLACES / rate
    torch.set_rng_state(state)
    rate = 1 / seconds
    minutes = run.budget.minutes or (run.budget.samples or 0) / rate / 60
    parameters = {
        name: sum(each.numel() for each in player.network.parameters())
        for name, player in session.game.players().items()
    }
    return Cost(rate, minutes, int(60 * rate * minutes), machine.peak_memory(device), parameters, str(device))
