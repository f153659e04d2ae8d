"""How close are two sets of tile maps: patterns, repeats, copies. Pure functions of codes (N, H, W)."""

from .copies import Copies, copies
from .markov import ColumnChain
from .patterns import pattern_divergence

__all__ = ["ColumnChain", "Copies", "copies", "pattern_divergence"]
