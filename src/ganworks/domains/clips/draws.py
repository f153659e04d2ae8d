"""Draws for clips: what spoils a video spoils all of its frames alike, but for noise, which is new in each."""

import torch
from torch import Tensor

from ..degraded.draws import Draws, Range


class ClipDraws(Draws):
    """Numbers for `count` frames, `frames` of them a clip, clip after clip; the frames of a clip have the same ones.

    Fields of noise are drawn for each frame. Holes are, too, in half of the clips (dust), and stay where they are in
    the others (a scratched lens, a logo).
    """

    def __init__(self, frames: int, count: int, device: torch.device, generator: torch.Generator | None = None):
        super().__init__(count, device, generator)
        self.frames = frames

    def at_hand(self) -> Draws:
        return ClipDraws(self.frames, self.count, torch.device("cpu"), self.generator)

    def among(self, count: int) -> Draws:
        """For whole clips, which is what `flags` chooses."""
        return ClipDraws(self.frames, count, self.device, self.generator)

    def within(self, value: Range) -> Tensor:
        return self._clips().within(value).repeat_interleave(self.frames)

    def flags(self, chance: float) -> Tensor:
        return self._clips().flags(chance).repeat_interleave(self.frames)

    def seeds(self) -> list[int]:
        fresh = self._clips().at_hand().flags(0.5).tolist()
        seeds = super().seeds()
        return [seeds[i if fresh[i // self.frames] else i - i % self.frames] for i in range(self.count)]

    def offsets(self, room: int) -> list[int]:
        return [each for each in self._clips().offsets(room) for _ in range(self.frames)]

    def _clips(self) -> Draws:
        return Draws(self.count // self.frames, self.device, self.generator)
