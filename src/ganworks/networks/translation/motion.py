"""Motion between two frames: a small network that finds it, and the moving itself.

Coarse to fine: at each size the features of the frame before are moved by what is known so far, compared with those of
the frame now at a few places around, and the flow is corrected. After Sun et al. (2018), much smaller.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers import LEAK, he

AROUND = 2
"""Pixels to each side, at its own size, in which a level looks for its correction."""


class Motion(nn.Module):
    """Frames now and before (B, C, H, W) -> the flow (B, 2, H, W), in pixels to the right and down.

    The value at p of the frame now is that at p + flow(p) of the frame before. An untrained network finds none.
    With L levels it reaches about 2 ** L times AROUND + 1 pixels.
    """

    def __init__(self, channels: int, width: int, levels: int):
        super().__init__()
        self.levels = levels
        self.features = nn.Sequential(
            he(nn.Conv2d(channels, width, 3, padding=1)), nn.LeakyReLU(LEAK), he(nn.Conv2d(width, width, 3, padding=1))
        )
        seen = (2 * AROUND + 1) ** 2 + width + 2
        self.correct = nn.ModuleList(
            nn.Sequential(
                he(nn.Conv2d(seen, 2 * width, 3, padding=1)),
                nn.LeakyReLU(LEAK),
                he(nn.Conv2d(2 * width, width, 3, padding=1)),
                nn.LeakyReLU(LEAK),
                _zero(nn.Conv2d(width, 2, 3, padding=1)),
            )
            for _ in range(levels)
        )

    def forward(self, now: Tensor, before: Tensor) -> Tensor:
        height, width = now.shape[2:]
        whole = 1 << self.levels
        edge = (0, -width % whole, 0, -height % whole)
        both = functional.pad(torch.cat([now, before]).float(), edge, mode="replicate")
        flow = both.new_zeros(len(now), 2, both.shape[2] // whole, both.shape[3] // whole)
        for level in range(self.levels, 0, -1):
            if level < self.levels:
                flow = enlarged(flow, 2)
            found = self.features(functional.avg_pool2d(both, 1 << level))
            here, there = found.chunk(2)
            alike = compared(here, carried(there, flow))
            flow = flow + self.correct[level - 1](torch.cat([alike, here, flow.to(here.dtype)], 1)).to(flow.dtype)
        return enlarged(flow, 2)[:, :, :height, :width]


def carried(x: Tensor, flow: Tensor) -> Tensor:
    """Pictures x (B, C, H, W) moved along a flow (B, 2, H, W): the value at p is that of x at p + flow(p), bilinearly.

    Beyond the border the edge repeats.
    """
    height, width = x.shape[2:]
    rows = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    columns = torch.arange(width, dtype=flow.dtype, device=flow.device)
    # grid_sample counts from -1 to 1, at align_corners between the middles of the outermost pixels.
    right = 2 * (columns + flow[:, 0]) / max(width - 1, 1) - 1
    down = 2 * (rows + flow[:, 1]) / max(height - 1, 1) - 1
    grid = torch.stack([right, down], -1).float()
    moved = functional.grid_sample(x.float(), grid, mode="bilinear", padding_mode="border", align_corners=True)
    return moved.to(x.dtype)


def enlarged(flow: Tensor, factor: int) -> Tensor:
    """A flow (B, 2, H, W) for pictures `factor` times as large."""
    if factor == 1:
        return flow
    return factor * functional.interpolate(flow, scale_factor=factor, mode="bilinear", align_corners=False)


def compared(here: Tensor, there: Tensor) -> Tensor:
    """How alike features (B, F, H, W) are to those at each place around, (B, places, H, W)."""
    here, there = (functional.normalize(each.float(), dim=1, eps=1e-3) for each in (here, there))
    height, width = here.shape[2:]
    wide = functional.pad(there, (AROUND,) * 4, mode="replicate")
    windows = wide.unfold(2, height, 1).unfold(3, width, 1)  # (B, F, places down, places right, H, W), not copied
    return (here[:, :, None, None] * windows).sum(1).flatten(1, 2)


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    with torch.no_grad():
        for each in layer.parameters():
            each.zero_()
    return layer
