"""Frozen feature extractors, each with a name and a hash."""

from .base import Extractor

__all__ = ["Extractor"]
