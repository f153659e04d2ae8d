"""Evidence about a finished or half-written run: how close, how complete, and whether it copied."""

from .evaluate import evaluate

__all__ = ["evaluate"]
