"""Rows of a table: columns of any kind, each found, told, encoded and written back as it was."""

from .codec import Coded
from .domain import Table
from .schema import Column

__all__ = ["Coded", "Column", "Table"]
