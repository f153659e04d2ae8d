"""Clips: a few frames of a video, spoilt on the fly <-> what restoration that remembers is trained on."""

from .codec import DegradedClips, Films
from .cuts import Cuts
from .domain import Clips

__all__ = ["Clips", "Cuts", "DegradedClips", "Films"]
