"""A model at work on a user's own files: pictures and scans, one by one or by the folder."""

from .apply import apply

__all__ = ["apply"]
