"""What levels are worth: do they keep the rules, do they repeat or copy, are their patterns those of the data."""

from .evidence import evidence

__all__ = ["evidence"]
