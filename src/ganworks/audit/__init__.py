"""The audit: what samples of a run give away about the records it was trained on."""

from .audit import audit

__all__ = ["audit"]
