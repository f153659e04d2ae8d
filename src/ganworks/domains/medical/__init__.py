"""Scans: DICOM and NIfTI, read with their units, written back into their place, and sliced for training."""

from .scan import Scan
from .window import FACTS, Window

__all__ = ["FACTS", "Scan", "Window"]
