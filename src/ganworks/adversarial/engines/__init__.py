"""Engines: ways to differentiate a discriminator's turn, a line each in the table."""

from .base import Duel, Engine, Pass
from .finite import FiniteDifference
from .func import Func
from .lean import Lean
from .reference import Autograd

__all__ = ["ENGINES", "Autograd", "Duel", "Engine", "FiniteDifference", "Func", "Lean", "Pass"]

ENGINES: dict[str, type[Engine]] = {
    "lean": Lean,
    "autograd": Autograd,
    "func": Func,
    "finite-difference": FiniteDifference,
}
