"""Evidence about runs that make pictures from pictures: beside their targets, and beside what needs no learning."""

from .page import SHEET, translated
from .rivals import Rival, Rivals, rivals

__all__ = ["SHEET", "Rival", "Rivals", "rivals", "translated"]
