"""Pool: fakes of earlier steps, of which the discriminator is shown some again. Shrivastava et al. (2017).

A generator that comes back to what it drew before then finds a discriminator that has not forgotten it.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..settings import CheckpointError
from .chance import uniform, whole


class Pool:
    """Up to `size` fakes, each with the condition it was drawn for. Zhu et al. (2017) keep 50.

    Each process keeps a pool of its own share of the batch.
    """

    def __init__(self, size: int):
        self.size, self.held = size, 0
        self._fakes: Tensor | None = None
        self._conditions: Tensor | None = None

    def mix(self, fake: Tensor, c: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """(B, ...) -> as many, of which every second or so is an old one that makes room for the new one.

        As long as the pool is not full it takes every fake and gives it back. Where a fake is replaced, so is its row
        of c. Neither result carries a gradient.
        """
        fake, c = fake.detach(), None if c is None else c.detach()
        self._make_room(fake, c)
        # Drawn on the CPU, where the choice is made: nothing waits for the device.
        swaps = uniform((len(fake),), torch.device("cpu")).lt(0.5).tolist()
        places = whole(0, self.size, (len(fake),), torch.device("cpu")).tolist()
        fakes, conditions = [], []
        for row, (swap, place) in enumerate(zip(swaps, places, strict=True)):
            new, new_c = fake[row], None if c is None else c[row]
            if self.held < self.size:
                self._put(self.held, new, new_c)
                self.held += 1
            elif swap:
                old, old_c = self._take(place)
                self._put(place, new, new_c)
                new, new_c = old, old_c
            fakes.append(new)
            conditions.append(new_c)
        return torch.stack(fakes), None if c is None else torch.stack([each for each in conditions if each is not None])

    def state(self) -> dict[str, Tensor]:
        """Everything that changes. `fakes` and `conditions` have room for `size` rows from the first mix on, and are
        absent before it; `conditions` also where there are none."""
        state = {"held": torch.tensor(self.held)}
        if self._fakes is not None:
            state["fakes"] = self._fakes
        if self._conditions is not None:
            state["conditions"] = self._conditions
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises CheckpointError when it is that of a pool of another size."""
        fakes, conditions = state.get("fakes"), state.get("conditions")
        if fakes is not None and len(fakes) != self.size:
            raise CheckpointError(f"the checkpoint keeps a pool of {len(fakes)} fakes, the run wants {self.size}")
        self.held = int(state["held"])
        self._fakes = None if fakes is None else fakes.clone()
        self._conditions = None if conditions is None else conditions.clone()

    def _make_room(self, fake: Tensor, c: Tensor | None) -> None:
        self._fakes = self._room(self._fakes, fake)
        self._conditions = None if c is None else self._room(self._conditions, c)

    def _room(self, held: Tensor | None, like: Tensor) -> Tensor:
        if held is None:
            return like.new_zeros(self.size, *like.shape[1:])
        return held.to(like.device)

    def _take(self, place: int) -> tuple[Tensor, Tensor | None]:
        assert self._fakes is not None
        return self._fakes[place].clone(), None if self._conditions is None else self._conditions[place].clone()

    def _put(self, place: int, fake: Tensor, c: Tensor | None) -> None:
        assert self._fakes is not None
        self._fakes[place] = fake
        if self._conditions is not None and c is not None:
            self._conditions[place] = c
