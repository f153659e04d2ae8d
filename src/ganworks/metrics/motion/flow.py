"""Does a film flicker: each frame held against the one before, block by block where it matches best."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

from ..pictures.warping import visible, warping_error

BLOCK, REACH = 8, 4
"""Pixels of a block, and how far it is looked for on each axis."""
STAYS = 1e-4
"""What a mean squared difference has to gain for a block to have moved at all: flat blocks match anywhere."""


def block_flow(now: Tensor, before: Tensor) -> Tensor:
    """Where each block of `now` (B, C, H, W) stood in `before`, (B, 2, H, W): whole pixels right, then down."""
    height, width = now.shape[2:]
    around = pad(before, (REACH, REACH, REACH, REACH), mode="replicate")
    costs, moves = [], []
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            shifted = around[:, :, REACH + down : REACH + down + height, REACH + right : REACH + right + width]
            cost = avg_pool2d((now - shifted).square().mean(1, keepdim=True), BLOCK, ceil_mode=True)
            costs.append(cost + STAYS * (abs(down) + abs(right) > 0))
            moves.append((right, down))
    best = torch.cat(costs, 1).argmin(1)
    found = torch.tensor(moves, dtype=now.dtype)[best].movedim(-1, 1)
    return interpolate(found, scale_factor=BLOCK, mode="nearest")[:, :, :height, :width]


def flicker(clips: Tensor) -> float:
    """Warping error of clips (N, C, T, H, W) in 0..1 along their own motion, mean over frames; 0 is best.

    A film that stands still has none, and blur lowers it: read it beside that of real clips. Blocks of 8 pixels, up to
    4 pixels of motion a frame. Source: Lai et al. (2018), with flow by matching blocks.
    """
    frames = clips.movedim(2, 1)
    now, before = frames[:, 1:].flatten(0, 1), frames[:, :-1].flatten(0, 1)
    flow, back = block_flow(now, before), block_flow(before, now)
    values = torch.as_tensor(warping_error(now, before, flow, visible(flow, back)).values, dtype=torch.float64)
    values = values[values.isfinite()]
    return float(values.mean()) if len(values) else float("nan")
