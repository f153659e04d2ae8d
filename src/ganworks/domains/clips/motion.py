"""Motion made from photographs: a camera that pans, nears and turns over them, evenly or a little faster each frame.

A training aid, and no video: nothing moves by itself and nothing hides anything else.
"""

import torch
from torch import Tensor
from torch.nn import functional

from ..degraded.draws import Draws


def moving(
    x: Tensor, draws: Draws, frames: int, size: tuple[int, int], pan: float, zoom: float, turn: float, middle: bool
) -> Tensor:
    """Photographs x (B, C, H, W) -> clips (B, C, T, h, w), bicubically; beyond its border a photograph is mirrored.

    pan: pixels a frame, at most; zoom: a share of the size a frame, at most; turn: degrees a frame, at most.
    The frame in the middle of the clip lies anywhere in the photograph, or in the `middle` of it.
    """
    time = torch.arange(frames, device=x.device) - (frames - 1) / 2
    sides = x.shape[2:]
    room = [max(0, side - length) for side, length in zip(sides, size, strict=True)]
    places = []
    for side, free in zip(sides, room, strict=True):
        start = draws.within(0.5 if middle else (0.0, 1.0)) - 0.5
        speed, gain = draws.within((-pan, pan)), draws.within((-pan, pan)) / (2 * frames)
        way = speed[:, None] * time + gain[:, None] * time.square()
        places.append((side - 1) / 2 + free * start[:, None] + way)
    angle = torch.deg2rad(draws.within((-turn, turn)))[:, None] * time
    step = torch.exp(draws.within((-zoom, zoom))[:, None] * time)
    grid = _grid(places[0], places[1], angle, step, size, (int(sides[0]), int(sides[1])))
    drawn = functional.grid_sample(x, grid.flatten(1, 2), mode="bicubic", padding_mode="reflection", align_corners=True)
    return torch.unflatten(drawn, 2, (frames, size[0]))


def _grid(
    down: Tensor, right: Tensor, angle: Tensor, step: Tensor, size: tuple[int, int], sides: tuple[int, int]
) -> Tensor:
    """Where each pixel of each frame lies in its photograph, as grid_sample counts: (B, T, h, w, 2)."""
    v, u = (torch.arange(length, device=down.device) - (length - 1) / 2 for length in size)
    cosine, sine = ((step * each)[..., None, None] for each in (angle.cos(), angle.sin()))
    x = right[..., None, None] + cosine * u - sine * v[:, None]
    y = down[..., None, None] + sine * u + cosine * v[:, None]
    height, width = sides
    return torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
