"""Pictures: folders, archives, arrays and built-in sets of them <-> samples (C, H, W)."""

from .codec import Pictures
from .domain import Image

__all__ = ["Image", "Pictures"]
