"""Holes: parts of a picture that are gone, and a mask that says where."""

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from .draws import Draws, Range, ends
from .masks import Mask, box, irregular, masks_in
from .step import Step

FILLED = 0.5
"""What stands in a hole, of 0..1: 0 once pictures are scaled to -1..1."""


class Holes(Step):
    """Parts of a picture are blanked; one more channel, the last, is 1 in holes and 0 elsewhere (1 and -1 once scaled).

    Must be the last step, so that known pixels are the very ones of the picture.
    """

    name: Literal["holes"] = "holes"
    limits: ClassVar = {"share": (0.001, 0.9), "thickness": (0.005, 0.5)}

    kind: Literal["irregular", "box", "both"] = "both"
    """Strokes of a brush, upright boxes, or each half of the time."""
    share: Range = (0.1, 0.4)
    """Of a picture that is hole."""
    thickness: Range = (0.03, 0.2)
    """Of strokes; share of the picture's shorter side."""
    folder: str | None = None
    """Your own masks, of the pictures' size, white = hole; drawn at random instead of the above."""

    def apply(self, x: Tensor, draws: Draws) -> Tensor:
        masks = self.masks(x.shape[2], x.shape[3], draws)
        hole = torch.from_numpy(masks).to(x.device)[:, None]
        return torch.cat([x.masked_fill(hole, FILLED), hole.to(x.dtype)], 1)

    def channels(self, channels: int) -> int:
        return channels + 1

    def masks(self, height: int, width: int, draws: Draws) -> Mask:
        """A mask a sample (B, H, W), True in holes. Raises DataError when own masks cannot be used."""
        if self.folder is not None:
            own = masks_in(self.folder, height, width)
            return own[draws.offsets(len(own) - 1)]
        boxes = draws.at_hand().flags({"irregular": 0.0, "box": 1.0, "both": 0.5}[self.kind]).tolist()
        return np.stack(
            [self._maker(each)(seed, height, width) for each, seed in zip(boxes, draws.seeds(), strict=True)]
        )

    def _maker(self, boxes: bool) -> Callable[[int, int, int], Mask]:
        share, thickness = ends(self.share), ends(self.thickness)
        return lambda seed, height, width: (
            box(seed, height, width, share) if boxes else irregular(seed, height, width, share, thickness)
        )
