"""The doctor: what is to be known about data before anything is trained on it."""

from .checkup import Checkup, examine
from .page import write

__all__ = ["Checkup", "examine", "write"]
