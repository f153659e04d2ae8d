"""What changes along a line, shown beside the line: for discriminators of windows in time."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Moves(nn.Module):
    """Channels, and how far each moved since the step before, `gain` times as large. (B, C, T) -> (B, 2C, T).

    A layer could compute it. But where moves are a hundredth of the range, as those of prices, it learns to last.
    """

    def __init__(self, gain: float):
        super().__init__()
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        moved = functional.pad(x[..., 1:] - x[..., :-1], (1, 0))
        return torch.cat([x, self.gain * moved], dim=1)
