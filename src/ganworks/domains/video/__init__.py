"""Video: clips of films, strips, folders of frames and arrays, and volumes, <-> samples (C, T, H, W)."""

from .bouncing import Bouncing, bouncing
from .codec import Moving
from .domain import Video

__all__ = ["Bouncing", "Moving", "Video", "bouncing"]
