"""Degraded pictures: clean ones, and what is done to them on the fly <-> pairs for restoration."""

from .blur import known_kernel
from .codec import DegradedPictures
from .domain import Degraded
from .masks import box, irregular, read_mask
from .presets import PRESETS, STEPS
from .step import Step

__all__ = [
    "PRESETS", "STEPS", "Degraded", "DegradedPictures", "Step", "box", "irregular", "known_kernel", "read_mask",
]  # fmt: skip
