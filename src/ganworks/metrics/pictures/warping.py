"""Does a restored video flicker: the error that is left when one frame is moved onto the next."""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from ...settings import DataError
from .measured import Measured, checked, over

AGREES, SLACK = 0.01, 0.5
"""Share of the squared lengths, and squared pixels, that two agreeing flows may differ by. Sundaram et al. (2010)."""


def warp(x: Tensor, flow: Tensor) -> Tensor:
    """Pictures x (B, C, H, W) moved along `flow` (B, 2, H, W): the value at p is that of x at p + flow(p).

    flow holds pixels to the right, then pixels down. Between pixels it is bilinear, beyond the border the edge repeats.
    """
    if flow.shape != (len(x), 2, *x.shape[2:]):
        raise DataError(f"a flow for pictures {tuple(x.shape)} is (B, 2, H, W) of their size, got {tuple(flow.shape)}")
    places = _places(flow) + flow
    height, width = x.shape[2:]
    # grid_sample counts from -1 to 1, at align_corners between the middles of the outermost pixels.
    grid = torch.stack([2 * places[:, 0] / max(width - 1, 1) - 1, 2 * places[:, 1] / max(height - 1, 1) - 1], dim=-1)
    return grid_sample(x, grid.to(x.dtype), mode="bilinear", padding_mode="border", align_corners=True)


def visible(flow: Tensor, back: Tensor) -> Tensor:
    """Where a frame's pixels can be seen in the other one, (B, 1, H, W) bool: the way there and back returns.

    flow leads from the first frame to the second, back from the second to the first, both (B, 2, H, W) in pixels.
    What leaves the picture is not visible. Source: Sundaram et al. (2010), equation 5.
    """
    returned = warp(back, flow)
    apart = (flow + returned).square().sum(1)
    lengths = flow.square().sum(1) + returned.square().sum(1)
    places = _places(flow) + flow
    height, width = flow.shape[2:]
    inside = (places[:, 0] >= 0) & (places[:, 0] <= width - 1) & (places[:, 1] >= 0) & (places[:, 1] <= height - 1)
    return ((apart < AGREES * lengths + SLACK) & inside)[:, None]


def warping_error(now: Tensor, before: Tensor, flow: Tensor, seen: Tensor) -> Measured:
    """Mean squared difference between a frame and the one before it, moved along the flow, where that can be seen.

    now and before (B, C, H, W) in 0..1; flow (B, 2, H, W) leads from `now` to `before`, measured on the *true* frames;
    seen (B, 1, H, W) bool, as `visible` has it. A frame of which nothing can be seen, as after a cut, has no number.
    0 is best, and blur lowers it, too: read it beside the error of the frames. Source: Lai et al. (2018), equation 10.
    """
    now, before = checked(now, before)
    moved = warp(before, flow.detach().to("cpu", torch.float64))
    values = over((now - moved).square(), seen.to("cpu", torch.float64))
    return Measured(values, "squared, along the flow of the true frames, where flow there and back agree, range 1")


def _places(flow: Tensor) -> Tensor:
    """The place of every pixel (1, 2, H, W): its column, then its row."""
    rows = torch.arange(flow.shape[2], dtype=flow.dtype, device=flow.device)
    columns = torch.arange(flow.shape[3], dtype=flow.dtype, device=flow.device)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]
