"""The report of a run: one page that a sceptic can read without this program, a network, or trust."""

from .build import report

__all__ = ["report"]
