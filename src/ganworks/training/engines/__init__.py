"""Engines: ways to compute a generator's samples, of which the fastest here is chosen and remembered."""

from .choice import choose
from .kinds import KINDS
from .sampler import FAST, FOREVER, Sampler

__all__ = ["FAST", "FOREVER", "KINDS", "Sampler", "choose"]
