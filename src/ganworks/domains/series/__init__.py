"""Series: tables in time, as windows or whole, <-> samples (C, T)."""

from .codec import Channel, Steps
from .domain import Series

__all__ = ["Channel", "Series", "Steps"]
