"""What only clips have: how things move, whether they stay what they are, and what moves alike from frame to frame.

Pure functions of clips (N, T, H, W) or (N, C, T, H, W).
"""

from .digits import identities, upright
from .flow import block_flow, flicker
from .tracks import Bounces, Track, Walls, bounces, speeds, track, velocity_residual

__all__ = [
    "Bounces", "Track", "Walls", "block_flow", "bounces", "flicker", "identities", "speeds", "track", "upright",
    "velocity_residual",
]  # fmt: skip
