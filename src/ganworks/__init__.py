"""Generative adversarial networks, from your data to a generator you can trust."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application.apply import apply
    from .evaluation.evaluate import evaluate
    from .launch import train
    from .model import Model, load
    from .training.run import Run

__version__ = "0.1.0"
__all__ = ["Model", "Run", "apply", "evaluate", "load", "train"]

_HOMES = {
    "apply": ".application",
    "train": ".launch",
    "load": ".model",
    "evaluate": ".evaluation",
    "Model": ".model",
    "Run": ".training.run",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `ganworks --help` need not import torch."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module 'ganworks' has no attribute '{name}'")
