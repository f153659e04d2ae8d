"""A recurrent model at work on a stream of frames: what it drew last goes along, and is forgotten at a cut."""

import torch
from torch import Tensor

from ...domains.base import Raw
from ...domains.clips import Cuts
from ...model import Model
from ..drawer import Direction, Drawer


def recurrent(model: Model) -> bool:
    """Whether the model's network goes from frame to frame."""
    return hasattr(model.network, "follow")


class Streaming(Drawer):
    """A Drawer whose pictures are frames, each drawn after the one before it."""

    def __init__(self, model: Model, tile: int | None = None, direction: Direction | None = None):
        super().__init__(model, tile, direction)
        self.forget()

    def forget(self) -> None:
        self._state: tuple[Tensor, Tensor] | None = None
        self._cuts = Cuts()

    @property
    def cuts(self) -> int:
        """Cuts met since it forgot."""
        return self._cuts.found

    @torch.no_grad()
    def _drawn(self, pixels: Raw, mask: Raw | None) -> Tensor:
        c = self._given(pixels, mask)
        if self._cuts.between(pixels):
            self._state = None
        y = self.network.follow(c, self._state)  # type: ignore[operator]
        self._state = c, y
        return self.codec.compose(y, c)[0].cpu()
