"""Libraries that only some need, imported when they are; each belongs to an extra of the installation."""

from importlib import import_module
from typing import Any

from .settings import ConfigError


def library(name: str, why: str, extra: str) -> Any:
    """An optional library. Raises ConfigError, beginning with what wants it, when it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"{why} need {name} ({error}); pip install 'ganworks[{extra}]'") from None
